import type { Atlas } from '../atlas/query/atlas.ts';
import type { Engine } from '../engine/engine.ts';
import { WeightscopeError } from '../errors.ts';
import type { Model } from '../model/types.ts';
import { filterNames } from '../reading/applied.ts';
import { FactorCache, type FactorStore } from '../reading/factor-cache.ts';
import { HeadRankings } from '../reading/head-ranking.ts';
import type { ReadOptions } from '../reading/types.ts';

/** One of the models a server answers for. Its atlas may come while the server runs. */
export interface ServedModel {
  /** In URLs: letters, digits, `.`, `_`, `-`. */
  readonly id: string;
  readonly name: string;
  /** Undefined where only an atlas is at hand. */
  readonly model: Model | undefined;
  atlas?: Atlas;
  /** An atlas on its way. */
  building?: { done: number; what: string };
  /** Why there is no atlas though one was on its way. */
  problem?: string;
}

/** A model that a person names while a server runs. */
export interface Opening {
  /** `sample`, a path, a URL, a hub id, or a folder made by `atlas build`. */
  readonly place: string;
  /** It is an adapter; a folder of this machine that looks like one is taken for one in any case. */
  readonly adapter?: boolean | undefined;
  /** The id of the opened model whose weights an adapter is put into. */
  readonly base?: string | undefined;
}

/** Models that are open at once, at most. */
const MOST_OPENED = 16;

/** Throws `TOO_BUSY` where no further model is opened. */
export function tooManyOpened(models: readonly ServedModel[]): void {
  if (models.length < MOST_OPENED) return;
  throw new WeightscopeError(
    'TOO_BUSY',
    `Expected at most ${MOST_OPENED} opened models, and so many are open; start \`explore\` anew with those you need.`,
  );
}

/** Everything a server answers from. */
export interface Served {
  readonly version: string;
  readonly models: readonly ServedModel[];
  /** Default: the best engine here. */
  readonly engine?: Engine;
  /** Where factors of heads are kept between visits. */
  readonly factors?: FactorStore;
  /** Opens one more of `models`, where that is allowed; the same place again is the one that is open. */
  readonly open?: (asked: Opening, run: Pick<ReadOptions, 'signal' | 'progress'>) => Promise<ServedModel>;
}

/** What decides whether an atlas has the answer. */
export type AskedOptions = Pick<
  ReadOptions,
  'normalize' | 'foldNorm' | 'compareFold' | 'embedding' | 'labels' | 'filters'
>;

/** What questions are answered from: opened models, and what is kept between answers. */
export class Opened {
  readonly served: Served;
  readonly rankings = new HeadRankings();
  readonly factorCache: FactorCache;

  constructor(served: Served) {
    this.served = served;
    this.factorCache = new FactorCache(undefined, served.factors);
  }

  /** The opened model of this id; `MODEL_UNKNOWN` with the ids there are. */
  model(id: string): ServedModel {
    const found = this.served.models.find((model) => model.id === id);
    if (found) return found;
    const known = this.served.models.map((model) => model.id).join(', ');
    throw new WeightscopeError(
      'MODEL_UNKNOWN',
      known
        ? `Expected an opened model, one of ${known}, got ${JSON.stringify(id)}.`
        : `Expected an opened model, got ${JSON.stringify(id)}, and none is open; open it first.`,
    );
  }

  /** Its checkpoint; `MODEL_UNAVAILABLE` where only the atlas is open, saying what that could answer. */
  live(id: string): Model {
    const { model, name, atlas } = this.model(id);
    if (model) return model;
    const { normalize, foldNorm, embedding, top, pairs } = atlas!.manifest.settings;
    throw new WeightscopeError(
      'MODEL_UNAVAILABLE',
      `Expected the checkpoint of ${name} for this question, but only its atlas is open, whose lists are made with normalize=${normalize}, foldNorm=${foldNorm}, embedding=${embedding}, and have ${top} tokens and ${pairs} pairs; give \`explore\` the model as well.`,
    );
  }

  /**
   * Its atlas, where the lists in it are what a reading with these options gives: the same to the bit, and there at
   * once. Without a checkpoint, what is not said is as the atlas has it.
   */
  matching(id: string, asked: AskedOptions): Atlas | undefined {
    const { atlas, model } = this.model(id);
    if (!atlas) return undefined;
    const { settings } = atlas.manifest;
    const { normalize = model ? 'freq' : settings.normalize } = asked;
    const { foldNorm = model ? false : settings.foldNorm } = asked;
    const { embedding = model ? 'unembed' : settings.embedding } = asked;
    const same = normalize === settings.normalize && foldNorm === settings.foldNorm && embedding === settings.embedding;
    // An atlas has one folding, and nothing to compare it with.
    const plain =
      !asked.compareFold && (asked.labels ?? 'pretty') === 'pretty' && filterNames(asked.filters).length === 0;
    return same && plain ? atlas : undefined;
  }

  /** Its atlas; `ATLAS_MISSING` where there is none (yet). */
  atlas(id: string): Atlas {
    const { atlas, building, name } = this.model(id);
    if (atlas) return atlas;
    const why = building ? `is still being built (${Math.floor(building.done * 100)} %)` : 'is not open';
    throw new WeightscopeError(
      'ATLAS_MISSING',
      `Expected an atlas of ${name}, but it ${why}: make one with \`weightscope atlas build\` and give its folder to \`explore\`.`,
    );
  }
}
