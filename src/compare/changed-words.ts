import type { Engine } from '../engine/engine.ts';
import { WeightscopeError } from '../errors.ts';
import type { Model, Parameter } from '../model/types.ts';
import { readHead } from '../reading/heads.ts';
import { readNeuron } from '../reading/neurons.ts';
import { expertOf } from '../reading/parameters.ts';
import type { Chance, HeadMatrix, NeuronPart, ReadOptions, ScoredToken, Token, TokenPair } from '../reading/types.ts';
import { readVector } from '../reading/vectors.ts';
import type { ParameterChange, VectorChange } from './changes.ts';
import { type Directions, directionsOf } from './directions.ts';
import { type Intruder, type Intruders, intrudersOf, isLookedAt } from './intruders.ts';

export interface Ends {
  readonly top: readonly ScoredToken[];
  readonly bottom: readonly ScoredToken[];
  /** What chance gives the first of each; of directions. */
  readonly chance?: Chance;
}

export interface DirectionChange extends Ends, Pick<Directions, 'effectiveRank' | 'random'> {
  readonly parameter: string;
  readonly share: number;
  /** Where they were looked for: leading directions of B's parameter that A's has nothing near to. */
  readonly intruders?: Pick<Intruders, 'looked' | 'least' | 'chance'> & { readonly found: readonly IntruderWords[] };
}

export interface IntruderWords extends Ends, Omit<Intruder, 'vector'> {}

export interface NeuronChange extends Ends {
  readonly layer: number;
  readonly expert?: number;
  readonly neuron: number;
  readonly part: NeuronPart;
  readonly relative: number;
}

export interface HeadChange {
  readonly layer: number;
  readonly head: number;
  readonly matrix: HeadMatrix;
  /** How much the head's two parameters changed, relative: the root of the sum of both squares. */
  readonly relative: number;
  /** The pairs whose scores rose most, and those that fell most. */
  readonly pairs: readonly TokenPair[];
  readonly lowest: readonly TokenPair[];
}

export interface RowChange {
  readonly table: 'embed' | 'unembed';
  readonly token: Token;
  readonly relative: number;
}

/** Tables larger than this are not held whole for their directions: 256 MB of fp32. */
const MOST_HELD = 1 << 26;

/** How what changed is read. */
export type Reading = ReadOptions & { k: number; engine: Engine };

const KINDS = /^(ff\.(\d+\.|shared\.)?(key|up|value)|attn\.[qkvo])$/;

export async function directionChanges(
  { change, a, b }: Record<'change' | 'a' | 'b', Model>,
  own: readonly ParameterChange[],
  most: number,
  reading: Reading & { intruders?: boolean },
): Promise<DirectionChange[]> {
  const chosen = own
    .filter(({ kind, count, width }) => KINDS.test(kind) && count * width <= MOST_HELD)
    .sort((x, y) => y.relative - x.relative)
    .slice(0, most);
  const found: DirectionChange[] = [];
  for (const { name } of chosen) {
    const parameter = change.parameters.get(name) as Parameter;
    const { vectors, shares, effectiveRank, random } = await directionsOf(parameter, 1, reading);
    const words = await endsOf(change, vectors[0], `first direction of ${name}`, reading);
    const intruders =
      (reading.intruders ?? isLookedAt(parameter.width))
        ? await intruderWords(
            a,
            name,
            await intrudersOf(a.parameters.get(name)!, b.parameters.get(name)!, reading),
            reading,
          )
        : undefined;
    found.push({ parameter: name, share: shares[0], effectiveRank, random, ...words, ...(intruders && { intruders }) });
  }
  return found;
}

/** A direction as words, both ends; it is of no kind that `freq` has a mean for. */
export async function endsOf(model: Model, data: Float32Array, name: string, reading: Reading): Promise<Ends> {
  const normalize = reading.normalize === 'freq' ? 'cosine' : reading.normalize;
  const how = { ...reading, normalize, bottom: reading.k, chance: true };
  const { top, bottom, chance } = await readVector(model, { name, data }, how);
  return { top, bottom, ...(chance && { chance }) };
}

async function intruderWords(a: Model, name: string, { found, ...rest }: Intruders, reading: Reading) {
  const words: IntruderWords[] = [];
  for (const { vector, ...one } of found)
    words.push({ ...one, ...(await endsOf(a, vector, `direction ${one.rank} of ${name}`, reading)) });
  return { ...rest, found: words };
}

