import { z } from 'zod';
import { Applied, normalize, number, part, perPart, RankedTokens, ScoredToken } from './common.ts';

export const NeuronReading = z
  .object({
    model: z.string(),
    layer: number,
    neuron: number,
    expert: number.optional().meta({ description: 'Of which expert, where the layer has them' }),
    normalize,
    applied: Applied,
    parts: perPart(RankedTokens),
    norms: perPart(number).meta({ description: 'Lengths of the vectors' }),
    cosines: z.object({ keyValue: number.optional(), keyUp: number.optional(), upValue: number.optional() }),
  })
  .meta({ id: 'NeuronReading' });

export const Histogram = z
  .object({
    model: z.string(),
    layer: number,
    neuron: number,
    normalize,
    applied: Applied,
    parts: perPart(
      z.object({
        edges: z.array(number).meta({ description: 'bins + 1 edges; a score belongs to the bin it is not below' }),
        counts: z.array(number),
        tokens: number,
        mean: number,
        sd: number,
        skew: number,
        kurtosis: number,
        min: number,
        max: number,
      }),
    ),
  })
  .meta({ id: 'Histogram' });

export const Similar = z
  .object({
    source: z.enum(['atlas', 'live']),
    measure: z.string().meta({ description: 'What `cosine` is the cosine of' }),
    part,
    neurons: z.array(
      z.object({
        layer: number,
        expert: number,
        neuron: number,
        cosine: number,
        top: z.string().optional().meta({ description: 'Labels of its first tokens' }),
      }),
    ),
  })
  .meta({ id: 'Similar' });

export const RawVector = z
  .object({ name: z.string(), width: number, norm: number, values: z.array(number) })
  .meta({ id: 'RawVector' });

export const TokenMap = z
  .object({
    tokens: z.array(ScoredToken),
    width: number,
    rows: z.string().meta({ description: 'E_i of each token: fp32 [tokens, width], little endian, base64' }),
  })
  .meta({ id: 'TokenMap' });
