/**
 * What a notebook or a program in another language holds while it works: models that are opened and closed as it likes,
 * asked with the questions, in one process. The door of the Python package (python/).
 */
import { rm } from 'node:fs/promises';
import { askWithProgress } from '../client.ts';
import { framesOf } from '../display/frames.ts';
import { readingHtml } from '../display/reading.ts';
import type { Engine } from '../engine/engine.ts';
import { WeightscopeError } from '../errors.ts';
import { openModel } from '../open.node.ts';
import { packageVersion } from '../package.node.ts';
import { type Asked, urlOf } from '../questions/address.ts';
import { QUESTIONS } from '../questions/index.ts';
import type { ServedModel } from '../questions/opened.ts';
import type { AnyQuestion, Run } from '../questions/question.ts';
import type { Cell, Table } from '../questions/table.ts';
import { quote } from '../quote.ts';
import { createApi } from '../server/app.ts';
import { openServed } from '../server/explore.node.ts';
import { idsOf } from '../server/served.ts';

export interface OpenRequest {
  /** What `explore` takes: `sample`, a path, a URL, a hub id, an atlas. */
  location: string;
  /** An atlas of the same model, opened beside it. */
  atlas?: string;
  /** What `openModel` takes: an adapter that is put in, a base that is taken away. */
  adapter?: string;
  minus?: string;
  /** What it is called. Default: where it is. */
  name?: string;
  /** A folder that nobody else needs: it is removed when the model is closed, or the process ends. */
  temporary?: string;
}

/** A question's name, what was asked, and its answer: what a table or HTML is made of. */
export interface Answered {
  question: string;
  asked: Asked;
  answer: unknown;
}

export class Session {
  readonly #models: ServedModel[] = [];
  readonly #temporary = new Map<string, string>();
  /** Of all models there were: an id is not given twice. */
  readonly #names: string[] = [];
  readonly #fetch: (request: Request) => Response | Promise<Response>;

  constructor(engine?: Engine) {
    const { app } = createApi({ version: packageVersion(), models: this.#models, engine });
    this.#fetch = (request) => app.fetch(request);
  }

  /** Opens a model and says the id that it is asked by. */
  async open(request: OpenRequest, { signal, progress }: Run): Promise<{ id: string; name: string }> {
    const { location, atlas, adapter, minus, name = location, temporary } = request;
    const changed = adapter !== undefined || minus !== undefined;
    if (changed && atlas !== undefined)
      throw new WeightscopeError(
        'ARGUMENT_INVALID',
        'Expected an atlas or a change of the model (`adapter`, `minus`), got both: an atlas is of the model as it was.',
      );
    const { model, atlas: opened } = changed
      ? { model: await openModel(location, { adapter, minus, name, signal, progress }), atlas: undefined }
      : await this.#served(atlas === undefined ? [location] : [location, atlas], { signal, progress });
    this.#names.push(name);
    const id = idsOf(this.#names).at(-1)!;
    this.#models.push({ id, name, model, atlas: opened });
    if (temporary !== undefined) this.#temporary.set(id, temporary);
    return { id, name };
  }

  async #served(names: string[], run: Run): Promise<ServedModel> {
    const { models, close } = await openServed(names, run);
    if (models.length === 1) return models[0];
    await close();
    throw new WeightscopeError(
      'ATLAS_MISMATCH',
      `Expected the atlas of ${names[0]}, but ${names[1]} is none, or is another model's.`,
    );
  }

  /** Closes a model; its temporary folder is removed. */
  async close(id: string): Promise<void> {
    const at = this.#models.findIndex((model) => model.id === id);
    const [closed] = at < 0 ? [] : this.#models.splice(at, 1);
    closed?.atlas?.close();
    await closed?.model?.close();
    const folder = this.#temporary.get(id);
    if (folder !== undefined) await rm(folder, { recursive: true, force: true });
    // Not before: where the process ends meanwhile, it is still known.
    this.#temporary.delete(id);
  }

  /** Temporary folders, for who must remove them at once because the process ends. */
  get temporary(): string[] {
    return [...this.#temporary.values()];
  }

  /** The answer of a question, by its name. Throws `ApiError` with the code and sentence of what was wrong. */
  async ask(question: string, asked: Asked, { signal, progress }: Run): Promise<unknown> {
    return askWithProgress(urlOf(named(question), asked), {
      signal,
      progress,
      fetch: async (url, init) => this.#fetch(new Request(url, init)),
    });
  }

  /** Any path of the API, for a page of the explorer in a notebook: status and body as text. */
  async get(path: string, signal: AbortSignal): Promise<{ status: number; type: string; body: string }> {
    const response = await this.#fetch(new Request(new URL(path, 'http://weightscope.invalid'), { signal }));
    return {
      status: response.status,
      type: response.headers.get('content-type') ?? '',
      body: await response.text(),
    };
  }

  /** An answer as tables: names, and columns of one length. */
  frames(answered: Answered): Record<string, Record<string, Cell[]>> {
    const frames = framesOf(answered.answer, tableOf(answered));
    const cells = (column: Table['columns'][string]): Cell[] =>
      Array.from(column, (cell) => (typeof cell === 'number' && !Number.isFinite(cell) ? null : cell));
    return Object.fromEntries(
      Object.entries(frames).map(([name, { columns }]) => [
        name,
        Object.fromEntries(Object.entries(columns).map(([column, values]) => [column, cells(values)])),
      ]),
    );
  }

  /** An answer as HTML that stands by itself. */
  html(answered: Answered): string {
    return readingHtml(answered.answer, { table: tableOf(answered), ...titled(answered) });
  }
}

function named(name: string): AnyQuestion {
  const question = (QUESTIONS as readonly AnyQuestion[]).find((one) => one.name === name);
  if (question) return question;
  const known = QUESTIONS.map((one) => one.name).join(', ');
  throw new WeightscopeError('ARGUMENT_INVALID', `Expected a question, one of ${known}, got ${quote(name)}.`);
}

const tableOf = ({ question, asked, answer }: Answered): Table | undefined => named(question).table?.(answer, asked);

/** An answer that does not say what it is of gets the question's title. */
function titled({ question, asked, answer }: Answered): { title?: string } {
  if (typeof answer === 'object' && answer !== null && ('neuron' in answer || 'head' in answer)) return {};
  const { title, place } = named(question);
  const where = Object.keys(place).map((name) => asked[name]);
  return { title: [title, where.slice(1).join(':'), where[0]].filter(Boolean).join(' · ') };
}
