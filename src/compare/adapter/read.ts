import type { Model } from '../../model/types.ts';
import { type DiffOptions, diffModels, type ModelDiff } from '../diff.ts';
import type { Change } from './change.ts';
import { type Fit, fitOf } from './fit.ts';
import { type MovedTokens, movedTokens } from './moved-tokens.ts';
import type { Adapter } from './open.ts';
import { withAdapter } from './with-adapter.ts';

/** What an adapter does to one tensor, before it is put there. */
export interface AdapterModuleFacts {
  readonly module: string;
  /** The base's tensor. */
  readonly tensor: string;
  /** How: `LoRA`, `DoRA` …, or `whole` where a tensor of the adapter takes its place. */
  readonly kinds: readonly (Change['kind'] | 'whole')[];
  readonly rank?: number;
  readonly alpha?: number;
  /** What the product of its matrices is multiplied by. */
  readonly scale?: number;
  /** The product is 0: one of both matrices is 0 throughout, or the scale is. */
  readonly dead: boolean;
}

/** What a person should know of an adapter before trusting it. */
export interface AdapterReading {
  readonly base: string;
  readonly adapter: string;
  readonly kind: string;
  /** The base that its config names. */
  readonly madeFor?: string;
  /** Every module of its file has a place in the base. */
  readonly fits: boolean;
  readonly problems: Fit['problems'];
  readonly modules: readonly AdapterModuleFacts[];
  readonly notes: readonly string[];
  /** It fits, and no number of the base changes. */
  readonly doesNothing: boolean;
  /** What it does to special and chat-template tokens; undefined where it does not fit, or no tokenizer is there. */
  readonly tokens?: MovedTokens;
  /** What it changes, where it fits: the model with it against the base. */
  readonly changes?: ModelDiff;
}

/**
 * Says of an adapter whether it fits this base, what its matrices are multiplied by, which of them are 0, and what it
 * changes, in numbers beside their nulls and in words. Throws nothing for one that does not fit: that is the answer.
 */
export async function readAdapter(base: Model, adapter: Adapter, options: DiffOptions = {}): Promise<AdapterReading> {
  const fit = fitOf(base, adapter);
  const modules: AdapterModuleFacts[] = [];
  for (const { module, tensor, replacement, changes } of fit.changes) {
    // A head that is parted from its embeddings stays as it was.
    if (!replacement && changes.length === 0) continue;
    const { rank, alpha, scale } = changes.find((change) => change.scale !== undefined) ?? {};
    const kinds = [...(replacement ? (['whole'] as const) : []), ...changes.map(({ kind }) => kind)];
    const dead = changes.length > 0 && !replacement && (await areDead(changes, options.signal));
    modules.push({
      module,
      tensor,
      kinds,
      ...(rank !== undefined && { rank }),
      ...(alpha !== undefined && { alpha }),
      ...(scale !== undefined && { scale }),
      dead,
    });
  }
  const fits = fit.problems.length === 0;
  const tuned = fits ? await withAdapter(base, adapter, options.signal) : undefined;
  const tokens = tuned && (await movedTokens(base, tuned, adapter, options.signal));
  const changes = tuned && (await diffModels(base, tuned, options));
  return {
    base: base.name,
    adapter: adapter.name,
    kind: adapter.config.kind,
    ...(adapter.config.base !== undefined && { madeFor: adapter.config.base }),
    fits,
    problems: fit.problems,
    modules,
    notes: [...fit.notes, ...mixed(modules)],
    doesNothing: changes?.same ?? false,
    ...(tokens && { tokens }),
    ...(changes && { changes }),
  };
}

/** Whether all products that are added are 0. */
async function areDead(changes: readonly Change[], signal?: AbortSignal): Promise<boolean> {
  for (const { lowRank, scale } of changes) {
    if (scale === 0) continue;
    if (!lowRank) return false;
    const { left, right } = await lowRank(signal);
    if (left.some((x) => x !== 0) && right.some((x) => x !== 0)) return false;
  }
  return true;
}

/** What differs between modules, as a person may not expect of one adapter. */
function mixed(modules: readonly AdapterModuleFacts[]): string[] {
  const of = (what: 'rank' | 'scale'): string[] => {
    const found = [...new Set(modules.flatMap((module) => module[what] ?? []))].sort((a, b) => a - b);
    if (found.length < 2) return [];
    return [
      `Its modules have ${found.length} ${what}s: ${found
        .slice(0, 6)
        .map((x) => Number(x.toPrecision(4)))
        .join(', ')}.`,
    ];
  };
  return [...of('rank'), ...of('scale')];
}
