import { z } from '@hono/zod-openapi';
import { number } from './common.ts';

export const StatisticNames = z
  .object({
    kind: z.enum(['neurons', 'heads']),
    statistics: z.array(
      z.object({ name: z.string(), source: z.enum(['atlas', 'live']), description: z.string().optional() }),
    ),
  })
  .openapi('StatisticNames');

export const Statistic = z
  .object({
    kind: z.enum(['neurons', 'heads']),
    name: z.string(),
    source: z.enum(['atlas', 'live']),
    layer: z.array(number),
    index: z.array(number).openapi({ description: 'Neuron or head' }),
    expert: z.array(number).optional(),
    part: z.array(z.string()).openapi({ description: 'key, up, value; vo, qk' }),
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
  .openapi('Statistic', { description: 'Columns of one length, one entry per vector or matrix' });
