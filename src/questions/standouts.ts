import type { z } from 'zod';
import type { Statistic, StatisticNames } from './results.ts';

/** What a statistic's answer says at a glance: its values by layer, and which stand out. */

type StatisticAnswer = z.infer<typeof Statistic>;

/** One number per neuron or head of each layer, `layers[layer][index]`; null where it is not defined. */
export type ByLayer = (number | null)[][];

export interface Entry {
  layer: number;
  index: number;
  value: number;
}

/** The statistic to begin with: one that is already computed, `wish` before others. */
export function firstChoice(names: z.infer<typeof StatisticNames>['statistics'], wish: string): string | undefined {
  const stored = names.filter(({ source }) => source === 'atlas');
  const from = stored.length > 0 ? stored : names;
  return (from.find(({ name }) => name === wish) ?? from[0])?.name;
}

/** The parts (key, up, value; vo, qk) that a statistic has numbers of, in their usual order. */
export function partsOf({ part }: Pick<StatisticAnswer, 'part'>): string[] {
  const there = new Set(part);
  return ['vo', 'qk', 'value', 'key', 'up'].filter((name) => there.has(name));
}

/** The values of one part; with experts those of the first. */
export function byLayer({ layer, index, part, value, expert }: StatisticAnswer, wanted: string): ByLayer {
  const layers: ByLayer = [];
  for (let i = 0; i < layer.length; i++) {
    if (part[i] !== wanted || (expert !== undefined && expert[i] !== 0)) continue;
    const row = layers[layer[i]!] ?? [];
    layers[layer[i]!] = row;
    row[index[i]!] = value[i]!;
  }
  return Array.from(layers, (row) => row ?? []);
}

/** All that are defined, in order of layer and index. */
export function entriesOf(layers: ByLayer): Entry[] {
  return layers.flatMap((row, layer) =>
    row.flatMap((value, index) => (value === null || value === undefined ? [] : [{ layer, index, value }])),
  );
}

/** The largest and the smallest, most extreme first; the earlier of equals. */
export function extremes(entries: readonly Entry[], count: number): { highest: Entry[]; lowest: Entry[] } {
  const sorted = entries.toSorted((a, b) => b.value - a.value);
  return { highest: sorted.slice(0, count), lowest: sorted.slice(-count).reverse() };
}
