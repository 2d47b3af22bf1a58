import type { Hono } from 'hono';
import type { JSONParsed } from 'hono/utils/types';
import type { z } from 'zod';
import type { Questions } from './index.ts';
import type { format, Shape } from './parameters.ts';
import type { AnyQuestion } from './question.ts';

/** `/api/models/{model}` as the client writes it: `/api/models/:model`. */
type Routed<P extends string> = P extends `${infer A}{${infer N}}${infer B}` ? `${A}:${N}${Routed<B>}` : P;

type Named<P extends string> = P extends `${string}{${infer N}}${infer B}` ? N | Named<B> : never;

type Asked<S extends Shape> = { [K in keyof z.input<z.ZodObject<S>>]: z.input<z.ZodObject<S>>[K] };

type Query<Q extends AnyQuestion> = Asked<Q['parameters']> &
  (Q extends { table: unknown } ? { format?: z.input<typeof format> } : unknown);

/** The API's types, for the typed client: a GET for every question. */
export type Api = Hono<
  object,
  {
    [Q in Questions as Routed<Q['path']>]: {
      $get: {
        input: [Named<Q['path']>] extends [never]
          ? { query: Query<Q> }
          : { param: Record<Named<Q['path']>, string>; query: Query<Q> };
        output: JSONParsed<z.output<Q['result']>>;
        outputFormat: 'json';
        status: 200;
      };
    };
  },
  '/'
>;
