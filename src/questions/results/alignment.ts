import { z } from 'zod';
import { number } from './common.ts';

const pair = z.object({ a: number, b: number, mean: number });
const at = z.object({ layer: number, index: number });
const rank = z.object({ rho: number.nullable(), p: number.nullable() });
/** NaN, where nothing varies, is null in JSON. */
const maybe = number.nullable();

export const Alignment = z
  .object({
    a: z.string(),
    b: z.string(),
    kind: z.string(),
    space: z.string(),
    size: number.meta({
      description: 'Paired tokens (in feature space: numbers of a vector) that correlations are over',
    }),
    sample: number.nullable().meta({ description: 'Vectors of a layer that were looked at, at most; null: all' }),
    layersA: z.array(number),
    layersB: z.array(number),
    means: z.array(z.array(number)).meta({ description: 'Mean of |correlation| for each layer of A (rows) and of B' }),
    chance: number.meta({ description: 'About what a mean is where nothing belongs together' }),
    matching: z.array(pair).meta({ description: 'Layers matched one to one, with the largest sum of means' }),
    onDiagonal: number.meta({ description: 'The share of matched layers that have one number' }),
    null: z
      .object({
        draws: number,
        seed: number,
        size: number,
        sample: number,
        mean: number,
        p: z.array(z.array(number)),
        pMean: number,
        pDiagonal: number,
      })
      .nullable()
      .meta({ description: 'What permuted vocabularies give, and the p-values against them' }),
    best: z.array(z.object({ a: at, b: at, correlation: number })),
    bestInMatched: number.meta({ description: 'The share of A’s vectors whose best match is in the matched layer' }),
    neurons: z
      .array(
        z.object({
          a: number,
          b: number,
          pairs: z.array(z.tuple([number, number, number])),
          mean: number,
          onDiagonal: number,
        }),
      )
      .nullable()
      .meta({ description: 'Vectors of matched layers matched one to one: index in A, index in B, correlation' }),
    notes: z.array(z.string()),
  })
  .meta({ id: 'Alignment' });

export const Kinship = z
  .object({
    a: z.string(),
    b: z.string(),
    layers: number,
    sample: number,
    seed: number,
    spaces: z.array(
      z.object({
        space: z.string(),
        other: z.string(),
        layers: z.array(
          z.object({ layer: number, matched: number, mean: number, order: rank.nullable(), match: rank }),
        ),
        order: maybe.meta({ description: 'p over all layers: do neurons stand in one order? Exact' }),
        match: maybe.meta({ description: 'p over all layers: do two vectors of a neuron match the same neuron?' }),
      }),
    ),
    basis: z
      .object({ draws: number, sample: number, found: number, chance: number, p: number })
      .nullable()
      .meta({ description: 'Do both share the basis of the residual stream? Exact' }),
    pairs: z
      .object({
        sample: number,
        layersA: z.array(number),
        layersB: z.array(number),
        rho: z.array(z.array(maybe)),
        p: z.array(z.array(maybe)),
        best: z.array(z.object({ a: number, b: number, rho: number, p: number })),
        least: maybe,
      })
      .nullable()
      .meta({
        description: 'The test `match` of every layer of A (rows) with every one of B; `best` corrected for choice',
      }),
    distances: z.array(
      z.object({ layer: number.nullable(), distance: number, cosine: maybe, compared: number, left: number }),
    ),
    notes: z.array(z.string()),
  })
  .meta({ id: 'Kinship' });

const kept = z.object({ roundTrip: number, scores: number });
const map = z.object({ shape: z.tuple([number, number]), condition: number, dropped: number });

export const Stitch = z
  .object({
    a: z.string(),
    b: z.string(),
    embedding: z.string(),
    size: number.meta({ description: 'Tokens that both have' }),
    tokens: map.meta({ description: 'T = E_B · pinv(E_A)' }),
    scores: map.meta({ description: 'S = pinv(E_Bᵀ) · E_Aᵀ' }),
    kinds: z.array(z.object({ kind: z.string(), vectors: number, tokens: kept, scores: kept })),
    notes: z.array(z.string()),
  })
  .meta({ id: 'Stitch' });
