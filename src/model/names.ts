import { readable } from '../formats/read.ts';
import { isStandIn, type TensorInfo } from '../formats/tensor.ts';
import type { Architecture, Candidates, Module, Stack } from './architecture.ts';

/** Old checkpoints write a norm's gain and bias as `gamma` and `beta`; a parameter that is no module has no ending. */
export const WEIGHT = ['.weight', '.gamma', ''];
export const BIAS = ['.bias', '.beta', '_bias'];

/**
 * What torch puts into names where a module is compiled, sharded or checkpointed; never part of a model's own names.
 */
const WRAPPERS = /(^|\.)(?:_orig_mod|_fsdp_wrapped_module|_checkpoint_wrapped_module)(?=\.)/g;
const MAY_BE_WRAPPED = /_orig_mod|_wrapped_module|\.\./;

/** A tensor's name without what torch put into it. */
const ownName = (name: string): string =>
  MAY_BE_WRAPPED.test(name) || name.startsWith('.')
    ? name.replace(WRAPPERS, '$1').replace(/\.\.+/g, '.').replace(/^\./, '')
    : name;

/** Buffers that other code recomputes: rotary frequencies, positions, causal masks. */
const BUFFERS = /(^|[._])(inv_freq|masked_bias|position_ids|token_type_ids|num_batches_tracked|_float_tensor)$/;
/** Parts of a model that see or hear, or that stand between these and the language model. */
const OTHER =
  /vision|visual|image|video|audio|speech|patch|multi_?modal|(^|[._])(mm|projector|connector|perceiver|resampler|qformer|query_tokens|talker|code2wav|token2wav|language_projection)([._]|$)/;

/** Copies of a model that training keeps beside it. */
const COPY = /(^|[._])(ema|momentum|teacher|reference|ref|draft)([._]|$)/;

/** A file's tensors by the model's own names, whatever stands before them, and which of them were asked for. */
export class TensorNames {
  /** What stands before the embedding's name, and so before all of the language model's. */
  readonly prefix: string;
  /** What stands before the names of other models of the same kind, which are not read. */
  readonly others: readonly string[];
  readonly size: number;
  /** A prefix without its last part, and so on: where heads stand. */
  readonly #above: readonly string[];
  readonly #tensors = new Map<string, TensorInfo>();
  readonly #used = new Set<string>();

