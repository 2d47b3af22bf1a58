import { defaultEngine } from '../engine/select.ts';
import { WeightscopeError } from '../errors.ts';
import type { Model } from '../model/types.ts';
import type { Normalize, ReadOptions } from '../reading/types.ts';
import {
  type DirectionChange,
  directionChanges,
  type HeadChange,
  headChanges,
  type NeuronChange,
  neuronChanges,
  type RowChange,
  rowChanges,
} from './changed-words.ts';

import { changesOf, type ParameterChange } from './changes.ts';
import { difference } from './difference.ts';
import { type HeaderDiff, headersOf } from './headers.ts';
import { matchedTables } from './matched-tables.ts';
import { type Reordered, reorderedUnits } from './reordered.ts';
import { NEARLY } from './rounding.ts';
import { type SharedTokens, sharedTokens } from './shared-tokens.ts';
import { type SideChange, sideChanges } from './sides.ts';
import { unreadInWords } from './unread.ts';
import { type WordHistory, wordHistory } from './word-history.ts';

export interface DiffOptions extends ReadOptions {
  /** How many tokens or pairs of each list; default 5. */
  k?: number;
  /** How many neurons, and how many heads and directions; default 6 and 3. */
  neurons?: number;
  heads?: number;
  /**
   * Look for intruder dimensions; default: where vectors have at most 640 numbers, since it takes time as their cube.
   */
  intruders?: boolean;
  /**
   * Neurons of each layer and part whose first ten words are compared, evenly spaced; 0: none. Default 32 where numbers
   * are stored in a type of blocks in one of both, else none.
   */
  words?: number;
}

/** What differs between two models, B's minus A's, in numbers and in words. */
export interface ModelDiff {
  readonly a: string;
  readonly b: string;
  /** Nothing differs: neither in the headers nor in any number. */
  readonly same: boolean;
  /** All parameters together: how far B's numbers are from A's, relative, and what is to be said of it. */
  readonly overall: Overall;
  readonly normalize: Normalize;
  readonly headers: HeaderDiff;
  readonly parameters: readonly ParameterChange[];
  /** Layers whose neurons or heads are the same in another order. */
  readonly reordered: readonly Reordered[];
  /** Everything that changed where the model writes, and where it reads, as the words of one direction. */
  readonly sides: readonly SideChange[];
  readonly directions: readonly DirectionChange[];
  readonly neurons: readonly NeuronChange[];
  readonly heads: readonly HeadChange[];
  /** The tokens whose own rows moved most. */
  readonly rows: readonly RowChange[];
  /** What became of neurons' first words: of a copy in a type of blocks, or where that was asked for. */
  readonly words?: WordHistory;
  readonly notes: readonly string[];
}

export interface Overall {
  readonly relative: number;
  /**
   * `reordered`: nothing but neurons and heads in another order. `nearly`: by less than storing the numbers in BF16
   * would change them. Neither looks at what is the same but for its order.
   */
  readonly verdict: 'same' | 'reordered' | 'rounding' | 'nearly' | 'changed';
}

/**
 * Compares two models: headers first, then every number, streamed, then what changed most as words and pairs. A change
 * is shown beside two nulls, rounding to the coarser type of the two and a random matrix. Models that have nothing to
 * compare (other widths) are compared by their headers alone. Words are A's, by cosine unless `normalize` says
 * otherwise.
 */
