import { describe, quote } from '../../quote.ts';
import type { Pickled } from './pickle.ts';
import { type PickledTensor, tensorOf } from './tensors.ts';
import { invalid, unsupported } from './zip.ts';

/** Where a trainer keeps the state dict among other things. */
const INNER = ['state_dict', 'model_state_dict', 'model', 'module'];
/** A trainer keeps dicts in dicts; nobody this deep. */
const MAX_DEPTH = 4;

type Tensors = Map<string, PickledTensor>;
type Dict = ReadonlyMap<Pickled, Pickled>;

export interface StateDict {
  readonly tensors: Tensors;
  /** What readings should say: which of several is read. */
  readonly notes: string[];
}

/**
 * The tensors of a state dict, or of the one that a trainer's checkpoint holds. Where it may be one of several, that
 * is refused, and where others lie beside it, said.
 */
export function stateDictOf(found: Pickled, file: string): StateDict {
  return (found instanceof Map ? within(found, file, 0) : undefined) ?? refuse(found, file);
}

function within(dict: Dict, file: string, depth: number): StateDict | undefined {
  const own = tensorsOf(dict, file);
  // Two names of one dict are one.
  const inner = [...new Map(INNER.map((key) => [dict.get(key), key]))].flatMap(([value, key]) => {
    const dicts = value instanceof Map && depth < MAX_DEPTH ? within(value, file, depth + 1) : undefined;
    return dicts ? [{ key, ...dicts }] : [];
  });
  if (inner.length === 0) return own.size > 0 ? { tensors: own, notes: [] } : undefined;
  if (inner.length > 1)
    throw unsupported(
      file,
      `several of them (${shown(inner.map(({ key }) => key))})`,
      'save the one that is meant alone',
    );
  const [{ key, tensors, notes }] = inner;
  const model = [...own.keys()].filter(isOfModel);
  if (model.length > 0)
    throw unsupported(
      file,
      `tensors both in ${quote(key)} and beside it (such as ${quote(model[0])})`,
      'save those that are meant alone',
    );
  const others = [...dict].flatMap(([name, value]) => {
    const isOther = typeof name === 'string' && value instanceof Map && value !== dict.get(key);
    return isOther && namesOf(value).some(isOfModel) ? [name] : [];
  });
  const left = [...others, ...own.keys()];
  return {
    tensors,
    notes:
      left.length === 0
        ? notes
        : [`Of ${file}, ${quote(key)} is read, and what lies beside it is not: ${shown(left)}.`, ...notes],
  };
}

/** What a module of a model calls its tensors; a trainer's counters and moments have other names. */
const isOfModel = (name: string): boolean => /\.(weight|bias)$/.test(name);

function tensorsOf(dict: Dict, file: string): Tensors {
  const tensors: Tensors = new Map();
  for (const [name, value] of dict) {
    const tensor = tensorOf(value);
    if (tensor === undefined) continue;
    if (typeof name !== 'string') throw invalid(file, `one of its tensors has ${describe(name)} in place of a name`);
    if (typeof tensor === 'string') throw invalid(file, `its tensor ${quote(name)} ${tensor}`);
    tensors.set(name, tensor);
  }
  return tensors;
}

/** The names of a dict's tensors. */
const namesOf = (dict: Dict): string[] =>
  [...dict].flatMap(([name, value]) => (typeof name === 'string' && tensorOf(value) !== undefined ? [name] : []));

function refuse(found: Pickled, file: string): never {
  const dicts = found instanceof Map ? [...found].filter(([, value]) => value instanceof Map) : [];
  const models = dicts.flatMap(([name, value]) =>
    typeof name === 'string' && namesOf(value as Dict).length > 0 ? [name] : [],
  );
  if (models.length === 0) throw unsupported(file, 'no dict of tensors', "save the model's state_dict alone");
  throw unsupported(file, `none but under ${shown(models)}`, 'save the one that is meant alone');
}

const shown = (names: readonly string[]): string =>
  `${names.slice(0, 4).map(quote).join(', ')}${names.length > 4 ? ` and ${names.length - 4} more` : ''}`;
