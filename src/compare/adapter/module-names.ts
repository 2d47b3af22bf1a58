import { isStandIn, type TensorInfo } from '../../formats/tensor.ts';

/** A base's tensors by their modules. */
export class ModuleNames {
  readonly #tensors = new Map<string, Map<string, TensorInfo>>();
  #byEnd: Map<string, string> | undefined;

  constructor(tensors: ReadonlyMap<string, TensorInfo>) {
    for (const [name, info] of tensors) {
      const [, module, end] = /^(.+)\.(weight|bias)$/.exec(name) ?? [];
      if (module === undefined || isStandIn(info) || info.partOf !== undefined) continue;
      const own = this.#tensors.get(module) ?? new Map<string, TensorInfo>();
      own.set(end, info);
      this.#tensors.set(module, own);
    }
  }

  has(module: string): boolean {
    return this.#tensors.has(module);
  }

  tensor(module: string, end: 'weight' | 'bias'): TensorInfo | undefined {
    return this.#tensors.get(module)?.get(end);
  }

  names(): Iterable<string> {
    return this.#tensors.keys();
  }

  /** The first module that ends as this one does; undefined where none does. */
  nearest(module: string): string | undefined {
    if (!this.#byEnd) {
      this.#byEnd = new Map();
      for (const name of this.#tensors.keys())
        for (const end of [endOf(name, 1), endOf(name, 2)]) if (!this.#byEnd.has(end)) this.#byEnd.set(end, name);
    }
    // A number alone is no likeness.
    const last = endOf(module, 1);
    return this.#byEnd.get(endOf(module, 2)) ?? (/^\d+$/.test(last) ? undefined : this.#byEnd.get(last));
  }
}

const MAX_STRIPPED = 3;
/** No model has more; each is tried with every module of an adapter. */
const MAX_BEGINNINGS = 100;
/** A model that hears, sees and reads has three parts, each of which may have moved. */
const MAX_PARTS = 4;

/**
 * How an adapter's names become a base's: as they stand, or one beginning taken away and another put there, the same
 * for all modules of a part; the one by which most modules are found, of several the one that changes least. Parts of a
 * model that also sees may have moved differently, so what is left over is looked for again, where nothing else went.
 */
export function renamingOf(names: ModuleNames, modules: readonly string[]): ReadonlyMap<string, string> {
  const beginnings = beginningsOf(names);
  const rests = restsOf(names, beginnings);
  const found = new Map<string, string>();
  const taken = new Set<string>();
  for (let part = 0; part < MAX_PARTS; part++) {
    // By what is taken away, then by what is put there; each step is one look at every module that is left.
    const pairs = Array.from({ length: (MAX_STRIPPED + 1) * beginnings.length }, (): [string, string][] => []);
    for (const module of modules) {
      if (found.has(module)) continue;
      const stack = stackOf(module);
      for (let strip = 0, at = 0; strip <= MAX_STRIPPED; strip++, at = module.indexOf('.', at) + 1) {
        if (strip > 0 && at === 0) break;
        const rest = module.slice(at);
        for (const b of rests.get(rest) ?? []) {
          const own = beginnings[b] + rest;
          if (!taken.has(own) && stack === stackOf(own)) pairs[strip * beginnings.length + b].push([module, own]);
        }
      }
    }
    const best = pairs.reduce((a, b) => (b.length > a.length ? b : a));
    for (const [module, own] of best) {
      found.set(module, own);
      taken.add(own);
    }
    if (best.length === 0) break;
  }
  return found;
}

/** Of each module of a base what is left of its name behind a beginning, and behind which of them, by number. */
function restsOf(names: ModuleNames, beginnings: readonly string[]): ReadonlyMap<string, number[]> {
  const numbers = new Map(beginnings.map((beginning, i) => [beginning, i]));
  const rests = new Map<string, number[]>();
  for (const name of names.names())
    for (let dots = 0, at = 0; dots <= MAX_STRIPPED; dots++, at = name.indexOf('.', at) + 1) {
      if (dots > 0 && at === 0) break;
      const number = numbers.get(name.slice(0, at));
      if (number === undefined) continue;
      const rest = name.slice(at);
      const known = rests.get(rest);
      if (known) known.push(number);
      else rests.set(rest, [number]);
    }
  return rests;
}

/** The last parts of a name. */
function endOf(name: string, parts: number): string {
  let at = name.length;
  for (let i = 0; i < parts && at >= 0; i++) at = name.lastIndexOf('.', at - 1);
  return name.slice(at + 1);
}

/** Which stack a module is of: an encoder's never becomes a decoder's, nor what sees what reads. */
const stackOf = (module: string): string =>
  [...new Set(module.match(/encoder|decoder|vision|visual|audio|speech/g))]
    .map((word) => (word.startsWith('vis') ? 'vision' : word))
    .sort()
    .join(' ');

/** What may stand before all names of a language model in a checkpoint. */
function beginningsOf(names: ModuleNames): string[] {
  const found = new Set(['']);
  for (const name of names.names()) {
    const before = /^((?:[a-z_]+\.){0,3}?)(?:layers?|h|blocks?|embed_tokens|wte|encoder|decoder)\./.exec(name)?.[1];
    if (before) found.add(before);
    if (found.size > MAX_BEGINNINGS) break;
  }
  return [...found].sort((a, b) => a.length - b.length);
}
