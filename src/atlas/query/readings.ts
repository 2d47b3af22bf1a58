import { WeightscopeError } from '../../errors.ts';
import { PairCounter } from '../../reading/counters.ts';
import { embeddingOf } from '../../reading/embedding.ts';
import { partKinds } from '../../reading/factors.ts';
import { notesOf } from '../../reading/notes.ts';
import type { VectorKind } from '../../reading/parameters.ts';
import { HEAD_MATRICES, NEURON_PARTS } from '../../reading/parts.ts';
import { neuronText } from '../../reading/place.ts';
import type {
  Applied,
  HeadMatrix,
  HeadReading,
  MatrixReading,
  NeuronPart,
  NeuronReading,
  RankedTokens,
  ScoredToken,
  TokenPair,
} from '../../reading/types.ts';
import type { Manifest, Sign } from '../schema.ts';
import { checkNumber, checkOneOf } from './check.ts';
import type { Row } from './database.ts';
import type { PairList } from './lists.ts';
import { columnsBut, objectsOf } from './rows.ts';
import type { Sources, Words } from './sources.ts';

/** A neuron as {@link readNeuron} gives it, from the atlas's lists, with what else the atlas knows of it. */
export interface AtlasNeuron extends NeuronReading {
  /** Euclidean lengths of the vectors. */
  norms: Partial<Record<NeuronPart, number>>;
  /** The neuron's row of `neuron_stats`, where the atlas has statistics. */
  statistics?: Record<string, number | null>;
}

/** A head as {@link readHead} gives it, from the atlas's lists, with what else the atlas knows of it. */
export interface AtlasHead extends HeadReading {
  /** The head's rows of `head_stats`, where the atlas has statistics. */
  statistics?: Partial<Record<HeadMatrix, Record<string, number | null>>>;
}

/** Reads one neuron. `k` and `bottom` as in a reading, at most what the atlas lists (`top` of its settings). */
export async function atlasNeuron(
  sources: Sources,
  layer: number,
  neuron: number,
  options: { parts?: readonly NeuronPart[]; expert?: number; k?: number; bottom?: number } = {},
): Promise<AtlasNeuron> {
  const { expert = 0, k = 50, bottom = 0, parts = NEURON_PARTS } = options;
  for (const part of parts) checkOneOf(part, NEURON_PARTS);
  for (const number of [layer, neuron, expert, k, bottom]) checkNumber(number);
  const lists = await sources.neurons();
  const number = lists.places.number(layer, expert, neuron);
  const there = NEURON_PARTS.filter((part) => parts.includes(part) && lists.has(part, number));
  if (there.length === 0) throw notThere('a neuron', neuronText({ layer, neuron, expert }));
  const words = await sources.words();
  const of = async (part: NeuronPart, sign: Sign, k: number): Promise<ScoredToken[]> => {
    const { token, score } = await lists.list(part, number, sign, k);
    return Array.from(token, (id, i) => ({ ...words.token(id), score: score[i] }));
  };
  const itself = { layer, expert, neuron };
  const [statistics] = sources.statistics ? await statisticsOf(sources, 'neuron_stats', itself) : [];
  const { manifest } = sources;
  return {
    model: manifest.model.name,
    layer,
    neuron,
    // A layer without experts has one group of neurons, and its number is 0.
    ...(lists.places.group(layer, 1) && { expert }),
    normalize: manifest.settings.normalize,
    applied: appliedOf(
      manifest,
      there.map((part) => `ff.${part}` as const),
      layer,
    ),
    parts: await byPart(there, async (part): Promise<RankedTokens> => {
      return { top: await of(part, '+', k), bottom: await of(part, '-', bottom) };
    }),
    norms: await byPart(there, async (part) => (await lists.numbers(part, number, ['norm'])).norm),
    ...(statistics && { statistics: statistics as Record<string, number | null> }),
  };
}

/**
 * Reads one head: its best pairs, or with `ascending` its most negative. `k` at most what the atlas lists (`pairs`).
 */
export async function atlasHead(
  sources: Sources,
  layer: number,
  head: number,
  options: { matrices?: readonly HeadMatrix[]; k?: number; ascending?: boolean } = {},
): Promise<AtlasHead> {
  const { matrices = HEAD_MATRICES, k = 100, ascending = false } = options;
  for (const matrix of matrices) checkOneOf(matrix, HEAD_MATRICES);
  for (const number of [layer, head, k]) checkNumber(number);
  const { lists } = await sources.heads();
  const words = await sources.words();
  const { manifest } = sources;
  const read: Partial<Record<HeadMatrix, MatrixReading>> = {};
  for (const matrix of matrices) {
    const list = await lists.list(layer, head, matrix, ascending ? '-' : '+', k);
    if (!list) throw notThere('a head', `${layer}:${head}`);
    read[matrix] = matrixReading(list, words, Number(manifest.dimensions.vocab), pairsOf(manifest, matrix));
  }
  const statistics = sources.statistics ? await statisticsOf(sources, 'head_stats', { layer, head }) : [];
  return {
    model: manifest.model.name,
    layer,
    head,
    normalize: manifest.settings.normalize,
    applied: { ...appliedOf(manifest, partKinds(matrices), layer), ...(ascending && { ascending }) },
    ...read,
    ...(statistics.length > 0 && {
      statistics: Object.fromEntries(statistics.map(({ matrix, ...values }) => [matrix, values])),
    }),
  };
}

/** Rows of a table of statistics, without what says which they are. */
async function statisticsOf(
  sources: Sources,
  table: 'neuron_stats' | 'head_stats',
  which: Record<string, number>,
): Promise<Row[]> {
  const names = columnsBut(table, Object.keys(which));
  return objectsOf(await sources.rows(table, names, which), names);
}

async function byPart<P extends string, T>(parts: readonly P[], of: (part: P) => Promise<T>): Promise<Record<P, T>> {
  const found = await Promise.all(parts.map(async (part) => [part, await of(part)] as const));
  return Object.fromEntries(found) as Record<P, T>;
}

/** How many pairs a matrix has, those of tokens without a usable row of E left out. */
function pairsOf({ settings, said, dimensions }: Manifest, matrix: HeadMatrix): number {
  const sides = partKinds([matrix]).map((kind) => said?.leftOut[embeddingOf(kind, settings.embedding)]?.rows ?? 0);
  return sides.reduce((product, rows) => product * (Number(dimensions.vocab) - rows), 1);
}

function matrixReading({ first, second, score }: PairList, words: Words, vocab: number, count: number): MatrixReading {
  const pairs = Array.from(
    score,
    (value, i): TokenPair => ({ first: words.token(first[i]), second: words.token(second[i]), score: value }),
  );
  const counter = new PairCounter(vocab);
  counter.add({ length: pairs.length, first: Uint32Array.from(first), second: Uint32Array.from(second), score });
  return { pairs, count, counters: counter.counters((id) => words.label(id)) };
}

const appliedOf = ({ settings, model, said }: Manifest, kinds: readonly VectorKind[], layer: number): Applied => ({
  foldNorm: settings.foldNorm,
  filters: [],
  embedding: settings.embedding,
  approximate: false,
  // The usual table may have been chosen or not: that there is another one is said in either case.
  notes: [
    ...model.notes,
    ...(said
      ? notesOf(said, kinds, { embedding: settings.embedding === 'unembed' ? undefined : settings.embedding, layer })
      : []),
  ],
});

export const notThere = (what: string, got: string): WeightscopeError =>
  new WeightscopeError('OUT_OF_RANGE', `Expected ${what} of this atlas, got ${got}.`);
