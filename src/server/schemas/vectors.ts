import { z } from '@hono/zod-openapi';
import { Applied, normalize, number, ranked } from './common.ts';

export const VectorReading = z
  .object({ model: z.string(), vector: z.string(), normalize, applied: Applied, norm: number, ...ranked })
  .openapi('VectorReading');
