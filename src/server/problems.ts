import type { Context } from 'hono';
import { html } from 'hono/html';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import type { ZodError } from 'zod';
import { type ErrorCode, WeightscopeError } from '../errors.ts';

/** Statuses of codes that are no mistake in a question; every other error of the library is a 400. */
const STATUS: Partial<Record<ErrorCode, ContentfulStatusCode>> = {
  ROUTE_UNKNOWN: 404,
  MODEL_UNKNOWN: 404,
  ATLAS_MISSING: 404,
  TOKEN_REQUIRED: 401,
  HOST_REFUSED: 403,
  TOO_LARGE: 413,
  TOO_BUSY: 429,
  MODEL_UNAVAILABLE: 503,
  SOURCE_NOT_FOUND: 500,
  SOURCE_UNREADABLE: 500,
  SOURCE_TRUNCATED: 500,
  SOURCE_CHANGED: 500,
  NETWORK: 502,
  NOT_FINITE: 500,
  ENGINE_FAILED: 500,
  ENGINE_UNAVAILABLE: 500,
  ATLAS_INVALID: 500,
  ABORTED: 503,
  INTERNAL: 500,
};

export interface ProblemBody {
  error: { code: string; message: string };
}

/** What a failure says to a client: the library's sentence, or one without any detail for what nobody foresaw. */
export function problemOf(error: unknown): { status: ContentfulStatusCode; body: ProblemBody } {
  if (error instanceof WeightscopeError)
    return { status: STATUS[error.code] ?? 400, body: { error: { code: error.code, message: error.message } } };
  const message = 'The server failed in a way it should not; its terminal says how.';
  return { status: 500, body: { error: { code: 'INTERNAL', message } } };
}

const problemPage = (message: string) => html`<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>weightscope</title>
<body style="font: 16px/1.5 system-ui, sans-serif; max-width: 40em; margin: 15vh auto; padding: 0 1em; color-scheme: light dark">
<h1 style="font-size: 1.2em">weightscope</h1>
<p>${message}</p>
</html>`;

/** Every failure as `{error: {code, message}}`; what nobody foresaw goes to the server's own terminal. */
export function onProblem(error: Error, c: Context): Response | Promise<Response> {
  const { status, body } = problemOf(error);
  if (body.error.code === 'INTERNAL') console.error(error);
  if (status === 429) c.header('Retry-After', '1');
  c.header('Cache-Control', 'no-store');
  // A person who opens a bookmark gets a page to read; programs get JSON.
  if (c.req.header('accept')?.includes('text/html')) return c.html(problemPage(body.error.message), status);
  return c.json(body, status);
}

/** One sentence for what zod found wrong with the parameters of a request. */
export function invalid(error: ZodError, given: unknown): WeightscopeError {
  const [issue] = error.issues;
  if (issue.code === 'unrecognized_keys') {
    const named = issue.keys.map((key) => `\`${key.slice(0, 100)}\``).join(', ');
    return new WeightscopeError(
      'ARGUMENT_INVALID',
      `Expected only parameters that this route has, got ${named}; /api lists them.`,
    );
  }
  const name = issue.path.map(String).join('.');
  const value = issue.path.reduce<unknown>((object, key) => (object as Record<PropertyKey, unknown>)?.[key], given);
  const got = value === undefined ? 'nothing' : JSON.stringify(value).slice(0, 100);
  const expected =
    issue.code === 'invalid_value'
      ? issue.values.map(String).join(' or ')
      : value === undefined
        ? 'given'
        : issue.message;
  return new WeightscopeError('ARGUMENT_INVALID', `Expected \`${name}\` to be ${expected}, got ${got}.`);
}
