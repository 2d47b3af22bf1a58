import { z } from 'zod';
import { number, Token } from './common.ts';

export const Places = z
  .object({
    places: z.array(
      z.discriminatedUnion('kind', [
        z.object({
          kind: z.literal('neuron'),
          text: z.string(),
          layer: number,
          neuron: number,
          expert: number.optional().meta({ description: 'Absent: the first, or there are none' }),
        }),
        z.object({ kind: z.literal('head'), text: z.string(), layer: number, head: number }),
        z.object({ kind: z.literal('token'), text: z.string(), token: Token }),
        z.object({ kind: z.literal('vector'), text: z.string(), expression: z.string() }),
      ]),
    ),
  })
  .meta({ id: 'Places' });
