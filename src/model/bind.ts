import { WeightscopeError } from '../errors.ts';
import type { TensorInfo } from '../formats/tensor.ts';
import { quote } from '../quote.ts';
import type { Architecture, Candidates, Config, Module, Sizes, Spec, Stack } from './architecture.ts';
import { kindOf, OF_ANY_SIZE } from './kinds.ts';
import { misfits, product, saidOf, withExpert } from './misfits.ts';
import { BIAS, firstLayers, modules, TensorNames } from './names.ts';
import { refuseAdapters } from './other-weights.ts';
import { createParameter, flat, type Inner, leading, type Recipe, slab, ungrouped } from './parameter.ts';
import { rotaryFactor, rotaryScale } from './rotary.ts';
import { originOf, sizesOf, sizesOfLayer } from './sizes.ts';
import type { BoundStack } from './stacks.ts';
import type { Parameter } from './types.ts';

export interface Bound {
  parameters: Map<string, Parameter>;
  sizes: Sizes;
  gated: boolean;
  notes: string[];
  /** Where a model is an encoder and a decoder: those that the file holds. */
  stacks: BoundStack[];
  /** Tensors that no parameter is made of. */
  unread: string[];
}

/**
 * Finds every parameter's tensor and checks its shape; reads nothing. Throws `TENSOR_MISSING`, `TENSOR_SHAPE` and
 * `FORMAT_UNSUPPORTED` (quantised in a way that is not read, an adapter that is not merged), naming the tensor, what
 * was expected and what was found.
 */
