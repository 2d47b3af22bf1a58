import { WeightscopeError } from '../../errors.ts';
import { isStandIn, type TensorInfo } from '../../formats/tensor.ts';
import { inputFirstModules } from '../../model/architectures/index.ts';
import { formatOfModel } from '../../model/open.ts';
import type { Model } from '../../model/types.ts';
import { quote } from '../../quote.ts';
import type { Change, ModuleChange } from './change.ts';
import { changesOf } from './module-changes.ts';
import type { AdapterModule } from './modules.ts';
import type { Adapter } from './open.ts';

/** What an adapter does to one tensor of its base, under the base's name for it. */
export interface TensorChange {
  /** The module as the adapter names it. */
  readonly module: string;
  /** The tensor's name in the base's file. */
  readonly tensor: string;
  /** As it stands in the base; undefined where the adapter alone has it. */
  readonly base: TensorInfo | undefined;
  /** The adapter's own, which takes its place before anything else. */
  readonly replacement: TensorInfo | undefined;
  readonly changes: readonly Change[];
}

/** How an adapter fits a base. */
export interface Fit {
  readonly changes: readonly TensorChange[];
  /** Why a module cannot be used, one sentence each; empty: all of the file is used. */
  readonly problems: readonly { readonly module: string; readonly reason: string }[];
  readonly notes: readonly string[];
}

/** Why no module of an adapter has a place in a GGUF file. */
const GGUF_BASE =
  'the base is a GGUF file, whose tensors have other names and orders; name the checkpoint that it was converted from';

/**
 * Finds for every module of an adapter the base's tensor that it changes. Names are matched as they stand, else by what
 * stands before all of them: checkpoints are saved with and without `model.` or `transformer.`. Reads no weights.
 */
export function fitOf(base: Model, adapter: Adapter): Fit {
  if (formatOfModel(base) === 'gguf') {
    const problems = adapter.modules.map(({ name }) => ({ module: name, reason: GGUF_BASE }));
    return { changes: [], problems, notes: adapter.config.notes };
  }
  const names = new ModuleNames(base.tensors);
  const rename = renamingOf(
    names,
    adapter.modules.map(({ name }) => name),
  );
  const inputFirst = inputFirstModules(base.modelType, base.config);
  const changes: TensorChange[] = [];
  const problems: { module: string; reason: string }[] = [];
  const notes: string[] = [...adapter.config.notes];
  const taken = new Map<string, string>();
  for (const module of adapter.modules) {
    const { name } = module;
    const own = rename(name) ?? ownHead(module);
    if (own === undefined) {
      const near = names.nearest(name);
      const such = near === undefined ? '' : `, the nearest is ${quote(near)}`;
      problems.push({ module: name, reason: `the base has no module of this name${such}` });
      continue;
    }
    const [weight, bias] = [names.tensor(own, 'weight'), names.tensor(own, 'bias')];
    const conv1d = inputFirst.some((ending) => own === ending || own.endsWith(`.${ending}`));
    try {
      const made = changesOf(module, adapter.config, { weight, bias, conv1d });
      checkWhole(made, weight, bias, name);
      const earlier = taken.get(own);
      if (earlier !== undefined) {
        problems.push({ module: name, reason: `${quote(earlier)} is the same module of the base, ${quote(own)}` });
        continue;
      }
      taken.set(own, name);
      notes.push(...made.notes);
      for (const [info, replacement, list, end] of [
        [weight, made.weight, made.onWeight, 'weight'],
        [bias, made.bias, made.onBias, 'bias'],
      ] as const)
        if (replacement || list.length > 0)
          changes.push({ module: name, tensor: info?.name ?? `${own}.${end}`, base: info, replacement, changes: list });
    } catch (error) {
      if (!(error instanceof WeightscopeError)) throw error;
      problems.push({ module: name, reason: error.message });
    }
  }
  return { changes, problems, notes };
}

/** A head that the base ties to its embeddings has no tensor there; the adapter may bring it. */
function ownHead({ name, tensors }: AdapterModule): string | undefined {
  return /(^|\.)(lm_head|embed_out|output)$/.test(name) && tensors.has('weight') ? name : undefined;
}

/** Rows of embeddings may have grown; all else keeps its shape. */
function checkWhole(
  { weight, bias }: ModuleChange,
  base: TensorInfo | undefined,
  ownBias: TensorInfo | undefined,
  name: string,
): void {
  for (const [own, there] of [
    [weight, base],
    [bias, ownBias],
  ]) {
    if (!own || !there) continue;
    const [first, ...rest] = there.shape;
    const grown = /(embed|wte|lm_head|embed_out|word_embeddings|shared)/.test(name) && own.shape[0] >= first;
    if (String(own.shape.slice(1)) === String(rest) && (own.shape[0] === first || grown)) continue;
    throw new WeightscopeError(
      'TENSOR_SHAPE',
      `Expected the adapter's own ${quote(own.name)} to be [${there.shape.join(', ')}] as in the base, found [${own.shape.join(', ')}]; the adapter was made for another model.`,
    );
  }
}

/** A base's tensors by their modules. */
class ModuleNames {
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

/**
 * How an adapter's names become a base's: as they stand, or one beginning taken away and another put there, the same
 * for all of them; the one by which most modules are found, of several the one that changes least.
 */
function renamingOf(names: ModuleNames, modules: readonly string[]): (module: string) => string | undefined {
  const beginnings = beginningsOf(names);
  let best: { found: number; apply: (module: string) => string } | undefined;
  for (let strip = 0; strip <= MAX_STRIPPED; strip++)
    for (const beginning of beginnings) {
      const apply = (module: string): string => beginning + module.split('.').slice(strip).join('.');
      const found = modules.filter((module) => names.has(apply(module))).length;
      if (found > (best?.found ?? 0)) best = { found, apply };
    }
  return (module) => {
    const other = best?.apply(module);
    if (other !== undefined && names.has(other)) return other;
    return names.has(module) ? module : undefined;
  };
}

/** What may stand before all names of a language model in a checkpoint. */
function beginningsOf(names: ModuleNames): string[] {
  const found = new Set(['']);
  for (const name of names.names()) {
    const before = /^((?:[a-z_]+\.){0,3}?)(?:layers?|h|blocks?|embed_tokens|wte|encoder|decoder)\./.exec(name)?.[1];
    if (before) found.add(before);
  }
  return [...found].sort((a, b) => a.length - b.length);
}
