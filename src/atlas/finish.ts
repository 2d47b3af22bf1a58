import type { Ranked } from '../engine/engine.ts';
import type { Model } from '../model/types.ts';
import { HEAD_MATRICES } from '../reading/parts.ts';
import { discoveries, flattened, TABLE_COLUMNS } from '../reading/statistics/columns.ts';
import { measuredOverlap } from '../reading/statistics/measures.ts';
import { listOverlap } from '../reading/statistics/overlap.ts';
import { addDiscoveries, type StatisticRow, statisticRow } from '../reading/statistics/whole-model.ts';
import type { Arrays } from './arrays.ts';
import { BestLists, type Lists } from './best.ts';
import type { ModelFacts } from './facts.ts';
import { constant, parquetFile, type Values } from './parquet.ts';
import type { Unit } from './plan.ts';
import { type AtlasFile, type AtlasSettings, SIGNS, type Sign, type TableName } from './schema.ts';
import type { Store } from './store.ts';
import { arraysOf, putFile, type Receipt } from './unit.ts';
import { headNumberOf } from './units/head-columns.ts';
import { headNumber } from './units/heads.ts';
import { placesOf } from './units/neurons.ts';
import { columnsOf } from './units/rows.ts';
import { tokenColumns } from './units/tokens.ts';

export interface FinishInput {
  model: Model;
  facts: ModelFacts;
  settings: AtlasSettings;
  store: Store;
  /** All units with their receipts. */
  done: readonly { unit: Unit; receipt: Receipt }[];
}

/** Tokens per file of token_neurons and token_heads, so that a file's rows fit in memory whatever the vocabulary. */
const TOKENS_PER_FILE = 16_384;

/** Writes the tables that need all units. The order of the units does not matter: the same files come out. */
export async function finishTables(
  input: FinishInput & { early?: AtlasFile[] },
  progress?: (done: number) => void,
): Promise<AtlasFile[]> {
  const { settings, early } = input;
  const { files, write } = writing(input);
  if (settings.what.includes('heads')) await writeTokenHeads(input, write);
  progress?.(0.1);
  if (settings.what.includes('statistics')) {
    const numbers = await statisticsArrays(input);
    await writeHeadStats(input, numbers, write);
    await writeNeuronStats(input, numbers, write);
  }
  const ofNeurons = early ?? (await finishNeurons(input, (done) => progress?.(0.1 + 0.9 * done)));
  progress?.(1);
  return [...ofNeurons, ...files];
}

/** Writes the tables that need all units of neurons: with those, and what these wrote, words find neurons. */
export async function finishNeurons(input: FinishInput, progress?: (done: number) => void): Promise<AtlasFile[]> {
  const { model, facts, settings } = input;
  const { files, write } = writing(input);
  await write('tokens', 'tokens', tokenColumns(model, facts.vocab));
  if (!settings.what.includes('neurons')) return files;
  for (const [i, part] of facts.parts.entries()) {
    const merged = await mergedLists(input, (unit) => unit.kind === 'neurons' && unit.part === part, '');
    const total = facts.neurons.reduce((sum, { count }) => sum + count, 0);
    const places = placesOf(facts.neurons, 0, total);
    for (const [from, to] of tokenRanges(facts.vocab)) {
      const rows = listRows(merged, from, to);
      const at = (of: Int32Array): Int32Array => rows.index.map((neuron) => of[neuron]);
      await write('token_neurons', `${part}-${fileNumber(from)}`, {
        token: rows.list,
        part: constant(part, rows.list.length),
        sign: rows.sign,
        rank: rows.rank,
        layer: at(places.layer),
        expert: at(places.expert),
        neuron: at(places.neuron),
        score: rows.score,
      });
    }
    progress?.((i + 1) / facts.parts.length);
  }
  return files;
}

function writing({ store }: FinishInput): { files: AtlasFile[]; write: Write } {
  const files: AtlasFile[] = [];
  return {
    files,
    write: async (table, name, columns) => {
      const bytes = await parquetFile(table, columns);
      files.push(await putFile(store, table, `${table}/${name}.parquet`, bytes, Object.values(columns)[0].length));
    },
  };
}

type Write = (table: TableName, name: string, columns: Record<string, Values>) => Promise<void>;

