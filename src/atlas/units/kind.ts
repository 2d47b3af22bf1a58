import type { RunOptions } from '../../engine/engine.ts';
import type { Cost, Rates } from '../cost.ts';
import type { ModelFacts } from '../facts.ts';
import type { AtlasSettings } from '../schema.ts';
import type { UnitContext, UnitResult } from './context.ts';
import type { Range } from './ranges.ts';

/** One piece of work, plain data. Its range counts in model order (see `facts.ts`). */
export interface UnitWork {
  readonly kind: string;
  from: number;
  to: number;
}

/**
 * Work of one sort, before it is cut into units of some seconds: ranges that may be joined where one ends as the next
 * begins.
 */
export interface Planned<W extends UnitWork> {
  of: Omit<W, 'from' | 'to'>;
  ranges: readonly Range[];
}

/**
 * A kind of unit, all that is known of it: what of it an atlas needs, what it takes, what it is called and how it is
 * computed.
 */
export interface UnitKind<W extends UnitWork> {
  readonly kind: W['kind'];
  plan(facts: ModelFacts, settings: AtlasSettings): Planned<W>[];
  /** What it takes, from headers alone. */
  cost(facts: ModelFacts, settings: AtlasSettings, work: W, rates: Rates): Cost;
  compute(work: W, context: UnitContext, run: RunOptions): Promise<UnitResult>;
  /** For people: `heads, layer 3`. Default: the kind. */
  title?(work: W): string;
  /** How its files' names begin: `layer-0003`. Default: the kind. */
  file?(work: W): string;
  /** The lists of tokens' best that it leaves to be merged with others: of which group, and how many of them. */
  lists?(work: W): { group: string; count: number };
}
