import { WeightscopeError } from '../../errors.ts';
import type { TensorInfo } from '../../formats/tensor.ts';
import { inputFirstModules } from '../../model/architectures/index.ts';
import { formatOfModel } from '../../model/open.ts';
import type { Model } from '../../model/types.ts';
import { quote } from '../../quote.ts';
import type { Change, ModuleChange, Target } from './change.ts';
import type { AdapterConfig } from './config.ts';
import { changesOf, MATRICES } from './module-changes.ts';
import { ModuleNames, renamingOf } from './module-names.ts';
import type { AdapterModule } from './modules.ts';
import type { Adapter } from './open.ts';
import { KEPT_NOTE, onceNote, TiedModules, tiedNote } from './tied.ts';

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

const OTHER_KIND =
  'The base has none of the modules that it changes: this adapter seems to be for another kind of model.';

/** Why a module of the file cannot be used though it has its place. */
const NOT_CHOSEN =
  'the config does not choose it (`target_modules`, `exclude_modules`, `layers_to_transform`), so that PEFT leaves it out; correct the config or the file';

/**
 * Finds for every module of an adapter the base's tensor that it changes. Names are matched as they stand, else by what
 * stands before all of them: checkpoints are saved with and without `model.` or `transformer.`. Modules that share
 * another's tensor (a tied head) change that one; what the adapter brings of its own (a classifier) is added. Reads no
 * weights.
 */
export function fitOf(base: Model, adapter: Adapter): Fit {
  if (formatOfModel(base) === 'gguf') {
    const problems = adapter.modules.map(({ name }) => ({ module: name, reason: GGUF_BASE }));
    return { changes: [], problems, notes: adapter.config.notes };
  }
  const names = new ModuleNames(base.tensors);
  const renamed = renamingOf(
    names,
    adapter.modules.map(({ name }) => name),
  );
  const nameOf = (name: string): string => renamed.get(name) ?? name;
  const tied = new TiedModules(base, names, adapter.modules, nameOf);
  const inputFirst = inputFirstModules(base.modelType, base.config);
  const changes = new Map<string, TensorChange>();
  const problems: { module: string; reason: string }[] = [];
  const notes: string[] = [...adapter.config.notes];
  const taken = new Map<string, string>();
  const shared: string[] = [];
  let unknown = 0;
  const isOwn = ({ name }: AdapterModule): boolean => names.has(nameOf(name));
  // Modules that share another's tensor come after it, as their changes do.
  for (const module of [...adapter.modules].sort((a, b) => Number(isOwn(b)) - Number(isOwn(a)))) {
    const { name } = module;
    const own = nameOf(name);
    const target = isOwn(module) ? targetOf(own) : (tied.targetOf(module) ?? broughtBy(module, adapter.config));
    if (!target) {
      const near = names.nearest(name);
      unknown++;
      const such = near === undefined ? '' : `, the nearest is ${quote(near)}`;
      problems.push({ module: name, reason: `the base has no module of this name${such}` });
      continue;
    }
    const hasMatrices = [...module.tensors.keys()].some((part) => MATRICES.test(part));
    if (hasMatrices && !adapter.config.targets(name) && !adapter.config.targets(own)) {
      problems.push({ module: name, reason: NOT_CHOSEN });
      continue;
    }
    const { weight, bias } = target;
    try {
      const made = changesOf(module, adapter.config, target);
      checkWhole(made, weight, bias, name);
      const earlier = taken.get(own);
      if (earlier !== undefined) {
        problems.push({ module: name, reason: `${quote(earlier)} is the same module of the base, ${quote(own)}` });
        continue;
      }
      taken.set(own, name);
      notes.push(...made.notes);
      if (!weight && !bias) notes.push(`The base has no ${own}: the adapter brings its own.`);
      const adds = weight === tied.shared && made.onWeight.some(({ kind }) => kind !== 'rows');
      if (adds && shared.length > 0 && adapter.config.keepsTied) {
        notes.push(onceNote(shared[0], name));
        continue;
      }
      if (adds) shared.push(name);
      put(name, weight, `${own}.weight`, made.weight, made.onWeight);
      put(name, bias, `${own}.bias`, made.bias, made.onBias);
    } catch (error) {
      if (!(error instanceof WeightscopeError)) throw error;
      problems.push({ module: name, reason: error.message });
    }
  }
  const kept = tied.keptHead;
  if (kept) {
    changes.set(kept.name, { module: '', tensor: kept.name, base: kept, replacement: undefined, changes: [] });
    notes.push(KEPT_NOTE);
  }
  if (shared.length > 0) notes.push(tiedNote(shared));
  if (adapter.modules.length > 0 && unknown === adapter.modules.length) notes.push(OTHER_KIND);
  return { changes: [...changes.values()], problems, notes };

  function targetOf(own: string): Target {
    const conv1d = inputFirst.some((ending) => own === ending || own.endsWith(`.${ending}`));
    return { weight: names.tensor(own, 'weight'), bias: names.tensor(own, 'bias'), conv1d };
  }

  function put(
    module: string,
    info: TensorInfo | undefined,
    name: string,
    replacement: TensorInfo | undefined,
    list: readonly Change[],
  ): void {
    if (!replacement && list.length === 0) return;
    const tensor = info?.name ?? name;
    const earlier = changes.get(tensor);
    changes.set(tensor, {
      module: earlier?.module ?? module,
      tensor,
      base: info,
      replacement: earlier?.replacement ?? replacement,
      changes: [...(earlier?.changes ?? []), ...list],
    });
  }
}

/** A module that only the adapter has, as a whole: a task's head (`modules_to_save`) on a base that has none. */
function broughtBy({ name, tensors, wrapped }: AdapterModule, config: AdapterConfig): Target | undefined {
  const whole = !wrapped && [...tensors.keys()].every((part) => part === 'weight' || part === 'bias');
  return whole && config.brings(name) ? { weight: undefined, bias: undefined, conv1d: false } : undefined;
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