export function bind(
  architecture: Architecture,
  config: Config,
  tensors: ReadonlyMap<string, TensorInfo>,
  where: string,
): Bound {
  const parameters = new Map<string, Parameter>();
  refuseAdapters(tensors, where);
  const names = new TensorNames(tensors, architecture);
  const { notes: said = [] } = architecture;
  const notes = [...(typeof said === 'function' ? said(config) : said)];
  const { missing, expectShape, shape } = misfits(names, architecture.family, where);
  const { gainOffset: added } = architecture;
  const gainOffset = typeof added === 'function' ? added(tensors) : added;
  const configOf = (stack: Stack): Config => stack.config?.(config) ?? config;
  const sizes = sizesOf(configOf(architecture), architecture, where);
  const add = (recipe: Recipe): void => void parameters.set(recipe.name, createParameter(recipe));

  bindModel();
  const stacks = stacksOf();
  for (const { stack, own, name } of stacks) for (let n = 0; n < own.layers; n++) bindLayer(stack, own, name, n);
  const turning = architecture.rotary ? stacks : [];
  const factors = new Set(
    turning.flatMap(({ stack, own }) => Array.from({ length: own.layers }, (_, n) => rotaryFactor(configOf(stack), n))),
  );
  factors.delete(1);
  if (factors.size > 0 && [...parameters.keys()].some((name) => name.endsWith('.attn.q')))
    notes.push(
      `attn.q and attn.k have the factor in them that the model multiplies them with while it turns them (${[...factors].map((one) => Number(one.toPrecision(5))).join(', ')}).`,
    );
  const { aside } = architecture;
  const unread = names.unread(typeof aside === 'function' ? aside(config) : aside);
  if (unread.model.length > 0) notes.push(unreadNote(unread.model));
  if (names.others.length > 0)
    notes.push(
      `The file holds several models of this kind: the one ${names.prefix ? `under ${quote(names.prefix)}` : 'without anything before its names'} is read, and not what is under ${names.others.slice(0, 4).map(quote).join(', ')}.`,
    );
  const gated = [...parameters.keys()].some((name) => name.endsWith('.up'));
  const two = stacks.flatMap(({ name, own, stack }) =>
    name === '' ? [] : [{ name, sizes: own, config: stack.config?.(config) }],
  );
  return { parameters, sizes, gated, notes, stacks: two, unread: unread.all };

  function encoderSizes(): Sizes {
    const { encoder } = architecture;
    return encoder ? sizesOf(configOf(encoder), encoder, where) : sizes;
  }

  /** The layers that are there: of an encoder and a decoder, a file may hold one alone. */
  function stacksOf(): { stack: Stack; own: Sizes; name: '' | BoundStack['name'] }[] {
    const { encoder } = architecture;
    if (!encoder) return [{ stack: architecture, own: sizes, name: '' }];
    const both = [
      { stack: encoder, own: { ...encoderSizes(), vocab: sizes.vocab }, name: 'encoder' as const },
      { stack: architecture as Stack, own: sizes, name: 'decoder' as const },
    ];
    const here = both.filter(({ stack }) => firstLayers(stack).some((start) => names.has(start)));
    return here.length > 0 ? here : both;
  }

  function find(candidates: Candidates, at: string, expert?: number): FoundTensor | undefined {
    for (const module of modules(candidates)) {
      const name = at + withExpert(module.name, expert);
      const tensor = at === '' ? names.lookupAbove(name) : names.lookup(name);
      if (!tensor) continue;
      const one = flat(module.stacked ? stackedAt(tensor, expert ?? 0) : tensor);
      return { module, tensor: module.groups ? ungrouped(one, module.groups(config)) : one };
    }
    return undefined;
  }

  function stackedAt(tensor: TensorInfo, expert: number): TensorInfo {
    if (tensor.shape[0] !== sizes.experts) throw shape(tensor, [sizes.experts, ...tensor.shape.slice(1)]);
    return slab(tensor, expert);
  }

  function bindModel(): void {
    for (const [key, candidates] of Object.entries(architecture.model)) {
      const { name, optional } = nameOf(key);
      if (/^(encoder\.)?(un)?embed$/.test(name)) continue;
      const tensor = find(candidates, '')?.tensor;
      if (tensor)
        /(^|\.)norm\./.test(name)
          ? addNorm(name, candidates, '', name.startsWith('encoder.') ? encoderSizes() : sizes)
          : addRows(name, tensor, name.startsWith('encoder.') ? encoderSizes().hidden : sizes.hidden);
      else if (!optional) throw missing(candidates, '', name);
    }
    bindEmbeddings();
  }

  function bindEmbeddings(): void {
    const embed = find(architecture.model.embed, '');
    if (!embed) throw missing(architecture.model.embed, '', 'embed');
    // A width of nothing would make any number of rows: loops go over what has bytes.
    if (embed.tensor.shape.includes(0))
      throw new WeightscopeError(
        'TENSOR_SHAPE',
        `Expected embeddings in ${where}, found ${quote(embed.tensor.name)} of shape [${embed.tensor.shape.slice(0, 8).join(', ')}], which holds no number.`,
      );
    sizes.vocab ||= embed.tensor.shape[0];
    const { onlyRead = 0 } = architecture;
    const beyond = onlyRead > 0 && embed.tensor.shape[0] === sizes.vocab + onlyRead;
    // A file may hold the encoder alone.
    const width = embed.module.name.startsWith('encoder.') ? encoderSizes().hidden : sizes.hidden;
    addRows('embed', beyond ? leading(embed.tensor, sizes.vocab) : embed.tensor, width, sizes.vocab);
    const { unembed } = architecture.model;
    const found = unembed === undefined ? undefined : find(unembed, '');
    const own = found?.tensor.name === embed.tensor.name ? undefined : found;
    if (!own && config.tie_word_embeddings === false)
      notes.push('The checkpoint has no unembedding of its own, so its token embeddings are read in its place.');
    if (own && config.tie_word_embeddings === true && !sameBytes(own.tensor, embed.tensor))
      notes.push(
        `The config calls the embeddings tied, but the file has an unembedding of its own, ${own.tensor.name}: that is read, as transformers 5 does.`,
      );
    addRows('unembed', own?.tensor ?? embed.tensor, own ? sizes.hidden : width, sizes.vocab);
    bindEncoderEmbeddings();
    for (const name of new Set(modules(unembed ?? []).map((module) => module.name))) {
      const bias = names.lookupAbove(name, BIAS);
      if (bias && !parameters.has('unembed_bias')) addWhole('unembed_bias', bias, [sizes.vocab]);
    }
  }

  /** The encoder's own embeddings; where it has none, they are the decoder's or another tensor for both. */
  function bindEncoderEmbeddings(): void {
    const { embed, 'encoder.embed?': candidates = [] } = architecture.model;
    const own = find(candidates, '');
    if (!own) return;
    const { name, shape } = own.tensor;
    if (own.module.name !== modules(candidates)[0].name && name === find(embed, '')?.tensor.name) return;
    if (shape[0] === sizes.vocab) addRows('encoder.embed', own.tensor, encoderSizes().hidden, sizes.vocab);
    else
      notes.push(
        `The encoder has a vocabulary of its own (${shape[0]} tokens): readings are in the decoder's words, and leave out ${quote(name)}.`,
      );
  }

  /** A table of vectors, one a row; where it is narrower than d, a projection is composed in. */
  function addRows(name: string, tensor: TensorInfo, d: number, rows = tensor.shape[0]): void {
    const map = name === 'embed' || name === 'unembed' ? architecture.projections?.[name] : undefined;
    const wide = architecture.projections?.whereNarrow === true && tensor.shape[1] === d;
    const projection = map === undefined || wide ? undefined : names.lookupAbove(map);
    const width = projection ? (projection.shape[0] === d ? projection.shape[1] : projection.shape[0]) : d;
    if (projection && !(projection.shape.includes(d) && projection.shape.length === 2))
      throw shape(projection, [d, tensor.shape[1]]);
    expectShape(tensor, [rows, width], (axis) => (projection ? [] : tableSaid(name, rows, width, axis === 0)));
    if (projection)
      notes.push(
        `${name} is ${tensor.name} [${rows}, ${width}] times ${projection.name}: its rows have the model's width ${d}.`,
      );
    const inner = projection && { tensor: projection };
    add({ name, shape: [rows, d], count: rows, width: d, tensor, lines: 'rows', inner });
  }

  /** What the config says of a table's rows or of their width. */
  function tableSaid(name: string, rows: number, width: number, ofRows: boolean): string[] {
    const side = name.startsWith('encoder.') ? architecture.encoder : undefined;
    const stack = side ?? architecture;
    return [
      ofRows ? originOf(configOf(stack), stack, 'vocab', rows) : originOf(configOf(stack), stack, 'hidden', width),
    ];
  }

  function layerName(stack: Stack): string {
    const all = [stack.layer].flat();
    return all[
      Math.max(
        0,
        firstLayers(stack).findIndex((start) => names.has(start)),
      )
    ];
  }

  function bindLayer(stack: Stack, all: Sizes, start: string, n: number): void {
    const config = configOf(stack);
    const spec = typeof stack.parameters === 'function' ? stack.parameters(config, n) : stack.parameters;
    const own = { ...all, ...sizesOfLayer(config, n), ...stack.layerSizes?.(config, n) };
    const layer: Layer = {
      at: layerName(stack).replace('{n}', String(n)),
      start: `${start && `${start}.`}layer.`,
      n,
      sizes: own,
      stack,
      config,
    };
    for (const [key, candidates] of Object.entries(spec)) {
      const { name, optional } = nameOf(key);
      const experts = name.includes('{e}') ? own.experts : 1;
      for (let e = 0; e < experts; e++) {
        const one = withExpert(name, e);
        if (!find(candidates, layer.at, e)) {
          // What the first layer has, every layer must have.
          const first = name.startsWith('norm.') && parameters.has(`${layer.start}0.${one}`);
          const ofNone = /norm\.[qk]$/.test(name) && !parameters.has(`${layer.start}${n}.attn.${name.at(-1)}`);
          if (!optional || e > 0 || (first && !ofNone))
            throw missing(candidates, layer.at, `${layer.start}${n}.${one}`, e);
          break;
        }
        if (name.startsWith('norm.')) addNorm(`${layer.start}${n}.${one}`, candidates, layer.at, own);
        else addMatrix(layer, one, candidates, e);
      }
    }
    checkWhole(spec, layer);
  }

  /**
   * What a layer may have, it has whole: of attention its four maps, of feed-forward layers keys, ordinary ones or
   * those of experts, and to each kind its values; and it has one of these at least.
   */
  function checkWhole(spec: Spec, { at, start, n, sizes: { experts } }: Layer): void {
    const has = (own: string): boolean => parameters.has(`${start}${n}.${own}`);
    for (const [group, kinds] of WHOLE) {
      const whole = kinds.map((kind) => `${group}.${kind}`).filter((own) => `${own}?` in spec);
      const lacks = whole.find((own) => !has(own));
      if (whole.length === kinds.length && lacks && whole.some(has))
        throw missing(spec[`${lacks}?`], at, `${start}${n}.${lacks}`);
    }
    // Where layers are one thing alone they have one norm (Nemotron-H).
    const alone = !('norm.ff' in spec) && !('norm.ff?' in spec);
    if (alone && (has('attn.q') || has('recurrent.in'))) return;
    if (!Object.keys(spec).some((key) => key.startsWith('ff.'))) return;
    const groups = ['ff', 'ff.0', 'ff.shared'].filter((group) =>
      ['key', 'up', 'value'].some((part) => has(`${group}.${part}`)),
    );
    for (const group of groups.length > 0 ? groups : [experts > 0 ? 'ff.0' : 'ff'])
      for (const part of ['key', 'value'])
        if (!has(`${group}.${part}`)) {
          const key = `${group.replace('.0', '.{e}')}.${part}`;
          throw missing(spec[key] ?? spec[`${key}?`] ?? [], at, `${start}${n}.${group}.${part}`);
        }
    if (groups.includes('ff.0') && !has('ff.router'))
      throw missing(spec['ff.router'] ?? spec['ff.router?'], at, `${start}${n}.ff.router`);
    // Where something chooses among experts they are there, under whatever names.
    if (has('ff.router') && !groups.includes('ff.0'))
      throw missing(spec['ff.{e}.key'] ?? spec['ff.{e}.key?'], at, `${start}${n}.ff.0.key`, 0);
  }

  function addMatrix(layer: Layer, own: string, candidates: Candidates, expert: number): void {
    const { at, start, n, sizes: all, config } = layer;
    const { module, tensor } = find(candidates, at, expert)!;
    const kind = kindOf(own);
    const name = `${start}${n}.${own}`;
    if (!kind) {
      addWhole(name, tensor, tensor.shape);
      return;
    }
    const reads = kind.stream === 'reads';
    const { part, after, layout } = module;
    const outputs = part ? part.size(all, config) : kind.count(all);
    const isLinear = layout !== 'either' || tensor.shape[0] === (reads ? outputs : all.hidden);
    const lines = reads === (layout !== 'conv1d' && isLinear) ? 'rows' : 'columns';
    // Beside experts, shared and ordinary feed-forward layers have a number of neurons of their own.
    const free =
      OF_ANY_SIZE.test(own) ||
      ((all.experts > 0 || architecture.neuronsStored) && /^ff\.(shared\.)?(key|up|value)$/.test(own));
    const sized = free ? { ...all, neurons: neuronsOf(tensor.shape[lines === 'rows' ? 0 : 1], part, all) } : all;
    // Keys and values of cross-attention read what the encoder wrote.
    const mine = /^cross\.[kv]$/.test(own) ? { ...sized, hidden: encoderSizes().hidden } : sized;
    const count = kind.count(mine);
    const total = part ? part.size(mine, config) : count;
    const inner = after && lowRank(after, module, layer, mine);
    const width = inner ? after.rank(config) : mine.hidden;
    const vector = tensor.shape.length === 1 && total === 1;
    expectShape(
      vector ? { ...tensor, shape: [1, ...tensor.shape] } : tensor,
      lines === 'rows' ? [total, width] : [width, total],
      (axis) => saidOf(layer, own, mine, part !== undefined, axis === (lines === 'rows' ? 0 : 1)),
    );
    const scale = both(module.scale?.(mine, config), turned(layer, own, mine));
    const index = part && ((i: number) => part.index(i, mine, config));
    add({ name, shape: kind.shape(mine), count, width: mine.hidden, tensor, lines, index, scale, inner });
    const stem = at + withExpert(module.name, expert);
    const found = module.bias ? names.lookup(at + module.bias) : names.lookup(stem, BIAS);
    const first = found === undefined && after && inner ? names.lookup(at + after.name, BIAS) : undefined;
    if (first && after && inner)
      addWhole(
        `${name}_bias`,
        tensor,
        kind.bias(mine),
        { index, scale, inner: throughSecond(first, inner, after.rank(config)) },
        product(tensor.shape),
      );
    else if (!found && parameters.has(`${start}0.${own}_bias`))
      throw new WeightscopeError(
        'TENSOR_MISSING',
        `Expected a bias of ${at}${module.name} in ${where} as the first layer has one, found none; the checkpoint is not whole.`,
      );
    if (!found) return;
    const bias = module.stacked ? stackedAt(found, expert) : found;
    const moved = reads && !module.bias;
    addWhole(
      `${name}_bias`,
      bias,
      kind.bias(mine),
      reads ? { index: moved ? index : undefined, scale } : {},
      moved ? total : product(kind.bias(mine)),
    );
  }

  /** What the model multiplies queries and keys with while it turns them. */
  function turned({ config, n }: Layer, own: string, mine: Sizes): Recipe['scale'] {
    const { rotary } = architecture;
    return rotary && (own === 'attn.q' || own === 'attn.k') ? rotaryScale(config, n, mine, rotary) : undefined;
  }

  /** The first of two maps, its norm, and which outputs pass the second by. */
  function lowRank(after: NonNullable<Module['after']>, { part }: Module, layer: Layer, mine: Sizes): Inner {
    const { at, config } = layer;
    const tensor = names.lookup(at + after.name);
    if (!tensor) throw missing(after.name, at, after.name);
    const rank = after.rank(config);
    if (tensor.shape.length !== 2 || tensor.shape[1] !== mine.hidden || tensor.shape[0] < rank)
      throw shape(tensor, [rank, mine.hidden]);
    const gain = names.lookup(at + after.norm);
    if (!gain) throw missing(after.norm, at, after.norm);
    expectShape(gain, [rank]);
    const direct = part?.direct && ((i: number) => part.direct?.(i, mine, config));
    return { tensor: leading(tensor, rank), gain, direct, whole: tensor };
  }

  /** The bias of the first of two maps goes the way of its outputs: through the second map, or past it. */
  function throughSecond(bias: TensorInfo, inner: Inner, rank: number): Inner {
    const [outputs] = inner.whole!.shape;
    expectShape(bias, [outputs]);
    const column = (info: TensorInfo): TensorInfo => ({ ...info, shape: [info.shape[0], 1] });
    return { ...inner, tensor: column(leading(bias, rank)), whole: column(bias) };
  }

  function addNorm(name: string, candidates: Candidates, at: string, { hidden }: Sizes): void {
    const { module, tensor } = find(candidates, at)!;
    const stream = !/norm\.(cross_)?[qk]$/.test(name);
    // A norm of queries or keys may have one gain for all heads or one for each.
    const size = stream ? [hidden] : tensor.shape;
    addWhole(name, tensor, size, { offset: gainOffset });
    const bias = at === '' ? names.lookupAbove(module.name, BIAS) : names.lookup(at + module.name, BIAS);
    if (bias) addWhole(`${name}_bias`, bias, size);
  }

  function addWhole(
    name: string,
    tensor: TensorInfo,
    size: readonly number[],
    change: Pick<Recipe, 'index' | 'scale' | 'offset' | 'inner'> = {},
    total = product(size),
  ): void {
    if (product(tensor.shape) !== total) throw shape(tensor, [total]);
    add({ name, shape: size, count: 1, width: product(size), tensor, lines: 'whole', ...change });
  }
}

