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
import { type Reordered, reorderedNeurons } from './reordered.ts';
import { NEARLY } from './rounding.ts';
import { sharedTokens } from './shared-tokens.ts';
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
  /** Feed-forward layers whose neurons are the same in another order. */
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
  /** `nearly`: by less than storing the numbers in BF16 would change them. */
  readonly verdict: 'same' | 'rounding' | 'nearly' | 'changed';
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
  const parameters = await changesOf(a, b, {
    signal,
    progress: options.progress && ((done, what) => options.progress!(done * 0.6, what)),
  });
  const differ = parameters.some(({ verdict }) => verdict !== 'same');
  const unread = await unreadInWords(a, b, signal);
  const said = unread === undefined ? [] : [unread];
  const same = !differ && headers.same && unread === undefined;
  const plain = { a: a.name, b: b.name, same, overall: overallOf(parameters), normalize, headers, parameters };
  const nothing = { reordered: [], sides: [], directions: [], neurons: [], heads: [], rows: [], notes: said };
  const byText = tablesByText(a, b, headers);
  if ((!differ && byText.length === 0) || a.dimensions.hidden !== b.dimensions.hidden) return { ...plain, ...nothing };
  const change = difference(a, b);
  const engine = options.engine ?? (await defaultEngine());
  const reading = { ...options, engine, normalize, progress: undefined };
  const reordered = await reorderedNeurons(a, b, parameters, signal);
  const moved = new Set(reordered.flatMap(({ parameters: names }) => names));
  const own = parameters.filter(({ name, verdict }) => verdict === 'changed' && !moved.has(name));
  const readable = own.filter(({ notFinite }) => notFinite === 0);
  const { k = 5, neurons = 6, heads = 3 } = options;
  const words = await damage({ a, b }, own, options);
  return {
    ...plain,
    reordered,
    sides: neurons + heads === 0 ? [] : await sideChanges(change, readable, { ...reading, k }),
    directions: await directionChanges({ change, a, b }, readable, heads, { ...reading, k }),
    neurons: await neuronChanges(change, readable, neurons, { ...reading, k }),
    heads: await headChanges(change, readable, heads, { ...reading, k }),
    rows: await rowChanges({ change, a }, own, byText, signal),
    ...(words && { words }),
    notes: [...said, ...inOtherRows(byText, headers), ...change.notes],
  };
}

/** The tables whose rows of one number are other tokens' in both, or that have another number of rows. */
function tablesByText(a: Model, b: Model, { tokens, reshaped }: HeaderDiff): string[] {
  const named = (name: string): boolean => name === 'embed' || name === 'unembed';
  const other = reshaped.map(({ name }) => name).filter(named);
  if (tokens.length === 0 || !a.vocabulary || !b.vocabulary) return other;
  try {
    const shared = sharedTokens(a, b);
    return shared.a.every((id, i) => id === shared.b[i]) ? other : ['embed', 'unembed'];
  } catch (error) {
    if (error instanceof WeightscopeError) return other;
    throw error;
  }
}

/** The sizes of tables are of rows in place, which is no token's change where tokens stand in other rows. */
function inOtherRows(byText: readonly string[], { reshaped }: HeaderDiff): string[] {
  const inPlace = byText.filter((table) => !reshaped.some(({ name }) => name === table));
  return inPlace.length === 0
    ? []
    : [
        `Some tokens stand in other rows: sizes of ${inPlace.join(' and ')} are of rows of one number; how far tokens' own rows moved is matched by text.`,
      ];
}

/** Of a quantised copy, whose neurons keep their places: what became of their words. */
function damage(models: { a: Model; b: Model }, own: readonly ParameterChange[], options: DiffOptions) {
  const { a, b } = models;
  const blocks = own.some(({ kind, rounding }) => /^ff\./.test(kind) && rounding === undefined);
  const most = options.words ?? (blocks ? 32 : 0);
  if (most === 0 || a.dimensions.vocab !== b.dimensions.vocab) return undefined;
  const progress = options.progress && ((done: number, what: string) => options.progress!(0.6 + done * 0.4, what));
  return wordHistory([a, b], { ...options, k: 10, neurons: most, progress });
}

/** All parameters of a comparison as one. */
export function overallOf(parameters: readonly ParameterChange[]): Overall {
  const total = (of: 'size' | 'change'): number => Math.hypot(...parameters.map((one) => one[of]));
  const [size, change] = [total('size'), total('change')];
  const relative = change === 0 ? 0 : change / size;
  const has = (verdict: ParameterChange['verdict']): boolean => parameters.some((one) => one.verdict === verdict);
  if (!has('changed')) return { relative, verdict: has('rounding') ? 'rounding' : 'same' };
  const broken = parameters.some((one) => one.verdict === 'changed' && one.notFinite > 0);
  return { relative, verdict: relative < NEARLY && !broken ? 'nearly' : 'changed' };
}
