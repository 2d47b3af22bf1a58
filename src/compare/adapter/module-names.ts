import { isStandIn, type TensorInfo } from '../../formats/tensor.ts';

/** A base's tensors by their modules. */
export class ModuleNames {
  readonly #tensors = new Map<string, Map<string, TensorInfo>>();

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

  nearest(module: string): string | undefined {
    const end = module.split('.').slice(-2).join('.');
    for (const name of this.#tensors.keys()) if (name.endsWith(end)) return name;
    return this.#tensors.keys().next().value;
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
  const found = new Map<string, string>();
  const taken = new Set<string>();
  for (let part = 0; part < MAX_PARTS; part++) {
    let best: [module: string, own: string][] = [];
    const left = modules.filter((module) => !found.has(module));
    for (let strip = 0; strip <= MAX_STRIPPED; strip++)
      for (const beginning of beginnings) {
        const pairs = left.flatMap((module): [string, string][] => {
          const own = beginning + module.split('.').slice(strip).join('.');
          return names.has(own) && !taken.has(own) && stackOf(module) === stackOf(own) ? [[module, own]] : [];
        });
        if (pairs.length > best.length) best = pairs;
      }
    for (const [module, own] of best) {
      found.set(module, own);
      taken.add(own);
    }
    if (best.length === 0) break;
  }
  return found;
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
