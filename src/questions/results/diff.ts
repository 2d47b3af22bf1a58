import { z } from 'zod';
import { normalize, number, part, ranked, Token } from './common.ts';
import { TokenPair } from './heads.ts';

const relative = number.nullable().meta({ description: 'Of its own length in A; null where that is 0' });
const between = <T extends z.ZodType>(value: T) => z.array(z.object({ name: z.string(), a: value, b: value }));

const steps = z.array(
  z.object({
    changed: number.meta({ description: 'Neurons whose first k words are not the same' }),
    first: number.meta({ description: 'Neurons whose first word is another' }),
    kept: number.meta({ description: 'Share of the first k words that stayed, on average' }),
  }),
);
const place = { layer: number, expert: number.optional(), part };

export const WordHistory = z
  .object({
    models: z.array(z.string()),
    k: number,
    layers: z.array(z.object({ ...place, neurons: number, types: z.array(z.string()), steps })),
    types: z.array(z.object({ types: z.array(z.string()), neurons: number, steps })),
    moved: z.array(
      z.object({
        ...place,
        neuron: number,
        kept: z.array(number),
        when: number,
        words: z.array(z.array(Token)),
      }),
    ),
  })
  .meta({ id: 'WordHistory' });

export const HeadChange = z
  .object({
    layer: number,
    head: number,
    matrix: z.enum(['vo', 'qk']),
    relative,
    pairs: z.array(TokenPair).meta({ description: 'Whose scores rose most' }),
    lowest: z.array(TokenPair).meta({ description: 'Whose scores fell most' }),
  })
  .meta({ id: 'HeadChange' });

export const ModelDiff = z
  .object({
    a: z.string(),
    b: z.string(),
    same: z.boolean().meta({ description: 'Nothing differs, in headers or in numbers' }),
    overall: z.object({
      relative: relative.meta({ description: 'All changes over all numbers of A' }),
      verdict: z.enum(['same', 'reordered', 'rounding', 'nearly', 'changed']).meta({
        description:
          'reordered: nothing but neurons and heads in another order; nearly: less than storing the numbers in BF16 changes',
      }),
    }),
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
        moved: number.meta({ description: 'Numbers that are not equal' }),
        beyond: number.meta({ description: 'Numbers further apart than rounding explains' }),
        verdict: z
          .enum(['same', 'rounding', 'reordered', 'changed'])
          .meta({ description: 'reordered: the same neurons or heads in another order; sizes are of rows in place' }),
        notFinite: number,
        vectors: z.array(z.object({ index: number, change: number, relative })),
        heads: z.array(relative).optional(),
      }),
    ),
    reordered: z.array(
      z.object({
        layer: z.string(),
        units: z.enum(['neurons', 'heads']),
        moved: number,
        count: number,
        keyValue: z.object({ moved: number, count: number }).optional().meta({
          description: 'Key-value heads that stand elsewhere, where several heads share one',
        }),
        equivalent: z
          .boolean()
          .meta({ description: 'The layer does the same: positions are not told by a head’s number' }),
        parameters: z.array(z.string()),
      }),
    ),
    sides: z.array(
      z.object({ side: z.enum(['writes', 'reads']), taken: number, changed: number, share: number, ...ranked }),
    ),
    directions: z.array(
      z.object({
        parameter: z.string(),
        share: number.meta({ description: 'Of all squared changes, in the first direction' }),
        effectiveRank: number,
        random: z.object({ share: number, effectiveRank: number }),
        ...ranked,
        intruders: z
          .object({
            looked: number,
            least: number,
            chance: number,
            found: z.array(z.object({ rank: number, value: number, nearest: number, ...ranked })),
          })
          .optional()
          .meta({ description: 'Leading directions of B’s parameter that A’s has nothing near to' }),
      }),
    ),
    neurons: z.array(z.object({ layer: number, expert: number.optional(), neuron: number, part, relative, ...ranked })),
    heads: z.array(HeadChange),
    rows: z.array(z.object({ table: z.enum(['embed', 'unembed']), token: Token, relative })),
    words: WordHistory.optional(),
    notes: z.array(z.string()),
  })
  .meta({ id: 'ModelDiff' });
