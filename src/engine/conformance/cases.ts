import type { ConformanceCase } from './compare.ts';
import { contract } from './contract.ts';
import { extremes } from './extremes.ts';
import { means } from './means.ts';
import { random } from './random.ts';
import { screens } from './screens.ts';
import { selections } from './selections.ts';
import { sizes } from './sizes.ts';

/**
 * One suite for all engines, wherever JavaScript runs: in a test, in a page. Each case is deterministic, and all
 * together take seconds on any engine but the oracle's own speed.
 */
export const conformanceCases: readonly ConformanceCase[] = [
  ...sizes,
  ...means,
  ...extremes,
  ...selections,
  ...screens,
  ...contract,
  ...random,
];
