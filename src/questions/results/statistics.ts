import { z } from 'zod';
import { number } from './common.ts';

export const StatisticNames = z
  .object({
    kind: z.enum(['neurons', 'heads']),
    statistics: z.array(
      z.object({ name: z.string(), source: z.enum(['atlas', 'live']), description: z.string().optional() }),
    ),
  })
  .meta({ id: 'StatisticNames' });

export const Statistic = z
  .object({
    kind: z.enum(['neurons', 'heads']),
    name: z.string(),
    source: z.enum(['atlas', 'live']),
    layer: z.array(number),
    index: z.array(number).meta({ description: 'Neuron or head' }),
    expert: z.array(number).optional(),
    part: z.array(z.string()).meta({ description: 'key, up, value; vo, qk' }),
    value: z.array(number.nullable()),
    summary: z.array(
      z.object({
        layer: number,
        part: z.string(),
        count: number,
        min: number,
        q1: number,
        median: number,
        q3: number,
        max: number,
      }),
    ),
  })
  .meta({ id: 'Statistic', description: 'Columns of one length, one entry per vector or matrix' });

export const StatisticRows = z
  .object({
    model: z.string(),
    of: z.enum(['heads', 'neurons']),
    rows: z.array(z.record(z.string(), z.union([number, z.string()]).nullable())).meta({
      description:
        'As the atlas’s tables head_stats and neuron_stats have them; q counts all rows (heads: of a matrix)',
    }),
    notes: z.array(z.string()),
  })
  .meta({ id: 'StatisticRows' });
