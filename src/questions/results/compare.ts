import { z } from 'zod';
import { matrixName, number, part } from './common.ts';

export const Comparison = z
  .object({
    a: z.string(),
    b: z.string(),
    shared: z.object({
      architecture: z.boolean(),
      vocabulary: z.boolean().meta({ description: 'The same tokens in the same places' }),
      tokens: number.meta({ description: 'Tokens of A whose text is a token of B' }),
      dimensions: z.array(
        z.object({ name: z.string(), a: z.union([number, z.boolean()]), b: z.union([number, z.boolean()]) }),
      ),
    }),
    diff: z
      .object({
        neurons: z.array(
          z.object({
            layer: number,
            expert: number,
            neuron: number,
            part,
            shared: number,
            lost: z.array(z.string()),
            gained: z.array(z.string()),
          }),
        ),
        heads: z.array(
          z.object({
            layer: number,
            head: number,
            matrix: matrixName,
            shared: number,
            lost: z.array(z.tuple([z.string(), z.string()])),
            gained: z.array(z.tuple([z.string(), z.string()])),
          }),
        ),
      })
      .nullable()
      .meta({ description: 'What changed most, where both models have an atlas' }),
  })
  .meta({ id: 'Comparison' });
