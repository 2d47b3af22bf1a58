import type { TensorInfo } from '../../formats/tensor.ts';
import { headModules } from '../../model/architectures/index.ts';
import type { Model } from '../../model/types.ts';
import type { Target } from './change.ts';
import type { ModuleNames } from './module-names.ts';
import type { AdapterModule } from './modules.ts';

/** Parts of an adapter that stand for a whole tensor, or for rows of one, and add nothing to what is there. */
const NOT_ADDED = ['weight', 'bias', 'trainable_tokens_delta'];

/**
 * Modules of a model that have no tensors of their own in its file, since they share another's: a head that is tied to
 * the embeddings, the embeddings of T5's and BART's stacks, the bias of BERT's head.
 */
export class TiedModules {
  readonly #names: ModuleNames;
  readonly #heads: readonly string[];
  /** The embeddings, where the head reads with them; undefined where it has a matrix of its own. */
  readonly #embed: TensorInfo | undefined;
  /** Only the embeddings become others, so that the head stays as it was. */
  readonly #parted: boolean;
  readonly #brings: AdapterModule | undefined;

  constructor(base: Model, names: ModuleNames, modules: readonly AdapterModule[], nameOf: (module: string) => string) {
    this.#names = names;
    this.#heads = headModules(base.modelType);
    const [embed, unembed] = ['embed', 'unembed'].map((name) => base.parameters.get(name)?.tensors);
    const shared = embed?.length === 1 && String(embed) === String(unembed) ? base.tensors.get(embed[0]) : undefined;
    this.#embed = shared;
    this.#brings = modules.find(({ name }) => this.isHead(name));
    this.#parted = modules.some(
      ({ name, tensors, wrapped }) =>
        `${nameOf(name)}.weight` === shared?.name &&
        !wrapped &&
        tensors.get('weight')?.shape[0] === shared.shape[0] &&
        [...tensors.keys()].every((part) => part === 'weight'),
    );
  }

  /** The matrix that embeddings and head share, unless the adapter parts them. */
  get shared(): TensorInfo | undefined {
    return this.#parted || this.bringsHead ? undefined : this.#embed;
  }

  isHead(module: string): boolean {
    return this.#embed !== undefined && this.#heads.some((head) => module === head || module.endsWith(`.${head}`));
  }

  /** A head of the adapter's own, that is tied to nothing. */
  get bringsHead(): boolean {
    const { tensors, wrapped } = this.#brings ?? {};
    return tensors?.has('weight') === true && !wrapped && [...tensors.keys()].every((part) => NOT_ADDED.includes(part));
  }

  /** Where a module's numbers stand that has no tensors in the base; undefined where it is no part of the base. */
  targetOf({ name }: AdapterModule): Target | undefined {
    if (this.isHead(name)) {
      const bias = this.#names.tensor(name.replace(/\.decoder$/, ''), 'bias');
      return { weight: this.bringsHead ? undefined : this.#ofHead(name), bias, conv1d: false };
    }
    const [, prefix] = /^(.*?)(?:encoder|decoder)\.embed_tokens$/.exec(name) ?? [];
    const weight = prefix === undefined ? undefined : this.#names.tensor(`${prefix}shared`, 'weight');
    return weight && { weight, bias: undefined, conv1d: false };
  }

  #ofHead(name: string): TensorInfo {
    return this.#parted ? { ...this.#embed!, name: `${name}.weight` } : this.#embed!;
  }

  /**
   * The head that stays as it was where an adapter brings embeddings of its own and no head: PEFT tunes a copy of the
   * embeddings, of which the head knows nothing.
   */
  get keptHead(): TensorInfo | undefined {
    return this.#parted && !this.#brings ? this.#ofHead(this.#heads[0]) : undefined;
  }
}

/** What a person should know of an adapter that adds to a matrix which embeddings and head share. */
export const tiedNote = (modules: readonly string[]): string =>
  `The base ties its head to its embeddings: what the adapter adds to ${modules.join(' and ')} is in both, as PEFT's merge_and_unload leaves it; run without merging, each has only what was added to itself.`;

/** What a person should know where PEFT was asked to keep both tied (`ensure_weight_tying`). */
export const onceNote = (embeddings: string, head: string): string =>
  `The adapter's matrices on ${head} are those on ${embeddings}, which it is tied to (ensure_weight_tying): they are added once, as the model runs; PEFT 0.21's merge adds them twice.`;

export const KEPT_NOTE =
  'The base ties its head to its embeddings and the adapter brings embeddings alone: the head stays as it was, as PEFT leaves it.';