export async function diffModels(a: Model, b: Model, options: DiffOptions = {}): Promise<ModelDiff> {
  const { normalize = 'cosine', signal } = options;
  const headers = headersOf(a, b);
  const moved = movedTokens(a, b, headers);
  const tables = moved ? matchedTables(a, b, moved) : { a, b };
  const measured = await changesOf(tables.a, tables.b, {
    signal,
    progress: options.progress && ((done, what) => options.progress!(done * 0.6, what)),
  });
  const reordered = await reorderedUnits(a, b, measured, signal);
  const elsewhere = new Set(reordered.flatMap(({ parameters: names }) => names));
  const parameters = measured.map(
    (one): ParameterChange =>
      one.verdict === 'changed' && elsewhere.has(one.name) ? { ...one, verdict: 'reordered' } : one,
  );
  const differ = parameters.some(({ verdict }) => verdict !== 'same');
  const unread = await unreadInWords(a, b, signal);
  const said = [...(unread === undefined ? [] : [unread]), ...(moved ? [TOKENS_MOVED] : [])];
  const same = !differ && headers.same && unread === undefined;
  const plain = {
    a: a.name,
    b: b.name,
    same,
    overall: overallOf(parameters),
    normalize,
    headers,
    parameters,
    reordered,
  };
  const nothing = { sides: [], directions: [], neurons: [], heads: [], rows: [], notes: said };
  const byText = headers.reshaped.map(({ name }) => name).filter((name) => name === 'embed' || name === 'unembed');
  if ((!differ && byText.length === 0) || a.dimensions.hidden !== b.dimensions.hidden) return { ...plain, ...nothing };
  const change = difference(a, b);
  const engine = options.engine ?? (await defaultEngine());
  const reading = { ...options, engine, normalize, progress: undefined };
  const own = parameters.filter(({ verdict }) => verdict === 'changed');
  const readable = own.filter(({ notFinite }) => notFinite === 0);
  const { k = 5, neurons = 6, heads = 3 } = options;
  const words = await damage({ a, b }, own, options);
  return {
    ...plain,
    sides: neurons + heads === 0 ? [] : await sideChanges(change, readable, { ...reading, k }),
    directions: await directionChanges({ change, a, b }, readable, heads, { ...reading, k }),
    neurons: await neuronChanges(change, readable, neurons, { ...reading, k }),
    heads: await headChanges(change, readable, heads, { ...reading, k }),
    rows: await rowChanges({ change, a }, own, byText, signal),
    ...(words && { words }),
    notes: [...said, ...change.notes],
  };
}

/** The tokens of both, where some of them stand in other rows in B. */
function movedTokens(a: Model, b: Model, { tokens }: HeaderDiff): SharedTokens | undefined {
  if (tokens.length === 0 || !a.vocabulary || !b.vocabulary) return undefined;
  try {
    const shared = sharedTokens(a, b);
    return shared.a.every((id, i) => id === shared.b[i]) ? undefined : shared;
  } catch (error) {
    if (error instanceof WeightscopeError) return undefined;
    throw error;
  }
}

const TOKENS_MOVED =
  'Some tokens stand in other rows: rows of embed and unembed are compared by their tokens’ text, and those that are no token of both are left out.';

/** Of a quantised copy, whose neurons keep their places: what became of their words. */
function damage(models: { a: Model; b: Model }, own: readonly ParameterChange[], options: DiffOptions) {
  const { a, b } = models;
  const blocks = own.some(({ kind, rounding }) => /^ff\./.test(kind) && rounding === undefined);
  const most = options.words ?? (blocks ? 32 : 0);
  if (most === 0 || a.dimensions.vocab !== b.dimensions.vocab) return undefined;
  const progress = options.progress && ((done: number, what: string) => options.progress!(0.6 + done * 0.4, what));
  return wordHistory([a, b], { ...options, k: 10, neurons: most, progress });
}

/** All parameters of a comparison as one; what is the same but for its order has not changed. */
export function overallOf(parameters: readonly ParameterChange[]): Overall {
  const size = Math.hypot(...parameters.map((one) => one.size));
  const change = Math.hypot(...parameters.map((one) => (one.verdict === 'reordered' ? 0 : one.change)));
  const relative = change === 0 ? 0 : change / size;
  const has = (verdict: ParameterChange['verdict']): boolean => parameters.some((one) => one.verdict === verdict);
  if (!has('changed')) return { relative, verdict: (['rounding', 'reordered'] as const).find(has) ?? 'same' };
  const broken = parameters.some((one) => one.verdict === 'changed' && one.notFinite > 0);
  return { relative, verdict: relative < NEARLY && !broken ? 'nearly' : 'changed' };
}