  constructor(tensors: ReadonlyMap<string, TensorInfo>, architecture: Architecture) {
    // What torch wrapped stands in the plain tensor's place where that is not there; where it is, it goes unread.
    for (const [name, info] of tensors) {
      const own = ownName(name);
      this.#tensors.set(own === name || !(tensors.has(own) || this.#tensors.has(own)) ? own : name, info);
    }
    this.size = tensors.size;
    [this.prefix = '', ...this.others] = findPrefixes([...this.#tensors.keys()], architecture);
    const parts = this.prefix.split('.').slice(0, -1);
    this.#above = parts
      .map((_, i) =>
        parts
          .slice(0, i)
          .map((part) => `${part}.`)
          .join(''),
      )
      .reverse();
  }

  /** A tensor of a layer, by name without prefix. */
  lookup(name: string, endings: readonly string[] = WEIGHT): TensorInfo | undefined {
    return this.#at([this.prefix], name, endings);
  }

  /** A tensor of the whole model: heads stand beside what the prefix names, not below it. */
  lookupAbove(name: string, endings: readonly string[] = WEIGHT): TensorInfo | undefined {
    return this.#at([this.prefix, ...this.#above], name, endings);
  }

  #at(starts: readonly string[], name: string, endings: readonly string[]): TensorInfo | undefined {
    for (const start of starts)
      for (const ending of endings) {
        const tensor = this.#tensors.get(start + name + ending);
        if (!tensor) continue;
        this.#used.add(start + name + ending);
        return readable(tensor);
      }
    return undefined;
  }

  /** Whether any tensor of a layer is there. */
  has(start: string): boolean {
    for (const name of this.#tensors.keys()) if (name.startsWith(this.prefix + start)) return true;
    return false;
  }

  /** The name in the file that is most like one that was looked for, to show people what is there. */
  nearest(name: string): string | undefined {
    let best: string | undefined;
    let most = -1;
    for (const [own, { name: stored }] of this.#tensors) {
      const same = commonEnd(own, name) + commonStart(own, name);
      if (same > most) [most, best] = [same, stored];
    }
    return best;
  }

  /**
   * Tensors that nothing asked for, under the file's names: `all` but recomputed buffers and scales, and of these the
   * `model`'s own, which are no part that sees or hears and are not left `aside` by the family.
   */
  unread(aside: RegExp | undefined): { all: string[]; model: string[] } {
    const all: string[] = [];
    const model: string[] = [];
    const language = /^(?:.*\.)?(?:language_model|text_model|llm)\./.exec(this.prefix)?.[0];
    // With all that stands beside them: their heads.
    const copies = this.others.map((start) => {
      const root = start.slice(0, start.indexOf('.') + 1);
      return this.prefix.startsWith(root) ? start : root;
    });
    for (const [own, info] of this.#tensors) {
      const mask = /\bbias$/.test(own) && info.shape.length === 4;
      if (isStandIn(info)) continue;
      if (this.#used.has(own) || info.partOf !== undefined || BUFFERS.test(own) || mask) continue;
      all.push(info.name);
      const below = own.startsWith(this.prefix) ? own.slice(this.prefix.length) : own;
      // Beside what is called the language model lies what is none, but for a head.
      const beside = language !== undefined && !own.startsWith(language) && !/head/.test(own);
      const another = copies.some((start) => own.startsWith(start));
      if (!beside && !another && !OTHER.test(below) && !aside?.test(below)) model.push(info.name);
    }
    return { all, model };
  }
}

export function modules(candidates: Candidates): readonly Module[] {
  const list = Array.isArray(candidates) ? candidates : [candidates as string | Module];
  return list.map((one) => (typeof one === 'string' ? { name: one } : one));
}

/** What names of a stack's first layer may begin with. */
export const firstLayers = ({ layer }: Stack): string[] => [layer].flat().map((name) => name.replace('{n}', '0'));

/** Letters; longer than what any wrapper writes, so that looking at each part of one takes no time. */
const MAX_PREFIX = 1000;

/**
 * The prefix under which an embedding is found with layers beside it; where several models are in the file, the one
 * that neither sees nor hears, then the one that is no copy, then the shortest, and after it those that could have been
 * meant. Without an embedding: what stands before the first layer.
 */
function findPrefixes(names: readonly string[], architecture: Architecture): string[] {
  const layers = [architecture, architecture.encoder].flatMap((stack) => (stack ? firstLayers(stack) : []));
  const before = (endings: readonly string[]): string[] =>
    endings.flatMap((ending) =>
      names.flatMap((name) => {
        const start = name.slice(0, -ending.length);
        const isPrefix = (start === '' || start.endsWith('.')) && start.length <= MAX_PREFIX;
        return isPrefix && name.endsWith(ending) ? [start] : [];
      }),
    );
  const embeddings = modules(architecture.model.embed).flatMap(({ name }) => WEIGHT.map((ending) => name + ending));
  const rank = (prefix: string): number =>
    (OTHER.test(prefix) ? 1e6 : 0) + (COPY.test(prefix) ? 1e5 : 0) + prefix.length;
  const found = [...new Set(before(embeddings))].sort((a, b) => rank(a) - rank(b));
  const starts = new Set(names.flatMap((name) => layers.flatMap((layer) => placesOf(name, layer))));
  const [whole, ...rest] = found.filter((prefix) => starts.has(prefix));
  if (whole !== undefined)
    return [whole, ...rest.filter((prefix) => !OTHER.test(prefix) && !prefix.startsWith(whole || ' '))];
  return [found[0] ?? [...starts].sort((a, b) => rank(a) - rank(b))[0] ?? ''];
}

/** What stands before `part` in a name. */
function placesOf(name: string, part: string): string[] {
  if (name.startsWith(part)) return [''];
  const at = name.indexOf(`.${part}`);
  return at < 0 || at >= MAX_PREFIX ? [] : [name.slice(0, at + 1)];
}

function commonEnd(a: string, b: string): number {
  let n = 0;
  while (n < a.length && n < b.length && a[a.length - 1 - n] === b[b.length - 1 - n]) n++;
  return n;
}

function commonStart(a: string, b: string): number {
  let n = 0;
  while (n < a.length && n < b.length && a[n] === b[n]) n++;
  return n;
}
