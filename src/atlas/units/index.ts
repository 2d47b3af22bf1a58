import type { Cost, Rates } from '../cost.ts';
import type { ModelFacts } from '../facts.ts';
import type { AtlasSettings } from '../schema.ts';
import { compositionsOfHeads } from './compositions.ts';
import { directions } from './directions.ts';
import { heads } from './heads.ts';
import type { UnitKind } from './kind.ts';
import { neurons } from './neurons.ts';
import { normalisers } from './normalisers.ts';
import { statistics } from './statistics.ts';

/** All kinds of units in the order in which an atlas is planned. */
const KINDS = [normalisers, neurons, heads, directions, statistics, compositionsOfHeads] as const;

type WorkOf<K> = K extends UnitKind<infer W> ? W : never;

/** One piece of work of any kind. */
export type Work = WorkOf<(typeof KINDS)[number]>;

export const UNIT_KINDS: readonly UnitKind<Work>[] = KINDS as never;

/** What is known of this work's kind. */
export const kindOf = (work: Work): UnitKind<Work> => UNIT_KINDS.find(({ kind }) => kind === work.kind)!;

/** What a unit takes, from headers alone. */
export const unitCost = (facts: ModelFacts, settings: AtlasSettings, work: Work, rates: Rates): Cost =>
  kindOf(work).cost(facts, settings, work, rates);

/** For people: `heads, layer 3`. */
export const titleOf = (work: Work): string => kindOf(work).title?.(work) ?? work.kind;
