import { WeightscopeError } from '../errors.ts';
import { describe } from './json-schema.ts';
import { factsOf } from './parameters.ts';
import type { AnyQuestion } from './question.ts';

/** What a question is asked with, by the names of its place and its parameters; not yet checked. */
export type Asked = Record<string, unknown>;

/**
 * A question's URL, for who asks the HTTP API in this process: no request leaves it, so the host is of no meaning. What
 * is asked is checked by the API. Throws `ARGUMENT_INVALID` where a part of the path is missing.
 */
export function urlOf({ path, place, parameters }: AnyQuestion, asked: Asked): URL {
  const missing = Object.keys(place).find((name) => asked[name] === undefined || asked[name] === '');
  if (missing !== undefined) {
    throw new WeightscopeError(
      'ARGUMENT_INVALID',
      `Expected \`${missing}\`: ${describe(place[missing])}; got nothing.`,
    );
  }
  const url = new URL(
    path.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(textOf(asked[name]))),
    'http://weightscope.invalid',
  );
  for (const [name, value] of Object.entries(asked)) {
    if (name in place || value === undefined || value === null) continue;
    const list = name in parameters && factsOf(parameters[name]).kind === 'list';
    const values = Array.isArray(value) && !list ? value : [value];
    for (const one of values)
      url.searchParams.append(name, list && Array.isArray(one) ? one.map(textOf).join(',') : textOf(one));
  }
  return url;
}

/** A value as the API takes it; what is no plain value is refused there as it was written. */
const textOf = (value: unknown): string => (typeof value === 'object' ? JSON.stringify(value) : String(value));
