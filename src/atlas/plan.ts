import { WeightscopeError } from '../errors.ts';
import type { EmbeddingChoice } from '../reading/types.ts';
import { RATES, type Rates } from './cost.ts';
import type { ModelFacts } from './facts.ts';
import { canonical, sha256 } from './hash.ts';
import {
  ATLAS_PARTS,
  type AtlasPart,
  type AtlasSettings,
  DEFAULT_PARTS,
  PLAN_VERSION,
  SCHEMA_VERSION,
} from './schema.ts';
import { UNIT_KINDS, type Work } from './units/index.ts';
import type { Range } from './units/ranges.ts';

/** Work with its id: the hash of checkpoint, work, settings and versions. The same id gives the same rows. */
export type Unit = Work & { id: string };

export interface AtlasOptions {
  /** Tokens listed per vector and sign; default 100. */
  top?: number;
  /** Pairs listed per head, matrix and sign; default 1000. */
  pairs?: number;
  /** Neurons and heads listed per token and sign; default 50. */
  columns?: number;
  /** Default: all. */
  layers?: readonly number[];
  /** Default: neurons, heads and directions. */
  what?: readonly AtlasPart[];
  normalize?: 'freq' | 'none';
  foldNorm?: boolean;
  embedding?: EmbeddingChoice;
}

/** Work of one unit, in seconds by the cost model: what a kill loses at most, and what a queue hands out. */
export const UNIT_SECONDS = 8;

/** Checks the options against the model and fills in the defaults. */
export function settingsOf(facts: ModelFacts, options: AtlasOptions = {}): AtlasSettings {
  const { top = 100, pairs = 1000, columns = 50, normalize = 'freq' } = options;
  for (const [name, value] of Object.entries({ top, pairs, columns })) {
    if (!Number.isInteger(value) || value < 1 || value > 1_000_000)
      throw new WeightscopeError('ARGUMENT_INVALID', `Expected \`${name}\` to be 1..1000000, got ${value}.`);
  }
  const known = [...new Set([...facts.neurons, ...facts.heads].map(({ layer }) => layer))].sort((a, b) => a - b);
  const layers = [...new Set(options.layers ?? known)].sort((a, b) => a - b);
  for (const layer of layers) {
    if (!known.includes(layer))
      throw new WeightscopeError(
        'OUT_OF_RANGE',
        `Expected \`layers\` to be of ${known[0]}..${known.at(-1)}, got ${layer}.`,
      );
  }
  const what = options.what ?? DEFAULT_PARTS;
  for (const part of what) {
    if (!ATLAS_PARTS.includes(part))
      throw new WeightscopeError('ARGUMENT_INVALID', `Expected one of ${ATLAS_PARTS.join(', ')}, got "${part}".`);
  }
  // A score by cosine is divided by the vector's own length too, and an engine divides by columns only.
  if (normalize !== 'freq' && normalize !== 'none')
    throw new WeightscopeError(
      'ARGUMENT_INVALID',
      `Expected an atlas's normaliser to be freq or none, got "${normalize}".`,
    );
  const embedding = options.embedding ?? 'unembed';
  if (embedding === 'own') checkOwn(facts);
  return {
    top,
    pairs,
    columns,
    layers,
    what: ATLAS_PARTS.filter((part) => what.includes(part)),
    normalize,
    foldNorm: options.foldNorm ?? false,
    embedding,
  };
}

/** What an atlas cannot hold where each side stands against its own embedding. */
function checkOwn({ rows }: ModelFacts): void {
  if (rows.embed !== rows.unembed)
    throw new WeightscopeError(
      'ARGUMENT_INVALID',
      `Expected as many rows in embed as in unembed for an atlas with \`embedding\` own, found ${rows.embed} and ${rows.unembed}.`,
    );
}

/**
 * All units of an atlas, normalisers first: the others need them. Each is a few seconds of work by the cost model, or
 * one row where a row takes longer. The same input gives the same units, in the same order.
 */
export async function planUnits(
  facts: ModelFacts,
  checkpoint: string,
  settings: AtlasSettings,
  rates: Rates = RATES,
): Promise<Unit[]> {
  return Promise.all(
    planWork(facts, settings, rates).map(async (work) => ({ ...work, id: await unitId(checkpoint, work, settings) })),
  );
}

/** The id of a piece of work: another checkpoint, setting or version gives another. */
export async function unitId(checkpoint: string, work: Work, settings: AtlasSettings): Promise<string> {
  return (await sha256(canonical([checkpoint, work, settings, SCHEMA_VERSION, PLAN_VERSION]))).slice(0, 32);
}

/** The work without its ids: what `atlas plan` adds up. */
export function planWork(facts: ModelFacts, settings: AtlasSettings, rates: Rates = RATES): Work[] {
  return UNIT_KINDS.flatMap((kind) =>
    kind.plan(facts, settings).flatMap(({ of, ranges }) => {
      const work = (from: number, to: number) => ({ ...of, from, to }) as Work;
      return cut(ranges, (from, to) => kind.cost(facts, settings, work(from, to), rates).seconds).map(([from, to]) =>
        work(from, to),
      );
    }),
  );
}

/** Joins neighbouring ranges while they fit in a unit, and cuts those that do not into equal pieces. */
function cut(ranges: readonly Range[], secondsOf: (from: number, to: number) => number): Range[] {
  const units: Range[] = [];
  for (const [from, to] of ranges) {
    const last = units.at(-1);
    if (last?.[1] === from && secondsOf(last[0], to) <= UNIT_SECONDS) {
      units[units.length - 1] = [last[0], to];
      continue;
    }
    const pieces = Math.min(to - from, Math.max(1, Math.ceil(secondsOf(from, to) / UNIT_SECONDS)));
    for (let i = 0; i < pieces; i++) {
      const at = (piece: number): number => from + Math.round(((to - from) * piece) / pieces);
      units.push([at(i), at(i + 1)]);
    }
  }
  return units;
}
