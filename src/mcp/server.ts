/**
 * The questions for assistants: a Model Context Protocol server (revision 2026-07-28, and 2025's) whose tools are the
 * questions, answered by the HTTP API in this process, and whose resources are pages of docs.
 */
import { type CallToolResult, fromJsonSchema, McpServer, type ServerContext } from '@modelcontextprotocol/server';
import { ApiError, askWithProgress } from '../client.ts';
import { WeightscopeError } from '../errors.ts';
import { type Asked, urlOf } from '../questions/address.ts';
import { QUESTIONS } from '../questions/index.ts';
import { describe, jsonSchemaOf } from '../questions/json-schema.ts';
import { factsOf } from '../questions/parameters.ts';
import type { AnyQuestion } from '../questions/question.ts';

/** The longest answer, in characters: what an assistant can read beside a conversation. */
const LONGEST = 40_000;

export interface McpOptions {
  version: string;
  /** The API's answers ({@link createApi}): nothing but the models that it was given can be asked. */
  fetch: (request: Request) => Response | Promise<Response>;
  /** The ids of those models. */
  models: readonly string[];
  /** Pages of docs in Markdown, by name: `start`. */
  pages: Readonly<Record<string, string>>;
}

/** A server with a tool for every question and a resource for every page. It only reads. */
export function createMcp({ version, fetch, models, pages }: McpOptions): McpServer {
  const instructions =
    `Reads a transformer's weights as words, without running it. Models that are open: ${models.join(', ')}. ` +
    'What readings, scores and their names mean, and what one may conclude: weightscope://docs/start and ' +
    'weightscope://docs/glossary.';
  const server = new McpServer({ name: 'weightscope', version }, { instructions });
  for (const question of QUESTIONS as readonly AnyQuestion[]) {
    const { name, title, command } = question;
    const description = [title, command?.description].filter(Boolean).join('. ');
    const inputSchema = fromJsonSchema<Asked>(inputOf(question), ANYTHING);
    server.registerTool(
      name,
      { title, description, inputSchema, annotations: { readOnlyHint: true, openWorldHint: false } },
      async (asked, context) => answered(question, asked, context, fetch),
    );
  }
  for (const [name, text] of Object.entries(pages)) {
    const title = /^# (.*)/.exec(text)?.[1] ?? name;
    server.registerResource(name, `weightscope://docs/${name}`, { title, mimeType: 'text/markdown' }, ({ href }) => ({
      contents: [{ uri: href, mimeType: 'text/markdown', text }],
    }));
  }
  return server;
}

function inputOf({ place, parameters }: AnyQuestion) {
  const all = Object.entries({ ...place, ...parameters });
  return {
    type: 'object' as const,
    properties: Object.fromEntries(
      all.map(([name, schema]) => {
        const { kind, names } = factsOf(schema);
        const several = kind === 'list' ? `, with commas between: ${names!.join(', ')}` : '';
        return [name, { description: describe(schema) + several, ...jsonSchemaOf(schema) }];
      }),
    ),
    required: all.flatMap(([name, schema]) => (factsOf(schema).required ? [name] : [])),
    additionalProperties: false,
  };
}

/** What is asked is checked by the API, whose sentences say what was expected and what to do. */
const ANYTHING = {
  getValidator: () => (data: unknown) => ({ valid: true, data: data as never, errorMessage: undefined }) as const,
};

/** The API's answer as text; what is wrong as its code and sentence. */
async function answered(
  question: AnyQuestion,
  asked: Asked,
  { mcpReq }: ServerContext,
  fetch: McpOptions['fetch'],
): Promise<CallToolResult> {
  const progressToken = mcpReq._meta?.progressToken;
  const progress = (done: number, message: string): void => {
    if (progressToken === undefined) return;
    const params = { progressToken, progress: done, total: 1, message };
    // A client that went away has no use for it, and its request is aborted.
    void mcpReq.notify({ method: 'notifications/progress', params }).catch(() => {});
  };
  try {
    const answer = await askWithProgress(urlOf(question, asked), {
      signal: mcpReq.signal,
      progress,
      fetch: async (url, init) => fetch(new Request(url, init)),
    });
    const text = JSON.stringify(answer);
    if (text.length <= LONGEST) return { content: [{ type: 'text', text }] };
    throw new WeightscopeError(
      'TOO_LARGE',
      `Expected an answer of at most ${LONGEST.toLocaleString('en')} characters, got ` +
        `${text.length.toLocaleString('en')}: ask for fewer rows (${shorter(question)}).`,
    );
  } catch (error) {
    if (!(error instanceof ApiError || error instanceof WeightscopeError)) throw error;
    return { isError: true, content: [{ type: 'text', text: `${error.code}: ${error.message}` }] };
  }
}

/** What questions call the number of things that they list, and what else cuts an answer. */
const SHORTENING = [
  'k',
  'n',
  'limit',
  'bottom',
  'bins',
  'points',
  'rows',
  'columns',
  'pairs',
  'words',
  'parts',
  'layer',
];

/** The parameters that make an answer shorter. */
function shorter({ parameters }: AnyQuestion): string {
  const names = SHORTENING.filter((name) => name in parameters);
  return names.map((name) => `\`${name}\``).join(', ') || 'a narrower question';
}
