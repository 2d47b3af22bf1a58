import type { z } from 'zod';
import type { Atlas } from '../atlas/query/atlas.ts';
import type { Model } from '../model/types.ts';
import type { HeadRankings } from '../reading/head-ranking.ts';
import type { ReadOptions } from '../reading/types.ts';
import type { Opened, ServedModel } from './opened.ts';
import type { Given, Shape } from './parameters.ts';
import type { Table } from './table.ts';

/** What a piece of work is given: how to stop and how to say how far it is. */
export interface Run {
  signal: AbortSignal;
  progress: (done: number, what: string) => void;
}

/** What a source is given besides what was asked. */
export interface Around extends Run {
  readonly opened: Opened;
  /** The model that is asked; of several the first. */
  readonly served: ServedModel;
  /** Its atlas, where the lists in it are what a reading with these options gives. */
  readonly listed: Atlas | undefined;
  /** The checkpoint that the parameter `second` names, where the question has one. */
  readonly second: Model | undefined;
}

type Maybe<T> = T | undefined | Promise<T | undefined>;

/**
 * Where a question may be answered from, each source a function that gives undefined where it has no answer. They are
 * tried in this order, for all questions (`answering.ts`).
 */
export interface Sources<A, R> {
  /** Whatever is open: headers, the vocabulary, an atlas's columns. */
  opened?(asked: A, around: Around): Maybe<R>;
  /** Rankings of the heads that were looked at last. */
  kept?(model: Model, asked: A, options: ReadOptions, rankings: HeadRankings): Maybe<R>;
  /** Lists of an atlas, the same to the bit as the live reading's: only such as have all that was asked for. */
  lists?: {
    /** Without a checkpoint only: with it the reading takes no longer and has more. */
    alone?: boolean;
    /** What no list has. */
    unless?(asked: A): boolean;
    read(atlas: Atlas, asked: A, options: ReadOptions): Maybe<R>;
  };
  /** An atlas's own tables. */
  atlas?(atlas: Atlas, asked: A, around: Around): Maybe<R>;
  /** The checkpoint, live. Default: the question's own `call`. */
  weights?(model: Model, asked: A, options: ReadOptions, around: Around): Maybe<R>;
}

/** How the command line asks it of a checkpoint. */
export interface CommandFacts {
  name: string;
  summary: string;
  description?: string;
}

/** A question about a served model. All doors follow from it: route, document, client, command, completion, docs. */
export interface Question<
  N extends string,
  P extends string,
  L extends Shape,
  Q extends Shape,
  R extends z.ZodType,
  C = unknown,
  A = Given<L> & Given<Q>,
  T = z.output<R>,
> {
  /** For programs: `head`, `head_count`. */
  readonly name: N;
  /** What it tells, in a few words. */
  readonly title: string;
  /** `/api/models/{model}/heads/{layer}/{head}`; the names are those of `place`. */
  readonly path: P;
  readonly place: L;
  readonly parameters: Q;
  readonly result: R;
  readonly sources: Sources<A, T>;
  /** Where the last of its sources waits its turn. Default: behind the engine's work where that is the weights. */
  readonly queue?: 'engine' | 'sql' | 'none';
  /**
   * The models whose weights and atlas decide the answer. Default: that of the path, and the one that `second` names.
   */
  models?(asked: A): string[];
  /** The answer may change at any time. */
  readonly changes?: boolean;
  /** The answer as a table, where it is one. */
  table?(result: T, asked: A): Table;
  /**
   * The library call whose result the command prints, where it is asked of a checkpoint without anything kept. A
   * question that has the parameter `second` is asked of two checkpoints; others are never given one.
   */
  call?(model: Model, asked: A, options: ReadOptions, second: Model): Promise<C>;
  readonly command?: CommandFacts;
  /** The command `atlas …` that asks it of an atlas's tables. */
  readonly atlasCommand?: CommandFacts;
}

// biome-ignore lint/suspicious/noExplicitAny: a question of whatever is asked and answered.
export type AnyQuestion = Question<string, string, Shape, Shape, z.ZodType, any, any, any>;

/** The subject a question belongs to: `heads`. */
export const subjectOf = ({ path }: { path: string }): string =>
  /^\/api\/(?:models\/\{model\}\/)?(\w+)/.exec(path)?.[1] ?? 'models';

/** Checks a question's types; it is its own value. */
export function question<
  const N extends string,
  const P extends string,
  L extends Shape,
  Q extends Shape,
  R extends z.ZodType,
  C = unknown,
>(definition: Question<N, P, L, Q, R, C>): Question<N, P, L, Q, R, C> {
  return definition;
}
