import { WeightscopeError } from '../errors.ts';
import type { VectorKind } from '../reading/parameters.ts';
import type { EmbeddingChoice } from '../reading/types.ts';
import { RATES, type Rates, unitCost } from './cost.ts';
import type { ModelFacts } from './facts.ts';
import { canonical, sha256 } from './hash.ts';
import { ATLAS_PARTS, type AtlasPart, type AtlasSettings, DEFAULT_PARTS, SCHEMA_VERSION } from './schema.ts';
import type { Work } from './work.ts';

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

/** Raise it when units are cut differently or hold something else: parts of an older plan are then made again. */
const PLAN_VERSION = 2;

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
  const secondsOf = (work: Work): number => unitCost(facts, settings, work, rates).seconds;
  return [
    // Means are taken over all layers, whatever layers the atlas lists.
    ...normaliserKinds(facts, settings).flatMap((name) =>
      cut(rangesOf(facts.vectors[name] ?? []), (from, to) => secondsOf({ kind: 'normaliser', name, from, to })).map(
        ([from, to]): Work => ({ kind: 'normaliser', name, from, to }),
      ),
    ),
    ...(settings.what.includes('neurons') ? facts.parts : []).flatMap((part) =>
      cut(chosenNeurons(facts, settings), (from, to) => secondsOf({ kind: 'neurons', part, from, to })).map(
        ([from, to]): Work => ({ kind: 'neurons', part, from, to }),
      ),
    ),
    // Statistics of heads that need their factors are made with them.
    ...(settings.what.includes('heads') || settings.what.includes('statistics') ? facts.heads : [])
      .filter(({ layer }) => settings.layers.includes(layer))
      .flatMap(({ layer, heads, kvHeads }) =>
        cut(groups(heads, kvHeads), (from, to) => secondsOf({ kind: 'heads', layer, from, to })).map(
          ([from, to]): Work => ({ kind: 'heads', layer, from, to }),
        ),
      ),
    ...(settings.what.includes('directions')
      ? cut(rangesOf(facts.directions), (from, to) => secondsOf({ kind: 'directions', from, to })).map(
          ([from, to]): Work => ({ kind: 'directions', from, to }),
        )
      : []),
    ...(settings.what.includes('statistics') ? (['statistics', 'compositions'] as const) : []).flatMap((kind) =>
      cut(
        settings.layers.map((layer): Range => [layer, layer + 1]),
        (from, to) => secondsOf({ kind, from, to }),
      ).map(([from, to]): Work => ({ kind, from, to })),
    ),
  ];
}

/** Kinds of normalisers the readings of this atlas divide by. */
export function normaliserKinds(facts: ModelFacts, { normalize, what }: AtlasSettings): VectorKind[] {
  if (normalize !== 'freq') return [];
  return (Object.keys(facts.vectors) as VectorKind[]).filter((kind) =>
    what.includes(kind.startsWith('ff') ? 'neurons' : 'heads'),
  );
}

type Range = readonly [from: number, to: number];

/** Heads that share a key-value head, and with it two of their four factors, stay together. */
const groups = (heads: number, kvHeads: number): Range[] =>
  Array.from({ length: kvHeads }, (_, i) => [Math.ceil((i * heads) / kvHeads), Math.ceil(((i + 1) * heads) / kvHeads)]);

/** Ranges that lie one behind the other. */
function rangesOf(groups: readonly { count: number }[]): Range[] {
  let to = 0;
  return groups.map(({ count }) => {
    const from = to;
    to += count;
    return [from, to];
  });
}

function chosenNeurons(facts: ModelFacts, { layers }: AtlasSettings): Range[] {
  return rangesOf(facts.neurons).filter((_, i) => layers.includes(facts.neurons[i].layer));
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
