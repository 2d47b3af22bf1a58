import { z } from 'zod';
import { normalize, number, part, ranked, Token } from './common.ts';
import { TokenPair } from './heads.ts';

const relative = number.nullable().meta({ description: 'Of its own length in A; null where that is 0' });
const between = <T extends z.ZodType>(value: T) => z.array(z.object({ name: z.string(), a: value, b: value }));

export const ModelDiff = z
  .object({
    a: z.string(),
    b: z.string(),
    same: z.boolean().meta({ description: 'Nothing differs, in headers or in numbers' }),
    normalize,
    headers: z.object({
      same: z.boolean(),
      config: between(z.string()),
      types: z.array(z.object({ type: z.string(), a: number, b: number })),
      onlyA: z.array(z.string()),
      onlyB: z.array(z.string()),
      reshaped: between(z.string()),
      tokens: z.array(z.string()),
    }),
    parameters: z.array(
      z.object({
        name: z.string(),
        kind: z.string(),
        layer: number.optional(),
        count: number,
        width: number,
        size: number,
        change: number,
        relative,
        typical: relative.meta({ description: 'The median of `relative` over this kind’s parameters' }),
        rounding: number.optional().meta({ description: 'What rounding to the coarser type changes, relative' }),
        verdict: z.enum(['same', 'rounding', 'changed']),
        notFinite: number,
        vectors: z.array(z.object({ index: number, change: number, relative })),
        heads: z.array(relative).optional(),
      }),
    ),
    reordered: z.array(
      z.object({ layer: z.string(), moved: number, neurons: number, parameters: z.array(z.string()) }),
    ),
    directions: z.array(
      z.object({
        parameter: z.string(),
        share: number.meta({ description: 'Of all squared changes, in the first direction' }),
        effectiveRank: number,
        random: z.object({ share: number, effectiveRank: number }),
        ...ranked,
      }),
    ),
    neurons: z.array(z.object({ layer: number, expert: number.optional(), neuron: number, part, relative, ...ranked })),
    heads: z.array(
      z.object({ layer: number, head: number, matrix: z.enum(['vo', 'qk']), relative, pairs: z.array(TokenPair) }),
    ),
    rows: z.array(z.object({ table: z.enum(['embed', 'unembed']), token: Token, relative })),
    notes: z.array(z.string()),
  })
  .meta({ id: 'ModelDiff' });
