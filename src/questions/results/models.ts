import { z } from 'zod';
import { number, part } from './common.ts';

export const ModelInfo = z
  .object({
    id: z.string(),
    name: z.string(),
    state: z.enum(['ready', 'failed']).meta({ description: '`failed`: `problem` says why' }),
    problem: z.string().optional(),
    live: z.boolean().meta({ description: 'The checkpoint is open; without it only the atlas answers' }),
    architecture: z.string(),
    type: z.string(),
    layers: number,
    hidden: number.meta({ description: 'Width d of the residual stream' }),
    heads: number,
    kvHeads: number,
    headDim: number,
    neurons: number.meta({ description: 'Neurons per layer (per expert, where there are experts)' }),
    vocab: number.meta({ description: 'Rows of E' }),
    experts: number,
    sharedExpert: z.boolean().meta({ description: 'There is one that all tokens share: its number is `experts`' }),
    gated: z.boolean(),
    parts: z.array(part),
    tied: z.boolean().nullable().meta({ description: 'Whether embed and unembed are one matrix' }),
    tokenizer: z.object({ kind: z.string(), tokens: number }).nullable(),
    fingerprint: z.string(),
    notes: z.array(z.string()),
    atlas: z
      .object({
        tables: z.array(z.object({ name: z.string(), rows: number })),
        settings: z.record(z.string(), z.unknown()),
      })
      .nullable(),
    building: z
      .object({ done: number.meta({ description: '0 to 1' }), what: z.string() })
      .nullable()
      .meta({ description: 'An atlas on its way' }),
    engine: z.object({ name: z.string(), description: z.string() }).nullable(),
  })
  .meta({ id: 'ModelInfo' });

export const Models = z
  .object({
    version: z.string(),
    opens: z.boolean().meta({ description: 'Whether `POST /api/models` opens one more' }),
    models: z.array(ModelInfo),
  })
  .meta({ id: 'Models' });
