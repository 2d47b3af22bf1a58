import type { Context } from 'hono';
import { z } from 'zod';
import { WeightscopeError } from '../errors.ts';
import { type Opening, tooManyOpened } from '../questions/opened.ts';
import { answer, type Env } from './answer.ts';
import { invalid } from './problems.ts';
import type { ServerState } from './served.ts';

const LONGEST_PLACE = 2000;

/** What a person wants opened. A null byte is in no path, URL or id. */
const Asked = z.strictObject({
  place: z
    .string('the place of a model, a text')
    .trim()
    .min(1, 'the place of a model, not nothing')
    .max(LONGEST_PLACE, `at most ${LONGEST_PLACE} characters`)
    .refine((text) => !text.includes('\0'), 'a place without null characters'),
  adapter: z.boolean('true or false').optional(),
  base: z.string('the id of an opened model').optional(),
}) satisfies z.ZodType<Opening>;

/**
 * `POST /api/models`: opens one more model while the server runs, with progress where events are accepted, and answers
 * `{id}`. It makes the server read a place that the request names, so it must be this server's own page that asks
 * (pages of other sites send another Origin, and no JSON unasked), or a program with the token in a header. Throws
 * `ROUTE_UNKNOWN` where this server opens nothing more, `HOST_REFUSED`, `ARGUMENT_INVALID`, `TOO_BUSY`.
 */
export async function openAsked(c: Context<Env>, state: ServerState): Promise<Response> {
  const { open, models } = state.served;
  if (!open)
    throw new WeightscopeError(
      'ROUTE_UNKNOWN',
      'Expected a server that opens further models, which one that other machines can connect to does only with `explore --allow-open`; name the model when it is started.',
    );
  if (c.req.header('origin') === undefined && c.req.header('authorization') === undefined)
    throw new WeightscopeError(
      'HOST_REFUSED',
      'Expected the Origin of this server’s own page, or its token in a header, with a request to open a model.',
    );
  const isJson = /^application\/json\b/i.test(c.req.header('content-type') ?? '');
  const given: unknown = isJson ? await c.req.json().catch(() => undefined) : undefined;
  if (typeof given !== 'object' || given === null || Array.isArray(given))
    throw new WeightscopeError('ARGUMENT_INVALID', 'Expected a model to be opened as JSON: {"place": "sample"}.');
  const { success, data: asked, error } = Asked.safeParse(given);
  if (!success) throw invalid(error, given);
  tooManyOpened(models);
  return answer(c, state, {
    models: [],
    quick: async (run) => ({ id: (await open(asked, run)).id }),
    queue: state.queue,
  });
}