export async function neuronChanges(
  change: Model,
  own: readonly ParameterChange[],
  most: number,
  reading: Reading,
): Promise<NeuronChange[]> {
  const places = own.flatMap(({ name, vectors }) => {
    const [, layer, part] = /^layer\.(\d+)\.ff\.(?:\w+\.)?(key|up|value)$/.exec(name) ?? [];
    if (layer === undefined) return [];
    const expert = expertOf(change, name);
    const place = { layer: Number(layer), part: part as NeuronPart, ...(expert !== undefined && { expert }) };
    return vectors.map(({ index, relative }) => ({ ...place, neuron: index, relative }));
  });
  const found: NeuronChange[] = [];
  for (const place of places.sort((x, y) => y.relative - x.relative).slice(0, most)) {
    const { layer, neuron, part, expert } = place;
    const { parts } = await readNeuron(change, layer, neuron, {
      ...reading,
      parts: [part],
      expert,
      bottom: reading.k,
    });
    found.push({ ...place, top: parts[part]!.top, bottom: parts[part]!.bottom });
  }
  return found;
}

export async function headChanges(
  change: Model,
  own: readonly ParameterChange[],
  most: number,
  reading: Reading,
): Promise<HeadChange[]> {
  const relatives = new Map(own.flatMap(({ name, heads }) => (heads ? [[name, heads] as const] : [])));
  const places: Omit<HeadChange, 'pairs' | 'lowest'>[] = [];
  for (let layer = 0; layer < change.dimensions.layers; layer++) {
    const heads = change.parameters.get(`layer.${layer}.attn.q`)?.shape[0] ?? 0;
    for (const [matrix, parts] of [
      ['vo', ['v', 'o']],
      ['qk', ['q', 'k']],
    ] as const)
      for (let head = 0; head < heads; head++) {
        const each = parts.map((part) => {
          const of = relatives.get(`layer.${layer}.attn.${part}`) ?? [0];
          return of[Math.floor((head * of.length) / heads)];
        });
        const relative = Math.hypot(...each);
        if (relative > 0) places.push({ layer, head, matrix, relative });
      }
  }
  const found: HeadChange[] = [];
  for (const place of places.sort((x, y) => y.relative - x.relative).slice(0, most)) {
    const { layer, head, matrix } = place;
    try {
      const pairs = async (ascending: boolean) =>
        (await readHead(change, layer, head, { ...reading, matrices: [matrix], ascending }))[matrix]!.pairs;
      found.push({ ...place, pairs: await pairs(false), lowest: await pairs(true) });
    } catch (error) {
      // Of heads whose parts have other sizes in both there is no change to list.
      if (!(error instanceof WeightscopeError) || error.code !== 'PARAMETER_UNKNOWN') throw error;
    }
  }
  return found;
}

/** Tokens that are listed. */
const ROWS = 10;

/**
 * The tokens whose own rows moved most, relative to their length in A. Where the tables have not as many rows, or
 * other tokens in them, tokens are matched by their texts and the rows of all that both have are compared.
 */
export async function rowChanges(
  { change, a }: Record<'change' | 'a', Model>,
  own: readonly ParameterChange[],
  byText: readonly string[],
  signal?: AbortSignal,
): Promise<RowChange[]> {
  const tokenOf = (id: number): Token => a.vocabulary?.token(id) ?? { id, token: '', label: `#${id}` };
  const found: RowChange[] = [];
  for (const table of ['embed', 'unembed'] as const) {
    const inPlace = byText.includes(table) ? undefined : own.find(({ name }) => name === table);
    const vectors = inPlace?.vectors ?? [];
    const tied = String(a.parameters.get(table)?.tensors) === String(a.parameters.get('embed')?.tensors);
    const moved = change.parameters.get(`change.${table}`);
    const matched =
      byText.includes(table) && moved && !(table === 'unembed' && tied)
        ? await measure(a.parameters.get(table)!, moved, signal)
        : [];
    for (const { index, relative } of [...vectors, ...matched]) found.push({ table, token: tokenOf(index), relative });
  }
  return found.sort((x, y) => y.relative - x.relative).slice(0, ROWS);
}

/** Rows of a table that are read at a time. */
const PIECE = 4096;

async function measure(before: Parameter, moved: Parameter, signal?: AbortSignal): Promise<VectorChange[]> {
  const found: VectorChange[] = [];
  const { count, width } = before;
  for (let from = 0; from < count; from += PIECE) {
    const to = Math.min(from + PIECE, count);
    const [x, by] = [before, moved].map((of) => of.read(from, to, signal, { finite: false }));
    const [own, change] = [await x, await by];
    for (let row = 0; row < to - from; row++) {
      const length = (of: Float32Array) => Math.hypot(...of.subarray(row * width, (row + 1) * width));
      const [size, far] = [length(own), length(change)];
      if (far > 0) found.push({ index: from + row, change: far, relative: size === 0 ? Infinity : far / size });
    }
  }
  return found;
}