/** What statistics units and heads' units have left for {@link writeHeadStats} and {@link writeNeuronStats}. */
async function statisticsArrays({ store, done }: FinishInput): Promise<Arrays> {
  const found: Arrays = {};
  for (const { unit, receipt } of done) {
    if (unit.kind === 'statistics' || unit.kind === 'heads') Object.assign(found, await arraysOf(store, receipt));
  }
  return found;
}

async function writeHeadStats({ facts, settings }: FinishInput, found: Arrays, write: Write): Promise<void> {
  const rows: StatisticRow[] = [];
  for (const { layer, heads } of facts.heads.filter(({ layer }) => settings.layers.includes(layer))) {
    for (let head = 0; head < heads; head++) {
      for (const matrix of HEAD_MATRICES) {
        const place = { layer, head, matrix };
        rows.push(statisticRow('heads', place, (column) => headNumberOf(found, place, column)));
      }
    }
  }
  addDiscoveries('heads', rows);
  if (rows.length > 0) await write('head_stats', 'head_stats', columnsOf(rows));
}

/** The statistics units' columns, and the overlap of key and value lists where the atlas has them. */
async function writeNeuronStats(
  { facts, settings, store, done }: FinishInput,
  found: Arrays,
  write: Write,
): Promise<void> {
  const lists = { key: new Map<number, Uint32Array>(), value: new Map<number, Uint32Array>() };
  for (const { unit, receipt } of done) {
    if (unit.kind !== 'neurons' || unit.part === 'up') continue;
    const { tokens } = await arraysOf(store, receipt);
    const k = tokens.length / (unit.to - unit.from);
    for (let i = unit.from; i < unit.to; i++)
      lists[unit.part].set(i, tokens.subarray((i - unit.from) * k, (i - unit.from + 1) * k) as Uint32Array);
  }
  const ranked = (part: 'key' | 'value', from: number, count: number): Ranked => {
    const all = Array.from({ length: count }, (_, i) => lists[part].get(from + i)!);
    const index = new Uint32Array(count * all[0].length);
    for (const [i, list] of all.entries()) index.set(list, i * list.length);
    return { k: all[0].length, index, score: new Float64Array(index.length) };
  };
  const names = TABLE_COLUMNS.neurons.map(({ name }) => name);
  const groups: { first: number; count: number; columns: Record<string, Values> }[] = [];
  let from = 0;
  for (const { layer, expert, count } of facts.neurons) {
    const first = from;
    from += count;
    if (!settings.layers.includes(layer)) continue;
    const overlap = settings.what.includes('neurons')
      ? listOverlap(ranked('key', first, count), ranked('value', first, count), facts.vocab)
      : undefined;
    const own: Record<string, Values | undefined> | undefined =
      overlap && flattened('neurons', 'key_value_jaccard', measuredOverlap(overlap));
    const column = (name: string): Values =>
      own?.[name] ?? found[`${layer} ${expert} ${name}`] ?? constant(null, count);
    groups.push({ first, count, columns: Object.fromEntries(names.map((name) => [name, column(name)])) });
  }
  const q = discoveries('neurons', (name) => {
    const p = groups.map(({ columns }) => columns[name]);
    return p.every((column) => column instanceof Float64Array) ? p.flatMap((column) => Array.from(column)) : undefined;
  });
  for (const [name, values] of Object.entries(q)) {
    let at = 0;
    for (const { columns, count } of groups) {
      columns[name] = values.slice(at, at + count);
      at += count;
    }
  }
  for (const { first, count, columns } of groups) {
    const { layer, expert, neuron } = placesOf(facts.neurons, first, first + count);
    const name = `layer-${String(layer[0]).padStart(4, '0')}-${String(expert[0]).padStart(4, '0')}`;
    await write('neuron_stats', name, { layer, expert, neuron, ...columns });
  }
}

