import type { HeadMatrix, NeuronPart } from '../../reading/types.ts';
import type { Token } from '../../vocabulary/types.ts';
import { isLater, LABELS, type Manifest, TABLE_NAMES, TABLES, type TableName } from '../schema.ts';
import { ColumnFile } from './columns.ts';
import type { Database, DatabaseOptions } from './database.ts';
import type { AtlasFolder } from './folder.ts';
import { HeadLists, NeuronLists } from './lists.ts';
import { inParallel } from './parallel.ts';
import { type Rows, rowsOf } from './rows.ts';
import { TokenLists } from './token-lists.ts';

/** The tokens of an atlas, by id. */
export class Words {
  readonly texts: readonly string[];
  readonly labels: readonly string[];
  /** Trimmed and in lower case. */
  readonly normals: readonly string[];
  readonly special: readonly boolean[];
  readonly padding: readonly boolean[];

  /** From the files of the table `tokens`. */
  static async of(files: readonly ColumnFile[]): Promise<Words> {
    const all = async <T>(read: (file: ColumnFile) => Promise<T[]>): Promise<T[]> =>
      (await inParallel(files, read)).flat() as T[];
    return new Words({
      texts: await all((file) => file.strings('text')),
      labels: await all((file) => file.strings('label')),
      normals: await all((file) => file.strings('normal')),
      special: await all((file) => file.flags('special')),
      padding: await all((file) => file.flags('padding')),
    });
  }

  private constructor(columns: Pick<Words, 'texts' | 'labels' | 'normals' | 'special' | 'padding'>) {
    this.texts = columns.texts;
    this.labels = columns.labels;
    this.normals = columns.normals;
    this.special = columns.special;
    this.padding = columns.padding;
  }

  token(id: number): Token {
    return { id, token: this.texts[id] ?? '', label: this.labels[id] ?? '' };
  }

  label(id: number): string {
    return this.labels[id] ?? '';
  }

  /** The first labels of a list with spaces between, as `top` and `bottom` of the tables give them. */
  first(list: ArrayLike<number>): string {
    return Array.from({ length: Math.min(list.length, LABELS) }, (_, i) => this.label(list[i])).join(' ');
  }
}

/** A row of the table `heads`. */
export interface HeadFacts {
  layer: number;
  head: number;
  kv_head: number;
  matrix: HeadMatrix;
  best: number;
  worst: number;
  top: string;
  bottom: string;
}

async function headRows(file: ColumnFile): Promise<HeadFacts[]> {
  const n = file.rows;
  const whole = (name: string) => file.open((read) => read(name, 0, new Int32Array(n)));
  const real = (name: string) => file.open((read) => read(name, 0, new Float64Array(n)));
  const [layer, head, kvHead] = [await whole('layer'), await whole('head'), await whole('kv_head')];
  const [best, worst] = [await real('best'), await real('worst')];
  const [matrix, top] = [await file.strings('matrix'), await file.strings('top')];
  const bottom = await file.strings('bottom');
  return Array.from({ length: n }, (_, i) => ({
    layer: layer[i],
    head: head[i],
    kv_head: kvHead[i],
    matrix: matrix[i] as HeadMatrix,
    best: best[i],
    worst: worst[i],
    top: top[i],
    bottom: bottom[i],
  }));
}

/** The first labels of both lists. */
interface Labels {
  top: string;
  bottom: string;
}

interface Heads {
  rows: readonly HeadFacts[];
  lists: HeadLists;
}

/** Columns that some atlases lack and this one has, as `table column`. Throws `ATLAS_INVALID`. */
async function laterOf(folder: AtlasFolder): Promise<ReadonlySet<string>> {
  const later = new Set<string>();
  await inParallel(TABLE_NAMES, async (table) => {
    const names = Object.keys(TABLES[table]).filter((name) => isLater(table, name));
    const [first] = folder.files[table];
    if (names.length === 0 || !first) return;
    const file = new ColumnFile(first);
    for (const name of names) if (await file.has(name)) later.add(`${table} ${name}`);
  });
  return later;
}

