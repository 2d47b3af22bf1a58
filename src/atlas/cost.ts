import type { ModelFacts } from './facts.ts';
import type { AtlasSettings } from './schema.ts';
import type { Work } from './work.ts';

/** What a unit takes, from headers alone. */
export interface Cost {
  /** Multiplications and additions of the full products, whether an engine prunes them or not. */
  operations: number;
  /** Bytes of the checkpoint that are read, E included. */
  bytesRead: number;
  /** Bytes of Parquet and of intermediate lists. */
  bytesWritten: number;
  /** Peak bytes beside the runtime itself. */
  memory: number;
  seconds: number;
}

/** Operations a second by kind of work. Pairs are mostly pruned, so their rate is of work that is not done. */
export interface Rates {
  means: number;
  rows: number;
  factors: number;
  pairs: number;
}

/** Two cores, the WASM engine (docs/scale.md says how they were measured). */
export const RATES: Rates = { means: 80e9, rows: 100e9, factors: 6e9, pairs: 600e9 };

/** Bytes a row takes: measured on SmolLM2, scores do not compress and what look-ups read is plain (parquet.ts). */
export const LIST_ROW = 12.1;
export const TOKEN_ROW = 16.2;
export const PAIR_ROW = 16.6;
export const ARRAY_ROW = 12;

export function unitCost(facts: ModelFacts, settings: AtlasSettings, work: Work, rates: Rates): Cost {
  const { vocab, width } = facts;
  const count = work.to - work.from;
  const e = vocab * width * 4;
  const products = 2 * count * vocab * width;
  const top = Math.min(settings.top, vocab);
  switch (work.kind) {
    case 'normaliser': {
      const parameters = facts.vectors[work.name] ?? [];
      return {
        operations: products,
        bytesRead: facts.embeddingBytes + share(parameters, count),
        bytesWritten: vocab * 8 * Math.ceil((count * parameters.length) / total(parameters)),
        memory: e + count * width * 4 + vocab * 16,
        seconds: products / rates.means,
      };
    }
    case 'neurons': {
      // Entries better than what is known so far: at most all, and few once other units are done.
      const columns = 2 * vocab * Math.min(settings.columns, count);
      return {
        operations: products,
        bytesRead: facts.embeddingBytes + share(facts.vectors[`ff.${work.part}`] ?? [], count),
        bytesWritten: 2 * count * top * LIST_ROW + columns * (ARRAY_ROW + TOKEN_ROW * (count / total(facts.neurons))),
        memory: e + count * width * 4 + 2 * count * top * 60 + 3 * columns * ARRAY_ROW,
        seconds: products / rates.rows,
      };
    }
    case 'heads': {
      const layer = facts.heads.find((heads) => heads.layer === work.layer);
      if (!layer) return { operations: 0, bytesRead: 0, bytesWritten: 0, memory: 0, seconds: 0 };
      const { heads, kvHeads, headDim } = layer;
      const kv = Math.ceil(((work.to - work.from) * kvHeads) / heads);
      const factors = 2 * vocab * width * headDim * (2 * count + 2 * kv);
      const pairs = 2 * count * (2 * vocab * vocab * headDim);
      const rows = 4 * count * settings.pairs;
      const listed = settings.what.includes('heads') ? 1 : 0;
      // The tokens' own places for each matrix, and the words of the relations.
      const own = settings.what.includes('statistics') ? 2 * count * 2 * 4500 * vocab * headDim : 0;
      return {
        operations: factors + pairs * listed + own,
        bytesRead: facts.embeddingBytes + width * headDim * (2 * count + 2 * kv) * 4,
        bytesWritten: listed * (rows * PAIR_ROW + 4 * vocab * Math.min(settings.columns, count) * ARRAY_ROW),
        memory: e + vocab * headDim * 4 * (count + kv) * 2 + vocab * count * 32,
        seconds: factors / rates.factors + (pairs * listed) / rates.pairs + own / rates.factors,
      };
    }
    case 'statistics': {
      const chosen = ({ layer }: { layer: number }) => layer >= work.from && layer < work.to;
      const neurons = facts.neurons.filter(chosen).reduce((sum, g) => sum + g.count, 0);
      // Of the neurons, and of as many random directions as their nulls are drawn from (once, but in every process).
      const moments = 2 * (neurons + 4096) * vocab * width;
      // Per head and matrix 33 sets of eigenvalues, two products with EᵀE, two QR and one SVD, in plain fp64 loops, and the
      // tokens of ten directions.
      let [small, listed, rows] = [0, 0, 0];
      for (const { heads, headDim } of facts.heads.filter(chosen)) {
        small += 2 * heads * (450 * headDim ** 3 + 6 * width * width * headDim);
        listed += 2 * heads * 10 * 2 * vocab * width;
        rows += 2 * heads * (headDim + 400);
      }
      return {
        operations: moments + small + listed,
        bytesRead: facts.embeddingBytes,
        bytesWritten: neurons * 100 + rows * 15,
        memory: e + neurons * width * 12 + 4096 * 2048 * 4,
        seconds: listed / rates.rows + moments / rates.factors + small / (rates.factors / 5),
      };
    }
    case 'compositions': {
      const [later, earlier] = [
        facts.heads.filter(({ layer }) => layer >= work.from && layer < work.to),
        facts.heads.filter(({ layer }) => layer < work.to),
      ];
      const stacked = (layers: typeof later) => layers.reduce((sum, { heads, headDim }) => sum + heads * headDim, 0);
      const pairs = later.reduce((sum, { layer }) => sum + earlier.filter((other) => other.layer < layer).length, 0);
      const one = later[0] ? later[0].heads * later[0].headDim : 0;
      const products = 3 * pairs * 2 * one * one * width;
      const sides = (stacked(earlier) + 3 * stacked(later)) * (later[0]?.headDim ?? 0) * width * 6;
      return {
        operations: products + sides,
        bytesRead: stacked(earlier) * width * 8,
        bytesWritten: 3 * pairs * (later[0]?.heads ?? 0) ** 2 * 20,
        memory: stacked(earlier) * width * 4,
        seconds: products / rates.factors + sides / (rates.factors / 5),
      };
    }
    case 'directions':
      return {
        operations: products,
        bytesRead: facts.embeddingBytes + count * width * 4,
        bytesWritten: 2 * count * top * LIST_ROW,
        memory: e + count * width * 4 + 2 * count * top * 60,
        seconds: products / rates.rows,
      };
  }
}

const total = (groups: readonly { count: number }[]): number =>
  Math.max(
    1,
    groups.reduce((sum, { count }) => sum + count, 0),
  );

/** Bytes of `count` vectors of these parameters, on average. */
const share = (parameters: readonly { count: number; bytes: number }[], count: number): number =>
  (parameters.reduce((sum, { bytes }) => sum + bytes, 0) * count) / total(parameters);
