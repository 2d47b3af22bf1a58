import { WeightscopeError } from '../errors.ts';
import { readable } from '../formats/read.ts';
import type { TensorInfo } from '../formats/tensor.ts';
import type { Architecture, Candidates, Config, Module, Sizes, Spec } from './architecture.ts';
import { KINDS } from './kinds.ts';
import { createParameter, type Recipe, slab } from './parameter.ts';
import type { Parameter } from './types.ts';

/** Old checkpoints write a norm's gain and bias as `gamma` and `beta`; a parameter that is no module has no ending. */
const WEIGHT = ['.weight', '.gamma', ''];
const BIAS = ['.bias', '.beta', '_bias'];

export interface Bound {
  parameters: Map<string, Parameter>;
  sizes: Sizes;
  gated: boolean;
  notes: string[];
}

/**
 * Finds every parameter's tensor and checks its shape; reads nothing. Throws `TENSOR_MISSING`, `TENSOR_SHAPE` and
 * `FORMAT_UNSUPPORTED` (quantised in a way that is not read), naming
 * the tensor, what was expected and what was found.
 */
export function bind(
  architecture: Architecture,
  config: Config,
  given: Sizes,
  tensors: ReadonlyMap<string, TensorInfo>,
  where: string,
): Bound {
  const parameters = new Map<string, Parameter>();
  const notes = [...(architecture.notes ?? [])];
  const prefix = findPrefix(architecture, tensors);
  const sizes = { ...given };
  const add = (recipe: Recipe): void => void parameters.set(recipe.name, createParameter(recipe));

  for (const [key, candidates] of Object.entries(architecture.model)) {
    const { name, optional } = nameOf(key);
    if (name === 'embed' || name === 'unembed') continue;
    const tensor = find(candidates, '')?.tensor;
    if (tensor) name.startsWith('norm.') ? addNorm(name, candidates, '') : addRows(name, tensor, sizes.hidden);
    else if (!optional) throw missing(candidates, '', name);
  }
  bindEmbeddings();
  const spec =
    typeof architecture.parameters === 'function' ? architecture.parameters(config) : architecture.parameters;
  for (let n = 0; n < sizes.layers; n++) bindLayer(spec, n);
  return { parameters, sizes, gated: [...parameters.keys()].some((name) => name.endsWith('.up')), notes };

  function find(
    candidates: Candidates,
    at: string,
    expert?: number,
  ): { module: Module; tensor: TensorInfo } | undefined {
    for (const module of modules(candidates)) {
      const tensor = lookup(at + withExpert(module.name, expert), WEIGHT);
      if (tensor) return { module, tensor: module.stacked ? stackedAt(tensor, expert ?? 0) : tensor };
    }
    return undefined;
  }

  function lookup(name: string, endings: readonly string[]): TensorInfo | undefined {
    for (const start of new Set([prefix, '']))
      for (const ending of endings) {
        const tensor = tensors.get(start + name + ending);
        if (tensor) return readable(tensor);
      }
    return undefined;
  }

  function stackedAt(tensor: TensorInfo, expert: number): TensorInfo {
    if (tensor.shape[0] !== sizes.experts) throw shape(tensor, [sizes.experts, ...tensor.shape.slice(1)]);
    return slab(tensor, expert);
  }

  function bindEmbeddings(): void {
    const embed = find(architecture.model.embed, '');
    if (!embed) throw missing(architecture.model.embed, '', 'embed');
    sizes.vocab ||= embed.tensor.shape[0];
    addRows('embed', embed.tensor, sizes.hidden, sizes.vocab);
    const own =
      architecture.model.unembed && config.tie_word_embeddings !== true
        ? find(architecture.model.unembed, '')
        : undefined;
    if (!own && config.tie_word_embeddings === false)
      notes.push('The checkpoint has no unembedding of its own, so its token embeddings are read in its place.');
    addRows('unembed', own?.tensor ?? embed.tensor, sizes.hidden, sizes.vocab);
    for (const name of new Set(modules(architecture.model.unembed ?? []).map((module) => module.name))) {
      const bias = lookup(name, BIAS);
      if (bias && !parameters.has('unembed_bias')) addWhole('unembed_bias', bias, [sizes.vocab]);
    }
  }

  /** A table of vectors, one a row; where it is narrower than d, a projection is composed in. */
  function addRows(name: string, tensor: TensorInfo, d: number, rows = tensor.shape[0]): void {
    const map = name === 'embed' || name === 'unembed' ? architecture.projections?.[name] : undefined;
    const projection = map === undefined ? undefined : lookup(map, WEIGHT);
    const width = projection ? (projection.shape[0] === d ? projection.shape[1] : projection.shape[0]) : d;
    if (projection && !(projection.shape.includes(d) && projection.shape.length === 2))
      throw shape(projection, [d, tensor.shape[1]]);
    expectShape(tensor, [rows, width]);
    if (projection)
      notes.push(
        `${name} is ${tensor.name} [${rows}, ${width}] times ${projection.name}: its rows have the model's width ${d}.`,
      );
    add({ name, shape: [rows, d], count: rows, width: d, tensor, lines: 'rows', projection });
  }

  function bindLayer(spec: Spec, n: number): void {
    const at = architecture.layer.replace('{n}', String(n));
    for (const [key, candidates] of Object.entries(spec)) {
      const { name, optional } = nameOf(key);
      const experts = name.includes('{e}') ? sizes.experts : 1;
      for (let e = 0; e < experts; e++) {
        const own = withExpert(name, e);
        if (!find(candidates, at, e)) {
          // What the first layer has, every layer must have.
          if (!optional || e > 0 || (name.startsWith('norm.') && parameters.has(`layer.0.${own}`)))
            throw missing(candidates, at, `layer.${n}.${own}`, e);
          break;
        }
        if (name.startsWith('norm.')) addNorm(`layer.${n}.${own}`, candidates, at);
        else addMatrix(n, own, candidates, at, e);
      }
    }
    checkWhole(spec, n, at);
  }

  /** A layer has keys, ordinary ones or those of experts, and to each kind of keys its values. */
  function checkWhole(spec: Spec, n: number, at: string): void {
    const has = (own: string): boolean => parameters.has(`layer.${n}.${own}`);
    const groups = ['ff', 'ff.0', 'ff.shared'].filter((group) =>
      ['key', 'up', 'value'].some((part) => has(`${group}.${part}`)),
    );
    for (const group of groups.length > 0 ? groups : [sizes.experts > 0 ? 'ff.0' : 'ff'])
      for (const part of ['key', 'value'])
        if (!has(`${group}.${part}`)) {
          const key = `${group.replace('.0', '.{e}')}.${part}`;
          throw missing(spec[key] ?? spec[`${key}?`], at, `layer.${n}.${group}.${part}`);
        }
    if (groups.includes('ff.0') && !has('ff.router'))
      throw missing(spec['ff.router'] ?? spec['ff.router?'], at, `layer.${n}.ff.router`);
  }

  function addMatrix(n: number, own: string, candidates: Candidates, at: string, expert: number): void {
    const { module, tensor } = find(candidates, at, expert)!;
    const kind = KINDS[own.replace(/^ff\.[^.]+\.(?=key|up|value)/, 'ff.')];
    const name = `layer.${n}.${own}`;
    // Beside experts, shared and ordinary feed-forward layers have a number of neurons of their own.
    const mine =
      sizes.experts > 0 && /^ff\.(shared\.)?(key|up|value)$/.test(own)
        ? { ...sizes, neurons: tensor.shape[kind.stream === 'reads' ? 0 : 1] }
        : sizes;
    const { part } = module;
    const count = kind.count(mine);
    const lines = (kind.stream === 'reads') === (module.layout !== 'conv1d') ? 'rows' : 'columns';
    const total = part ? part.size(mine) : count;
    expectShape(tensor, lines === 'rows' ? [total, mine.hidden] : [mine.hidden, total]);
    const scale = module.scale?.(mine);
    const index = part && ((i: number) => part.index(i, mine));
    add({ name, shape: kind.shape(mine), count, width: mine.hidden, tensor, lines, index, scale });
    const found = lookup(at + withExpert(module.name, expert), BIAS);
    if (!found && parameters.has(`layer.0.${own}_bias`))
      throw new WeightscopeError(
        'TENSOR_MISSING',
        `Expected a bias of ${at}${module.name} in ${where} as the first layer has one, found none; the checkpoint is not whole.`,
      );
    if (!found) return;
    const bias = module.stacked ? stackedAt(found, expert) : found;
    const reads = kind.stream === 'reads';
    addWhole(`${name}_bias`, bias, kind.bias(mine), reads ? { index, scale } : {}, reads ? total : mine.hidden);
  }

  function addNorm(name: string, candidates: Candidates, at: string): void {
    const { module, tensor } = find(candidates, at)!;
    const stream = !/norm\.[qk]$/.test(name);
    // A norm of queries or keys may have one gain for all heads or one for each.
    const size = stream ? [sizes.hidden] : tensor.shape;
    addWhole(name, tensor, size, { offset: architecture.gainOffset });
    const bias = lookup(at + module.name, BIAS);
    if (bias) addWhole(`${name}_bias`, bias, size);
  }

  function addWhole(
    name: string,
    tensor: TensorInfo,
    size: readonly number[],
    change: Pick<Recipe, 'index' | 'scale' | 'offset'> = {},
    total = product(size),
  ): void {
    if (product(tensor.shape) !== total) throw shape(tensor, [total]);
    add({ name, shape: size, count: 1, width: product(size), tensor, lines: 'whole', ...change });
  }

  function missing(candidates: Candidates, at: string, name: string, expert?: number): WeightscopeError {
    const names = modules(candidates).map((module) => `${prefix}${at}${withExpert(module.name, expert)}.weight`);
    return new WeightscopeError(
      'TENSOR_MISSING',
      `Expected tensor ${names.join(' or ')} for ${name} in ${where}, found no such name among its ${tensors.size} tensors; the checkpoint is not whole, or not of family ${architecture.family}.`,
    );
  }

  function expectShape(tensor: TensorInfo, expected: readonly number[]): void {
    const { shape: found } = tensor;
    if (found.length !== expected.length || found.some((size, i) => size !== expected[i]))
      throw shape(tensor, expected);
  }

  function shape(tensor: TensorInfo, expected: readonly number[]): WeightscopeError {
    return new WeightscopeError(
      'TENSOR_SHAPE',
      `Expected tensor ${tensor.name} of ${where} to be [${expected.join(', ')}] by its config, found [${tensor.shape.join(', ')}]; config and weights do not belong together.`,
    );
  }
}

/** The prefix under which the embedding is found; without any, the first, so that error messages read as expected. */
function findPrefix({ prefixes, model }: Architecture, tensors: ReadonlyMap<string, TensorInfo>): string {
  const names = modules(model.embed).flatMap(({ name }) => WEIGHT.map((ending) => name + ending));
  const all = [...prefixes, ''];
  return all.find((prefix) => names.some((name) => tensors.has(prefix + name))) ?? all[0];
}

function modules(candidates: Candidates): readonly Module[] {
  const list = Array.isArray(candidates) ? candidates : [candidates];
  return list.map((one) => (typeof one === 'string' ? { name: one } : one));
}

function nameOf(key: string): { name: string; optional: boolean } {
  return key.endsWith('?') ? { name: key.slice(0, -1), optional: true } : { name: key, optional: false };
}

const withExpert = (name: string, expert = 0): string => name.replace('{e}', String(expert));

const product = (sizes: readonly number[]): number => sizes.reduce((a, b) => a * b, 1);
