import type { HeadMatrix, NeuronPart } from '../../reading/types.ts';
import type { Token } from '../../vocabulary/types.ts';
import { isLater, LABELS, type Manifest, type TableName } from '../schema.ts';
import { ColumnFile } from './columns.node.ts';
import { damage } from './damaged.ts';
import { type Database, type DatabaseOptions, openDatabase, type Row } from './database.node.ts';
import type { AtlasFolder } from './folder.node.ts';
import { HeadLists, NeuronLists } from './lists.node.ts';
import { TokenLists } from './token-lists.node.ts';

/** The tokens of an atlas, by id. */
export class Words {
  readonly texts: readonly string[];
  readonly labels: readonly string[];
  /** Trimmed and in lower case. */
  readonly normals: readonly string[];
  readonly special: readonly boolean[];
  readonly padding: readonly boolean[];

  /** From the files of the table `tokens`. */
  constructor(files: readonly ColumnFile[]) {
    const all = <T>(read: (file: ColumnFile) => T[]): T[] => ([] as T[]).concat(...files.map(read));
    this.texts = all((file) => file.strings('text'));
    this.labels = all((file) => file.strings('label'));
    this.normals = all((file) => file.strings('normal'));
    this.special = all((file) => file.flags('special'));
    this.padding = all((file) => file.flags('padding'));
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

function headRows(file: ColumnFile): HeadFacts[] {
  const n = file.rows;
  const [layer, head, kvHead] = file.open((read) =>
    ['layer', 'head', 'kv_head'].map((name) => read(name, 0, new Int32Array(n))),
  );
  const [best, worst] = file.open((read) => ['best', 'worst'].map((name) => read(name, 0, new Float64Array(n))));
  const [matrix, top, bottom] = ['matrix', 'top', 'bottom'].map((name) => file.strings(name));
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

/** What an open atlas's answers are taken from. Each is looked into when it is first needed, and then kept. */
export class Sources {
  readonly manifest: Manifest;
  readonly #folder: AtlasFolder;
  readonly #options: DatabaseOptions;
  #database?: Database;
  readonly #firsts = new Map<TableName, ColumnFile>();
  #words?: Words;
  #neurons?: NeuronLists;
  #heads?: { rows: readonly HeadFacts[]; lists: HeadLists };
  #tokenNeurons?: TokenLists<NeuronPart>;
  #tokenHeads?: TokenLists<HeadMatrix>;

  constructor(folder: AtlasFolder, options: DatabaseOptions = {}) {
    this.manifest = folder.manifest;
    this.#folder = folder;
    this.#options = options;
  }

  /** For SQL, regular expressions and the tables of statistics; other answers do without it, and are there sooner. */
  database(): Database {
    this.#database ??= openDatabase(this.#folder, this.#options);
    return this.#database;
  }

  /** Rows of a query of ours: where it fails, the files are not what they were written as. Throws `ATLAS_INVALID`. */
  async rows(sql: string, values: readonly (string | number)[] = []): Promise<Row[]> {
    return this.database()
      .rows(sql, values)
      .catch((cause) => Promise.reject(damage(this.#folder.path, cause)));
  }

  /** The same as columns. Throws `ATLAS_INVALID`. */
  async columns(sql: string): Promise<unknown[][]> {
    return this.database()
      .columns(sql)
      .catch((cause) => Promise.reject(damage(this.#folder.path, cause)));
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
    const [file] = this.#folder.files[table];
    if (!file || !isLater(table, column)) return true;
    const first = this.#firsts.get(table) ?? new ColumnFile(file);
    this.#firsts.set(table, first);
    return first.has(column);
  }

  neurons(): NeuronLists {
    this.#neurons ??= new NeuronLists(this.#folder);
    return this.#neurons;
  }

  tokenNeurons(): TokenLists<NeuronPart> {
    this.#tokenNeurons ??= new TokenLists<NeuronPart>(this.#folder, 'token_neurons', this.neurons().places);
    return this.#tokenNeurons;
  }

  heads(): { rows: readonly HeadFacts[]; lists: HeadLists } {
    if (!this.#heads) {
      // In the order of the files.
      const rows = this.#folder.files.heads.flatMap((file) => headRows(new ColumnFile(file)));
      this.#heads = { rows, lists: new HeadLists(this.#folder, rows) };
    }
    return this.#heads;
  }

  tokenHeads(): TokenLists<HeadMatrix> {
    this.#tokenHeads ??= new TokenLists<HeadMatrix>(this.#folder, 'token_heads', this.heads().lists.places);
    return this.#tokenHeads;
  }

  words(): Words {
    this.#words ??= new Words(this.#folder.files.tokens.map((file) => new ColumnFile(file)));
    return this.#words;
  }

  /** The first labels of neurons' two lists, as `top` and `bottom` of `neurons` have them, by number. */
  neuronLabels(part: NeuronPart, numbers: readonly number[]): Map<number, { top: string; bottom: string }> {
    const words = this.words();
    const labels = new Map<number, { top: string; bottom: string }>();
    this.neurons().each(part, numbers, (number, read, row, each) => {
      const first = (from: number): string =>
        words.first(read('token', from, new Int32Array(Math.min(LABELS, each / 2))));
      labels.set(number, { top: first(row), bottom: first(row + each / 2) });
    });
    return labels;
  }
}
