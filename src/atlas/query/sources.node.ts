import type { HeadMatrix, NeuronPart } from '../../reading/types.ts';
import type { Token } from '../../vocabulary/types.ts';
import type { Manifest } from '../schema.ts';
import { LABELS } from '../units/tokens.ts';
import type { AtlasFolder, Database } from './database.node.ts';
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

  constructor([texts = [], labels = [], normals = [], special = [], padding = []]: unknown[][]) {
    this.texts = texts as string[];
    this.labels = labels as string[];
    this.normals = normals as string[];
    this.special = special as boolean[];
    this.padding = padding as boolean[];
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

/** What an open atlas's answers are taken from. Each is looked into when it is first needed, and then kept. */
export class Sources {
  readonly manifest: Manifest;
  readonly database: Database;
  readonly #folder: AtlasFolder;
  readonly #prefix: string;
  #neurons?: NeuronLists;
  #heads?: Promise<{ rows: HeadFacts[]; lists: HeadLists }>;
  #words?: Promise<Words>;
  #tokenNeurons?: TokenLists<NeuronPart>;
  #tokenHeads?: Promise<TokenLists<HeadMatrix>>;

  /** `prefix`: of the names that the atlas's tables have in the database. */
  constructor(folder: AtlasFolder, database: Database, prefix = '') {
    this.manifest = folder.manifest;
    this.#folder = folder;
    this.database = database;
    this.#prefix = prefix;
  }

  /** The atlas's tables of statistics have rows. */
  get statistics(): boolean {
    return this.manifest.settings.what.includes('statistics');
  }

  neurons(): NeuronLists {
    this.#neurons ??= new NeuronLists(this.#folder);
    return this.#neurons;
  }

  tokenNeurons(): TokenLists<NeuronPart> {
    this.#tokenNeurons ??= new TokenLists<NeuronPart>(this.#folder, 'token_neurons', this.neurons().places);
    return this.#tokenNeurons;
  }

  heads(): Promise<{ rows: readonly HeadFacts[]; lists: HeadLists }> {
    this.#heads ??= (async () => {
      // In the order of the files.
      const rows = (await this.database.rows(`SELECT * FROM ${this.#prefix}heads`)) as unknown as HeadFacts[];
      return { rows, lists: new HeadLists(this.#folder, rows) };
    })();
    return this.#heads;
  }

  tokenHeads(): Promise<TokenLists<HeadMatrix>> {
    this.#tokenHeads ??= (async () => {
      const { lists } = await this.heads();
      return new TokenLists<HeadMatrix>(this.#folder, 'token_heads', lists.places);
    })();
    return this.#tokenHeads;
  }

  words(): Promise<Words> {
    this.#words ??= (async () => {
      const names = 'text, label, normal, special, padding';
      return new Words(await this.database.columns(`SELECT ${names} FROM ${this.#prefix}tokens ORDER BY token`));
    })();
    return this.#words;
  }

  /** The first labels of neurons' two lists, as `top` and `bottom` of `neurons` have them, by number. */
  async neuronLabels(
    part: NeuronPart,
    numbers: readonly number[],
  ): Promise<Map<number, { top: string; bottom: string }>> {
    const words = await this.words();
    const labels = new Map<number, { top: string; bottom: string }>();
    this.neurons().each(part, numbers, (number, read, row, each) => {
      const first = (from: number): string =>
        words.first(read('token', from, new Int32Array(Math.min(LABELS, each / 2))));
      labels.set(number, { top: first(row), bottom: first(row + each / 2) });
    });
    return labels;
  }
}
