import { z } from 'zod';
import { number } from './common.ts';

export const Health = z
  .object({
    model: z.string(),
    healthy: z.boolean().meta({ description: 'No fault and no risk' }),
    findings: z.array(
      z.object({
        check: z.string(),
        level: z.enum(['fault', 'risk', 'note']),
        what: z.string(),
        count: number,
        examples: z.array(z.string()),
      }),
    ),
    checks: z.array(z.string()),
    rows: z.array(
      z.object({
        table: z.enum(['embed', 'unembed']),
        rows: number,
        length: z.object({ median: number, low: number, high: number }),
        unused: z.object({ known: number, median: number, high: number }).optional(),
        outlierDimensions: z.array(number),
      }),
    ),
  })
  .meta({ id: 'Health' });
