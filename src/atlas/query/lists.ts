import type { HeadMatrix, NeuronPart } from '../../reading/types.ts';
import type { Sign } from '../schema.ts';
import { ColumnFile, type ReadColumn } from './columns.ts';
import { damage } from './damaged.ts';
import type { AtlasFolder, TableFile } from './folder.ts';
import { inParallel } from './parallel.ts';
import { type Group, Places } from './places.ts';

/** Rows [row, row + count) of one file, which are neurons [number, number + count) of one part. */
interface Run {
  number: number;
  count: number;
  row: number;
  vectors: ColumnFile;
  lists: ColumnFile;
  /** Rows of `lists` that each row of `vectors` has: half of them its `+` list, then its `-` list. */
  each: number;
}

/** The tables `neurons` and `neuron_tokens`: whose rows lie where. */
export class NeuronLists {
  readonly places: Places;
  readonly #runs = new Map<NeuronPart, Run[]>();

  static async open(folder: AtlasFolder): Promise<NeuronLists> {
    const pairs = pairsOf(folder);
    const found = await inParallel(pairs, ({ vectors }) => placesIn(vectors));
    return new NeuronLists(
      folder,
      found.map((places, i) => ({ ...pairs[i], ...places })),
    );
  }

  private constructor(folder: AtlasFolder, files: readonly (Pair & PlacesIn)[]) {
    const found: { part: NeuronPart; layer: number; expert: number; index: number; run: Run }[] = [];
    for (const { vectors, lists, each, part, layer, expert, neuron } of files) {
      const n = vectors.rows;
      for (let row = 0, end = 0; row < n; row = end) {
        for (end = row + 1; end < n; end++) {
          const next = layer[end] === layer[row] && expert[end] === expert[row] && neuron[end] === neuron[end - 1] + 1;
          if (!next) break;
        }
        const run = { number: 0, count: end - row, row, vectors, lists, each };
        found.push({ part, layer: layer[row], expert: expert[row], index: neuron[row], run });
      }
    }
    const counts = new Map<string, Omit<Group, 'first'>>();
    for (const { layer, expert, index, run } of found) {
      const group = counts.get(`${layer} ${expert}`) ?? { layer, expert, count: 0 };
      group.count = Math.max(group.count, index + run.count);
      counts.set(`${layer} ${expert}`, group);
    }
    // Every neuron has rows of its own: numbers beyond them are none.
    const rows = found.reduce((sum, { run }) => sum + run.count, 0);
    const size = [...counts.values()].reduce((sum, { count }) => sum + count, 0);
    if (size > rows || found.some(({ layer, expert, index }) => layer < 0 || expert < 0 || index < 0))
      throw damage(folder.path, new Error(`its neurons are numbered up to ${size}, and it has ${rows} rows of them`));
    this.places = new Places([...counts.values()]);
    for (const { part, layer, expert, index, run } of found) {
      run.number = this.places.number(layer, expert, index);
      const runs = this.#runs.get(part);
      if (runs) runs.push(run);
      else this.#runs.set(part, [run]);
    }
    for (const runs of this.#runs.values()) runs.sort((a, b) => a.number - b.number);
  }

  has(part: NeuronPart, number: number): boolean {
    return this.#run(part, number) !== undefined;
  }

  /** A number of every neuron of a part (a column of `neurons`), NaN where there is none. */
  async column(part: NeuronPart, name: string): Promise<Float64Array> {
    const values = new Float64Array(this.places.size).fill(Number.NaN);
    await inParallel(this.#runs.get(part) ?? [], ({ vectors, row, number, count }) =>
      vectors.open((read) => read(name, row, values.subarray(number, number + count))),
    );
    return values;
  }

  /** Some of a neuron's numbers (columns of `neurons`); it must be there. */
  async numbers<N extends string>(part: NeuronPart, number: number, names: readonly N[]): Promise<Record<N, number>> {
    const { vectors, row, number: first } = this.#run(part, number)!;
    return vectors.open(async (read) => {
      const found = names.map(async (name) => [name, (await read(name, row + number - first, new Float64Array(1)))[0]]);
      return Object.fromEntries(await Promise.all(found));
    });
  }

  /** The first `k` of a neuron's list, or all; it must be there. */
  async list(
    part: NeuronPart,
    number: number,
    sign: Sign,
    k = Number.POSITIVE_INFINITY,
  ): Promise<{ token: Int32Array; score: Float64Array }> {
    let found = { token: new Int32Array(), score: new Float64Array() };
    await this.each(part, [number], async (_, read, row, each) => {
      const n = Math.min(k, each / 2);
      const from = sign === '-' ? row + each / 2 : row;
      const token = await read('token', from, new Int32Array(n));
      found = { token, score: await read('score', from, new Float64Array(n)) };
    });
    return found;
  }

  /** Gives `visit` each of some neurons with a reader of its file, the row of its first list and the rows of both. */
  async each(
    part: NeuronPart,
    numbers: readonly number[],
    visit: (number: number, read: ReadColumn, row: number, each: number) => Promise<void>,
  ): Promise<void> {
    await inParallel(this.#runs.get(part) ?? [], async ({ lists, row, number: first, count, each }) => {
      const own = numbers.filter((number) => number >= first && number < first + count);
      if (own.length === 0) return;
      await lists.open(async (read) => {
        for (const number of own) await visit(number, read, (row + number - first) * each, each);
      });
    });
  }