async function writeTokenHeads(input: FinishInput, write: Write): Promise<void> {
  const { facts } = input;
  const places = facts.heads.flatMap(({ layer, heads }) =>
    Array.from({ length: heads }, (_, head) => ({ layer, head })),
  );
  for (const matrix of HEAD_MATRICES) {
    const ranks = new PairRanks();
    const merged = await mergedLists(
      input,
      (unit) => unit.kind === 'heads',
      matrix,
      (unit, arrays) => {
        if (unit.kind !== 'heads') return;
        const first = headNumber(facts.heads, unit.layer);
        for (let head = first + unit.from; head < first + unit.to; head++) ranks.add(head, matrix, arrays);
      },
    );
    for (const [from, to] of tokenRanges(facts.vocab)) {
      const rows = listRows(merged, from, to);
      await write('token_heads', `${matrix}-${fileNumber(from)}`, {
        token: rows.list,
        matrix: constant(matrix, rows.list.length),
        sign: rows.sign,
        rank: rows.rank,
        layer: rows.index.map((head) => places[head].layer),
        head: rows.index.map((head) => places[head].head),
        score: rows.score,
        pair_rank: Array.from(rows.index, (head, i) => ranks.of(head, rows.sign[i], rows.list[i])),
      });
    }
  }
}

/** A token's best place, on either side, in a head's listed pairs. */
class PairRanks {
  readonly #ranks: Record<Sign, Map<number, number>[]> = { '+': [], '-': [] };

  add(head: number, matrix: string, arrays: Arrays): void {
    for (const sign of SIGNS) {
      const ranks = new Map<number, number>();
      const name = `pairs ${head} ${matrix}${sign}`;
      const [first, second] = [arrays[`${name} first`], arrays[`${name} second`]];
      for (let i = 0; i < first.length; i++) {
        for (const token of [first[i], second[i]]) if (!ranks.has(token)) ranks.set(token, i + 1);
      }
      this.#ranks[sign][head] = ranks;
    }
  }

  of(head: number, sign: Sign, token: number): number | null {
    return this.#ranks[sign][head].get(token) ?? null;
  }
}

/** The units' lists under `name`, merged: exactly the model's best, in order. */
async function mergedLists(
  { facts, settings, store, done }: FinishInput,
  wanted: (unit: Unit) => boolean,
  name: string,
  also?: (unit: Unit, arrays: Arrays) => void,
): Promise<Record<Sign, BestLists>> {
  const merged = {
    '+': new BestLists(facts.vocab, settings.columns, '+'),
    '-': new BestLists(facts.vocab, settings.columns, '-'),
  };
  for (const { unit, receipt } of done) {
    if (!wanted(unit)) continue;
    const arrays = await arraysOf(store, receipt);
    for (const sign of SIGNS) {
      const list = (field: string) => arrays[`${name}${sign}${field}`];
      merged[sign].add({ counts: list('counts'), index: list('index'), score: list('score') } as Lists);
    }
    also?.(unit, arrays);
  }
  return merged;
}

/** Rows of lists [from, to): list by list, first `+`, then `-`. */
function listRows(merged: Record<Sign, BestLists>, from: number, to: number) {
  // All tokens have as many rows, so that a reader finds a token's by its number: those of a token that is left out,
  // whose lists are empty, have a score of NaN.
  const each = SIGNS.reduce(
    (most, sign) => merged[sign].counts.subarray(from, to).reduce((a, b) => Math.max(a, b), most),
    0,
  );
  const total = (to - from) * SIGNS.length * each;
  const rows = {
    list: new Int32Array(total),
    sign: new Array<Sign>(total),
    rank: new Int32Array(total),
    index: new Int32Array(total),
    score: new Float64Array(total),
  };
  let at = 0;
  for (let list = from; list < to; list++) {
    for (const sign of SIGNS) {
      const { counts, index, score, k } = merged[sign];
      for (let i = 0; i < each; i++, at++) {
        rows.list[at] = list;
        rows.sign[at] = sign;
        rows.rank[at] = i + 1;
        rows.index[at] = index[list * k + i];
        rows.score[at] = i < counts[list] ? score[list * k + i] : Number.NaN;
      }
    }
  }
  return rows;
}

const fileNumber = (from: number): string => String(from).padStart(8, '0');

function tokenRanges(vocab: number): [number, number][] {
  return Array.from({ length: Math.ceil(vocab / TOKENS_PER_FILE) }, (_, i) => [
    i * TOKENS_PER_FILE,
    Math.min((i + 1) * TOKENS_PER_FILE, vocab),
  ]);
}