/** What an open atlas's answers are taken from. Each is looked into when it is first needed, and then kept. */
export class Sources {
  readonly manifest: Manifest;
  readonly #folder: AtlasFolder;
  readonly #options: DatabaseOptions;
  /** Columns that some atlases lack and this one has, as `table column`. */
  readonly later: ReadonlySet<string>;
  readonly #kept = new Map<string, Promise<unknown>>();
  #database?: Database;

  /** Throws `ATLAS_INVALID`. */
  static async open(folder: AtlasFolder, options: DatabaseOptions = {}): Promise<Sources> {
    return new Sources(folder, options, folder.later ?? (await laterOf(folder)));
  }

  private constructor(folder: AtlasFolder, options: DatabaseOptions, later: ReadonlySet<string>) {
    this.manifest = folder.manifest;
    this.#folder = folder;
    this.#options = options;
    this.later = later;
  }

  /** For SQL and regular expressions; other answers do without it, and are there sooner. */
  database(): Database {
    this.#database ??= this.#folder.database(this.#options);
    return this.#database;
  }

  /** Rows of a table of statistics: these columns, of the places given. Throws `ATLAS_INVALID`. */
  rows(
    table: TableName,
    columns: readonly string[],
    where: Readonly<Record<string, number | string>> = {},
  ): Promise<Rows> {
    return rowsOf(
      this.#folder.files[table],
      table,
      columns.filter((name) => this.has(table, name)),
      where,
    );
  }

  close(): void {
    this.#database?.close();
  }

  /** The atlas's tables of statistics have rows. */
  get statistics(): boolean {
    return this.manifest.settings.what.includes('statistics');
  }

  /** Whether its files have this column: what was added later an older atlas has not. */
  has(table: TableName, column: string): boolean {
    return !isLater(table, column) || !this.#folder.files[table][0] || this.later.has(`${table} ${column}`);
  }

  neurons(): Promise<NeuronLists> {
    return this.#once('neurons', () => NeuronLists.open(this.#folder));
  }

  tokenNeurons(): Promise<TokenLists<NeuronPart>> {
    return this.#once('token_neurons', async () =>
      TokenLists.open<NeuronPart>(this.#folder, 'token_neurons', (await this.neurons()).places),
    );
  }

  /** Of every neuron of a part the length of its listed scores, by number. */
  readingNorms(part: NeuronPart): Promise<Float64Array> {
    return this.#once(`reading_norm ${part}`, async () => (await this.neurons()).column(part, 'reading_norm'));
  }

  heads(): Promise<Heads> {
    return this.#once('heads', async () => {
      // In the order of the files.
      const rows = (await inParallel(this.#folder.files.heads, (file) => headRows(new ColumnFile(file)))).flat();
      return { rows, lists: new HeadLists(this.#folder, rows) };
    });
  }

  tokenHeads(): Promise<TokenLists<HeadMatrix>> {
    return this.#once('token_heads', async () =>
      TokenLists.open<HeadMatrix>(this.#folder, 'token_heads', (await this.heads()).lists.places),
    );
  }

  words(): Promise<Words> {
    return this.#once('words', () => Words.of(this.#folder.files.tokens.map((file) => new ColumnFile(file))));
  }

  /** What fails is tried again by the next question: the connection may be back. */
  #once<T>(name: string, open: () => Promise<T>): Promise<T> {
    const known = this.#kept.get(name) as Promise<T> | undefined;
    if (known) return known;
    const made = open();
    this.#kept.set(name, made);
    made.catch(() => this.#kept.delete(name));
    return made;
  }

  /** The first labels of neurons' two lists, as `top` and `bottom` of `neurons` have them, by number. */
  async neuronLabels(part: NeuronPart, numbers: readonly number[]): Promise<Map<number, Labels>> {
    const [words, lists] = await Promise.all([this.words(), this.neurons()]);
    const labels = new Map<number, Labels>();
    await lists.each(part, numbers, async (number, read, row, each) => {
      const first = async (from: number): Promise<string> =>
        words.first(await read('token', from, new Int32Array(Math.min(LABELS, each / 2))));
      labels.set(number, { top: await first(row), bottom: await first(row + each / 2) });
    });
    return labels;
  }
}
