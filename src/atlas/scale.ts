import type { Model } from '../model/types.ts';
import { ARRAY_ROW, type Cost, LIST_ROW, PAIR_ROW, RATES, type Rates, TOKEN_ROW } from './cost.ts';
import { type ModelFacts, modelFacts } from './facts.ts';
import { type AtlasOptions, planWork, settingsOf } from './plan.ts';
import type { AtlasSettings } from './schema.ts';
import { kindOf, unitCost, type Work } from './units/index.ts';

/** A build on so many machines, from headers alone. */
export interface Scale {
  machines: number;
  /** All of it: the rest, added up. */
  seconds: number;
  /** Computing, at most: no worker is idle while a unit waits (Graham 1966: the mean load and the longest unit). */
  computing: number;
  /** Each machine reads E once, and its share of the other tensors. */
  reading: number;
  /** The builder merges the units' lists alone. */
  merging: number;
  /** Bytes of those lists. */
  lists: number;
}

export interface Plan extends Cost {
  units: number;
  /** Bytes of the finished tables. */
  tables: number;
  scales: Scale[];
}

export interface ScaleOptions {
  /** Operations a second of one machine; units are cut by the default ones all the same. */
  rates?: Rates;
  machines?: readonly number[];
  /** Bytes a second that one machine reads of the checkpoint; default 125 MB/s, a network of 1 Gbit/s. */
  bandwidth?: number;
}

export const BANDWIDTH = 125e6;
/** Bytes of lists that one process merges a second (docs/scale.md). */
export const MERGE_RATE = 15e6;
/** A unit's way through queue and store, in seconds (docs/scale.md). */
export const UNIT_OVERHEAD = 0.15;

/**
 * What a build takes on one machine and on several. `operations` … `memory` are of the units, `seconds` of one machine.
 */
export function planScales(facts: ModelFacts, settings: AtlasSettings, options: ScaleOptions = {}): Plan {
  const { rates = RATES, machines = [1, 10, 100], bandwidth = BANDWIDTH } = options;
  const work = planWork(facts, settings);
  const costs = work.map((unit) => unitCost(facts, settings, unit, rates));
  const sum = (of: (cost: Cost) => number): number => costs.reduce((total, cost) => total + of(cost), 0);
  const shares = sum(({ bytesRead }) => bytesRead - facts.embeddingBytes);
  // Normalisers come first: nobody begins with the rest before the last of them is done.
  const stages = [true, false].map((first) =>
    costs.flatMap(({ seconds }, i) => ((work[i].kind === 'normaliser') === first ? [seconds + UNIT_OVERHEAD] : [])),
  );
  const scales = machines.map((n): Scale => {
    const computing = stages.reduce((total, seconds) => total + makespan(seconds, n), 0);
    const reading = (facts.embeddingBytes + shares / n) / bandwidth;
    const lists = listBytes(facts, settings, work, n);
    const merging = lists / MERGE_RATE;
    return { machines: n, seconds: computing + reading + merging, computing, reading, merging, lists };
  });
  return {
    units: work.length,
    operations: sum(({ operations }) => operations),
    bytesRead: facts.embeddingBytes + shares,
    bytesWritten: tableBytes(facts, settings) + scales[0].lists,
    memory: costs.reduce((most, { memory }) => Math.max(most, memory), 0),
    seconds: scales[0].seconds,
    tables: tableBytes(facts, settings),
    scales,
  };
}

/** {@link planScales} of a model, from its headers alone. */
export function atlasPlan(model: Model, options: AtlasOptions = {}, scale: ScaleOptions = {}): Plan {
  const facts = modelFacts(model, options.embedding);
  return planScales(facts, settingsOf(facts, options), scale);
}

const makespan = (seconds: readonly number[], n: number): number =>
  seconds.reduce((sum, s) => sum + s, 0) / n + (1 - 1 / n) * seconds.reduce((most, s) => Math.max(most, s), 0);

const count = (groups: readonly { count: number }[]): number => groups.reduce((sum, group) => sum + group.count, 0);

/** Rows of the finished tables, times what a row takes. */
function tableBytes(facts: ModelFacts, { what, layers, top, pairs, columns }: AtlasSettings): number {
  const neurons = count(facts.neurons.filter(({ layer }) => layers.includes(layer)));
  const heads = headsOf(facts, layers);
  const k = Math.min(top, facts.vocab);
  const vectors = what.includes('neurons') ? facts.parts.length : 0;
  const matrices = what.includes('heads') ? 2 : 0;
  const lists = vectors * neurons * k + (what.includes('directions') ? count(facts.directions) * k : 0);
  const tokens = facts.vocab * (vectors * Math.min(columns, neurons) + matrices * Math.min(columns, heads));
  // Each list at both ends.
  return 2 * (LIST_ROW * lists + TOKEN_ROW * tokens + PAIR_ROW * matrices * heads * pairs);
}

/**
 * Bytes of the lists that units leave for the merge. A unit writes its own best k per token, less those that earlier
 * units of its worker surpass: in random order, of n entries k (1 + ln(n / k)) are among the best k when they come, and
 * where units hold k or more, the i-th writes k / i of them.
 */
function listBytes(facts: ModelFacts, { columns }: AtlasSettings, work: readonly Work[], machines: number): number {
  const groups = new Map<string, { count: number; units: Work[] }>();
  for (const unit of work) {
    const left = kindOf(unit).lists?.(unit);
    if (!left) continue;
    const group = groups.get(left.group) ?? { count: left.count, units: [] };
    group.units.push(unit);
    groups.set(left.group, group);
  }
  let lists = 0;
  for (const { count, units } of groups.values()) {
    const workers = Math.min(machines, units.length);
    const entries = units.reduce((sum, { from, to }) => sum + to - from, 0) / workers;
    const size = (entries * workers) / units.length;
    const times = Math.max(1, entries / Math.max(size, columns));
    const kept = Math.min(entries, columns * (1 + Math.log(times)));
    lists += count * workers * kept;
  }
  return 2 * facts.vocab * ARRAY_ROW * lists;
}

const headsOf = (facts: ModelFacts, layers: readonly number[]): number =>
  facts.heads.filter(({ layer }) => layers.includes(layer)).reduce((sum, { heads }) => sum + heads, 0);