  /**
   * Goes through all lists of a part, some neurons at a time: `visit` gets a reader of their file, the first one's
   * number, how many they are, the row of their first list and the rows that each has, both signs together.
   */
  async scan(
    part: NeuronPart,
    visit: (read: ReadColumn, number: number, count: number, row: number, each: number) => Promise<void>,
  ): Promise<void> {
    for (const { lists, row, number, count, each } of this.#runs.get(part) ?? []) {
      const step = Math.max(1, Math.floor(SCANNED / each));
      await lists.open(async (read) => {
        for (let i = 0; i < count; i += step)
          await visit(read, number + i, Math.min(step, count - i), (row + i) * each, each);
      });
    }
  }

  #run(part: NeuronPart, number: number): Run | undefined {
    return this.#runs.get(part)?.find((run) => number >= run.number && number < run.number + run.count);
  }
}

/** Rows of lists looked at at a time: what fits in a processor's cache. */
const SCANNED = 65_536;

/** A list's pairs, in order. */
export interface PairList {
  first: Int32Array;
  second: Int32Array;
  score: Float64Array;
}

/** The tables `heads` and `head_pairs`; `order` is the rows of `heads` as they lie in its files. */
export class HeadLists {
  readonly places: Places;
  readonly #lists = new Map<string, { lists: ColumnFile; row: number; each: number }>();

  constructor(folder: AtlasFolder, order: readonly { layer: number; head: number; matrix: HeadMatrix }[]) {
    const counts = new Map<number, number>();
    const files = folder.files.head_pairs.map((file) => new ColumnFile(file));
    const each = files.reduce((sum, { rows }) => sum + rows, 0) / order.length;
    let next = 0;
    for (const lists of files) {
      if (each % 2 !== 0 || lists.rows % each !== 0)
        throw damage(lists.path, new Error(`its rows are not those of ${order.length} heads`));
      for (let row = 0; row < lists.rows; row += each, next++) {
        const { layer, head, matrix } = order[next];
        counts.set(layer, Math.max(counts.get(layer) ?? 0, head + 1));
        this.#lists.set(`${layer}:${head} ${matrix}`, { lists, row, each });
      }
    }
    const size = [...counts.values()].reduce((sum, count) => sum + count, 0);
    if (size > order.length || order.some(({ layer, head }) => layer < 0 || head < 0))
      throw damage(folder.path, new Error(`its heads are numbered up to ${size}, and it has ${order.length} of them`));
    this.places = new Places([...counts].map(([layer, count]) => ({ layer, expert: 0, count })));
  }

  /** The first `k` of a head's list, or all; undefined where there is no such head. */
  async list(
    layer: number,
    head: number,
    matrix: HeadMatrix,
    sign: Sign,
    k = Number.POSITIVE_INFINITY,
  ): Promise<PairList | undefined> {
    const found = this.#lists.get(`${layer}:${head} ${matrix}`);
    if (!found) return undefined;
    const { lists, row, each } = found;
    const n = Math.min(k, each / 2);
    const from = row + (sign === '-' ? each / 2 : 0);
    return lists.open(async (read) => ({
      first: await read('first', from, new Int32Array(n)),
      second: await read('second', from, new Int32Array(n)),
      score: await read('score', from, new Float64Array(n)),
    }));
  }

  /** A token's best place, on either side, in a head's list; null where it has none. */
  async pairRank(layer: number, head: number, matrix: HeadMatrix, sign: Sign, token: number): Promise<number | null> {
    const { first, second } = (await this.list(layer, head, matrix, sign)) ?? { first: [], second: [] };
    for (let i = 0; i < first.length; i++) if (first[i] === token || second[i] === token) return i + 1;
    return null;
  }
}

interface Pair {
  vectors: ColumnFile;
  lists: ColumnFile;
  each: number;
}

/** Files of neurons and of their lists that one unit wrote, all lists of a file being equally long. */
function pairsOf({ files }: AtlasFolder): Pair[] {
  const nameOf = ({ path }: TableFile): string => path.slice(path.replaceAll('\\', '/').lastIndexOf('/') + 1);
  const named = new Map(files.neuron_tokens.map((file) => [nameOf(file), file]));
  return files.neurons.map((file) => {
    const other = named.get(nameOf(file));
    const each = (other?.rows ?? Number.NaN) / file.rows;
    if (!other || each % 2 !== 0) throw damage(file.path, new Error('it has no lists of equal length'));
    return { vectors: new ColumnFile(file), lists: new ColumnFile(other), each };
  });
}

interface PlacesIn {
  part: NeuronPart;
  layer: Int32Array;
  expert: Int32Array;
  neuron: Int32Array;
}

/** Whose rows a file of neurons has. */
async function placesIn(vectors: ColumnFile): Promise<PlacesIn> {
  const part = (await vectors.only('part')) as NeuronPart;
  const numbers = (read: ReadColumn, name: string) => read(name, 0, new Int32Array(vectors.rows));
  return vectors.open(async (read) => ({
    part,
    layer: await numbers(read, 'layer'),
    expert: await numbers(read, 'expert'),
    neuron: await numbers(read, 'neuron'),
  }));
}
