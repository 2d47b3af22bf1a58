import type { z } from 'zod';
import { type Facts, factsOf } from './parameters.ts';

const TYPES: Partial<Record<Facts['kind'], string>> = { whole: 'integer', real: 'number', flag: 'boolean' };

/** The sentence of a parameter, with its default where that is a number. */
export function describe(schema: z.ZodType): string {
  const { sentence, default: usual } = factsOf(schema);
  return typeof usual === 'number' ? `${sentence}; default ${usual.toLocaleString('en')}` : sentence;
}

/** A parameter's value as JSON Schema. */
export function jsonSchemaOf(schema: z.ZodType) {
  const { kind, min, max, names, default: usual } = factsOf(schema);
  const [least, most] = kind === 'text' ? ['minLength', 'maxLength'] : ['minimum', 'maximum'];
  return {
    type: TYPES[kind] ?? 'string',
    ...(min !== undefined && { [least]: min }),
    ...(max !== undefined && { [most]: max }),
    ...(kind === 'choice' && { enum: names }),
    ...(usual !== undefined && { default: usual }),
  };
}
