import { z } from 'zod';
import { Applied, normalize, number, ranked } from './common.ts';

export const VectorReading = z
  .object({ model: z.string(), vector: z.string(), normalize, applied: Applied, norm: number, ...ranked })
  .meta({ id: 'VectorReading' });