const WHOLE = [
  ['attn', ['q', 'k', 'v', 'o']],
  ['cross', ['q', 'k', 'v', 'o']],
  ['recurrent', ['in', 'out']],
] as const;

interface FoundTensor {
  readonly module: Module;
  readonly tensor: TensorInfo;
}

/** Layer n of a stack: what its tensors and its parameters begin with, and its sizes. */
interface Layer {
  readonly at: string;
  readonly start: string;
  readonly n: number;
  readonly sizes: Sizes;
  readonly stack: Stack;
  /** The stack's own. */
  readonly config: Config;
}

function unreadNote(names: readonly string[]): string {
  const shown = names.slice(0, 3).map(quote).join(', ');
  const rest = names.length > 3 ? ` and ${names.length - 3} more` : '';
  const [which, does] =
    names.length === 1
      ? ['1 tensor of the file is', 'it does']
      : [`${names.length} tensors of the file are`, 'they do'];
  return `${which} read by no parameter, so that readings leave out what ${does}: ${shown}${rest}.`;
}

/** Neurons of a tensor that has so many outputs. */
function neuronsOf(outputs: number, part: Module['part'], sizes: Sizes): number {
  return part ? outputs / part.size({ ...sizes, neurons: 1 }, {}) : outputs;
}

const sameBytes = (a: TensorInfo, b: TensorInfo): boolean => a.source === b.source && a.start === b.start;

function nameOf(key: string): { name: string; optional: boolean } {
  return key.endsWith('?') ? { name: key.slice(0, -1), optional: true } : { name: key, optional: false };
}

/** A factor of every vector, times one for all. */
function both(all: number | undefined, each: Recipe['scale']): Recipe['scale'] {
  if (typeof each !== 'function') return all === undefined ? each : all * (each ?? 1);
  return all === undefined ? each : (vector) => all * each(vector);
}
