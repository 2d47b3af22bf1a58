import { z } from 'zod';
import { QUESTIONS } from '../questions/index.ts';
import { describe, jsonSchemaOf } from '../questions/json-schema.ts';
import { factsOf, type Shape } from '../questions/parameters.ts';
import { type AnyQuestion, subjectOf } from '../questions/question.ts';
import { Problem } from '../questions/results.ts';
import { PARQUET } from './answer.ts';
import { queryOf } from './routes.ts';

const DESCRIPTION =
  "A transformer's weights as words. `Accept: text/event-stream` asks for progress: events `progress` {done, what}, then " +
  '`result` or `error`. `Accept: application/vnd.apache.parquet` or `text/csv` (or `?format=`) asks for a table, where an ' +
  'answer is one. Errors are {error: {code, message}}.';

const refer = (id: string): string => `#/components/schemas/${id}`;

/** All questions as an OpenAPI 3.1 document. */
export function documentOf(version: string) {
  return {
    openapi: '3.1.0',
    info: { title: 'weightscope', version, description: DESCRIPTION },
    paths: Object.fromEntries(
      (QUESTIONS as readonly AnyQuestion[]).map((question) => [question.path, { get: operation(question) }]),
    ),
    components: { schemas: schemas() },
  };
}

/** Every answer comes as a stream of events too, and as Parquet and CSV where there is a table. */
function operation(question: AnyQuestion) {
  const { title, place, result, table } = question;
  const text = { schema: { type: 'string' } };
  return {
    summary: title,
    tags: [subjectOf(question)],
    parameters: [...parametersOf(place, 'path'), ...parametersOf(queryOf(question), 'query')],
    responses: {
      200: {
        description: title,
        content: {
          ...reference(result),
          'text/event-stream': text,
          ...(table && { [PARQUET]: { schema: { type: 'string', format: 'binary' } }, 'text/csv': text }),
        },
      },
      default: { description: 'What was wrong, in a sentence, with a stable code', content: reference(Problem) },
    },
  };
}

const reference = (schema: z.ZodType) => ({
  'application/json': { schema: { $ref: refer(z.globalRegistry.get(schema)!.id!) } },
});

function parametersOf(shape: Shape, where: 'path' | 'query') {
  return Object.entries(shape).map(([name, schema]) => {
    const { kind, names, example, required } = factsOf(schema);
    return {
      name,
      in: where,
      required: required ?? false,
      description: describe(schema),
      schema: jsonSchemaOf(schema),
      ...(example !== undefined && { example }),
      ...(kind === 'list' && { example: names!.join(',') }),
    };
  });
}

/** What the answers are made of, by name: in their order, and not in that in which modules were loaded. */
function schemas() {
  const { schemas: all } = z.toJSONSchema(z.globalRegistry, { uri: refer });
  const named = Object.entries(all).map(([id, { $schema: _, $id: __, ...schema }]) => [id, schema] as const);
  return Object.fromEntries(named.sort(([one], [other]) => (one < other ? -1 : 1)));
}
