import type { Engine, Matrix } from '../engine/engine.ts';
import { defaultEngine } from '../engine/select.ts';
import { throwIfAborted } from '../errors.ts';
import type { Model } from '../model/types.ts';
import { seeded } from '../reading/random.ts';
import { RATES, type Rates } from './cost.ts';
import { type ModelFacts, modelFacts } from './facts.ts';
import { type AtlasOptions, settingsOf } from './plan.ts';
import type { AtlasSettings } from './schema.ts';

/** Bytes of the E that is made up, and operations of one measurement: a second or two on two cores. */
const MAX_E = 32 << 20;
const OPERATIONS = 5e10;

export interface MeasureOptions {
  signal?: AbortSignal;
  /**
   * Milliseconds that have passed; default the wall clock. On a busy machine: processor time, divided by the cores in
   * use.
   */
  clock?: () => number;
}

export interface MeasuredRates {
  rates: Rates;
  /** Which engine, on what. */
  engine: string;
}

/** {@link measureRates} for a model, from its headers alone. */
export async function measuredRates(
  model: Model,
  options: AtlasOptions,
  { engine, ...how }: MeasureOptions & { engine?: Engine } = {},
): Promise<MeasuredRates> {
  const facts = modelFacts(model, options.embedding);
  const used = engine ?? (await defaultEngine());
  return { rates: await measureRates(facts, settingsOf(facts, options), used, how), engine: used.description };
}

/**
 * This machine's rates at the shapes of a model, on random numbers: no weights are read. E is cut to 32 MB. The
 * rate of pairs stays the default one, of real heads: in random ones hardly anything can be pruned.
 */
export async function measureRates(
  facts: ModelFacts,
  settings: AtlasSettings,
  engine: Engine,
  { signal, clock = () => performance.now() }: MeasureOptions = {},
): Promise<Rates> {
  const { width } = facts;
  const random = seeded(1);
  const matrix = (rows: number, columns: number): Matrix => {
    // A sum of two uniform numbers: a bell is near enough, and quick.
    const data = Float32Array.from({ length: rows * columns }, () => random() + random() - 1);
    return { data, rows, columns };
  };
  const tokens = Math.min(facts.vocab, Math.floor(MAX_E / (4 * width)));
  const e = matrix(tokens, width);
  const all = facts.neurons.reduce((sum, { count }) => sum + count, 0) || tokens;
  const vectors = Math.ceil(Math.min(all, OPERATIONS / (2 * tokens * width), MAX_E / (4 * width)));
  const x = matrix(vectors, width);
  const divisor = new Float64Array(tokens).fill(1);
  const products = 2 * vectors * tokens * width;
  // Of fewer tokens, and of fewer pairs, as large a part is listed.
  const k = Math.ceil((Math.min(settings.top, facts.vocab) * tokens) / facts.vocab);
  const rate = async (operations: number, run: () => Promise<unknown>): Promise<number> => {
    await run(); // threads are started and code is compiled by the first
    throwIfAborted(signal);
    const began = clock();
    await run();
    return (1000 * operations) / (clock() - began);
  };
  const found: Rates = {
    ...RATES,
    means: await rate(products, () => engine.columnMeans(x, e, { signal })),
    rows: await rate(products, () => engine.topRows(x, e, { k, ends: 'both', divisor, signal })),
  };
  const headDim = facts.heads[0]?.headDim;
  if (!headDim) return found;
  const block = { ...e, data: e.data.subarray(0, 4096 * width), rows: Math.min(4096, tokens) };
  const w = matrix(headDim, width);
  return { ...found, factors: await rate(2 * block.rows * width * headDim, () => engine.matmul(block, w, { signal })) };
}
