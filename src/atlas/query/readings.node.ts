import { WeightscopeError } from '../../errors.ts';
import { PairCounter } from '../../reading/counters.ts';
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
import { checkNumber, checkOneOf, HEAD_MATRICES, NEURON_PARTS } from './check.ts';
import type { Database, Row } from './database.node.ts';

/** A neuron as {@link readNeuron} gives it, from the atlas's lists, with what else the atlas knows of it. */
export interface AtlasNeuron extends NeuronReading {
  expert: number;
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
  database: Database,
  manifest: Manifest,
  layer: number,
  neuron: number,
  options: { parts?: readonly NeuronPart[]; expert?: number; k?: number; bottom?: number } = {},
): Promise<AtlasNeuron> {
  const { expert = 0, k = 50, bottom = 0, parts = NEURON_PARTS } = options;
  for (const part of parts) checkOneOf(part, NEURON_PARTS);
  const itself = `layer = ${checkNumber(layer)} AND expert = ${checkNumber(expert)} AND neuron = ${checkNumber(neuron)}`;
  const chosen = `${itself} AND part IN (${parts.map((part) => `'${part}'`).join(', ')})`;
  const rows = await database.rows(`SELECT part, norm FROM neurons WHERE ${chosen}`);
  if (rows.length === 0) throw notThere('a neuron', `${layer}:${neuron}`);
  const lists = await database.rows(
    `SELECT part, sign, token, text, label, score FROM neuron_tokens JOIN tokens USING (token)
     WHERE ${chosen} AND rank <= CASE sign WHEN '+' THEN ${checkNumber(k)} ELSE ${checkNumber(bottom)} END ORDER BY rank`,
  );
  const [statistics] = await database.rows(
    `SELECT * EXCLUDE (layer, expert, neuron) FROM neuron_stats WHERE ${itself}`,
  );
  const there = NEURON_PARTS.filter((part) => rows.some((row) => row.part === part));
  const of = (part: NeuronPart, sign: Sign): ScoredToken[] =>
    lists.filter((row) => row.part === part && row.sign === sign).map(scoredToken);
  return {
    model: manifest.model.name,
    layer,
    neuron,
    normalize: manifest.settings.normalize,
    applied: appliedOf(manifest),
    parts: Object.fromEntries(
      there.map((part): [NeuronPart, RankedTokens] => [part, { top: of(part, '+'), bottom: of(part, '-') }]),
    ),
    expert,
    norms: Object.fromEntries(rows.map(({ part, norm }) => [part, norm])),
    ...(statistics && { statistics: statistics as Record<string, number | null> }),
  };
}

/** Reads one head: its best pairs, or with `ascending` its most negative. `k` at most what the atlas lists (`pairs`). */
export async function atlasHead(
  database: Database,
  manifest: Manifest,
  layer: number,
  head: number,
  options: { matrices?: readonly HeadMatrix[]; k?: number; ascending?: boolean } = {},
): Promise<AtlasHead> {
  const { matrices = HEAD_MATRICES, k = 100, ascending = false } = options;
  for (const matrix of matrices) checkOneOf(matrix, HEAD_MATRICES);
  const itself = `layer = ${checkNumber(layer)} AND head = ${checkNumber(head)}`;
  const rows = await database.rows(
    `SELECT matrix, first, f.text AS first_text, f.label AS first_label,
       second, s.text AS second_text, s.label AS second_label, score
     FROM head_pairs JOIN tokens f ON f.token = first JOIN tokens s ON s.token = second
     WHERE ${itself} AND sign = '${ascending ? '-' : '+'}' AND rank <= ${checkNumber(k)} ORDER BY rank`,
  );
  const [known] = await database.rows(`SELECT 1 FROM heads WHERE ${itself} LIMIT 1`);
  if (!known) throw notThere('a head', `${layer}:${head}`);
  const statistics = await database.rows(`SELECT * EXCLUDE (layer, head) FROM head_stats WHERE ${itself}`);
  const read: Partial<Record<HeadMatrix, MatrixReading>> = {};
  for (const matrix of matrices) {
    const own = rows.filter((row) => row.matrix === matrix);
    read[matrix] = matrixReading(own, Number(manifest.dimensions.vocab));
  }
  return {
    model: manifest.model.name,
    layer,
    head,
    normalize: manifest.settings.normalize,
    applied: { ...appliedOf(manifest), ...(ascending && { ascending }) },
    ...read,
    ...(statistics.length > 0 && {
      statistics: Object.fromEntries(statistics.map(({ matrix, ...values }) => [matrix, values])),
    }),
  };
}

function matrixReading(rows: readonly Row[], vocab: number): MatrixReading {
  const pairs = rows.map(
    (row): TokenPair => ({
      first: { id: row.first as number, token: row.first_text as string, label: row.first_label as string },
      second: { id: row.second as number, token: row.second_text as string, label: row.second_label as string },
      score: row.score as number,
    }),
  );
  const labels = new Map(pairs.flatMap(({ first, second }) => [first, second].map(({ id, label }) => [id, label])));
  const counter = new PairCounter(vocab);
  counter.add({
    length: pairs.length,
    first: Uint32Array.from(pairs, ({ first }) => first.id),
    second: Uint32Array.from(pairs, ({ second }) => second.id),
    score: Float64Array.from(pairs, ({ score }) => score),
  });
  return { pairs, count: vocab * vocab, counters: counter.counters((id) => labels.get(id) ?? '') };
}

const scoredToken = ({ token, text, label, score }: Row): ScoredToken =>
  ({ id: token, token: text, label, score }) as ScoredToken;

const appliedOf = ({ settings, model }: Manifest): Applied => ({
  foldNorm: settings.foldNorm,
  filters: [],
  embedding: settings.embedding,
  approximate: false,
  notes: [...model.notes],
});

export const notThere = (what: string, got: string): WeightscopeError =>
  new WeightscopeError('OUT_OF_RANGE', `Expected ${what} of this atlas, got ${got}.`);
