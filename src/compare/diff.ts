import { WeightscopeError } from '../errors.ts';
import type { Model, Parameter } from '../model/types.ts';
import { readHead } from '../reading/heads.ts';
import { readNeuron } from '../reading/neurons.ts';
import type {
  HeadMatrix,
  NeuronPart,
  Normalize,
  ReadOptions,
  ScoredToken,
  Token,
  TokenPair,
} from '../reading/types.ts';
import { readVector } from '../reading/vectors.ts';
import { changesOf, type ParameterChange } from './changes.ts';
import { difference } from './difference.ts';
import { type Directions, directionsOf } from './directions.ts';
import { type HeaderDiff, headersOf } from './headers.ts';
import { type Reordered, reorderedNeurons } from './reordered.ts';

export interface DiffOptions extends ReadOptions {
  /** How many tokens or pairs of each list; default 5. */
  k?: number;
  /** How many neurons, and how many heads and directions; default 6 and 3. */
  neurons?: number;
  heads?: number;
}

/** What differs between two models, B's minus A's, in numbers and in words. */
export interface ModelDiff {
  readonly a: string;
  readonly b: string;
  /** Nothing differs: neither in the headers nor in any number. */
  readonly same: boolean;
  readonly normalize: Normalize;
  readonly headers: HeaderDiff;
  readonly parameters: readonly ParameterChange[];
  /** Feed-forward layers whose neurons are the same in another order. */
  readonly reordered: readonly Reordered[];
  readonly directions: readonly DirectionChange[];
  readonly neurons: readonly NeuronChange[];
  readonly heads: readonly HeadChange[];
  /** The tokens whose own rows moved most. */
  readonly rows: readonly RowChange[];
  readonly notes: readonly string[];
}

export interface Ends {
  readonly top: readonly ScoredToken[];
  readonly bottom: readonly ScoredToken[];
}

export interface DirectionChange extends Ends, Pick<Directions, 'effectiveRank' | 'random'> {
  readonly parameter: string;
  readonly share: number;
}

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
  readonly pairs: readonly TokenPair[];
}

export interface RowChange {
  readonly table: 'embed' | 'unembed';
  readonly token: Token;
  readonly relative: number;
}

/** Tables larger than this are not held whole for their directions: 256 MB of fp32. */
const MOST_HELD = 1 << 26;

/**
 * Compares two models: headers first, then every number, streamed, then what changed most as words and pairs. A change
 * is shown beside two nulls, rounding to the coarser type of the two and a random matrix. Models that have nothing to
 * compare (other widths) are compared by their headers alone. Words are A's, by cosine unless `normalize` says
 * otherwise.
 */
export async function diffModels(a: Model, b: Model, options: DiffOptions = {}): Promise<ModelDiff> {
  const { normalize = 'cosine', signal } = options;
  const headers = headersOf(a, b);
  const parameters = await changesOf(a, b, {
    signal,
    progress: options.progress && ((done, what) => options.progress!(done * 0.6, what)),
  });
  const differ = parameters.some(({ verdict }) => verdict !== 'same');
  const same = !differ && headers.same;
  const plain = { a: a.name, b: b.name, same, normalize, headers, parameters };
  const nothing = { reordered: [], directions: [], neurons: [], heads: [], rows: [], notes: [] };
  if (!differ || a.dimensions.hidden !== b.dimensions.hidden) return { ...plain, ...nothing };
  const change = difference(a, b);
  const reading = { ...options, normalize, progress: undefined };
  const reordered = await reorderedNeurons(a, b, parameters, signal);
  const moved = new Set(reordered.flatMap(({ parameters: names }) => names));
  const own = parameters.filter(({ name, verdict }) => verdict === 'changed' && !moved.has(name));
  const readable = own.filter(({ notFinite }) => notFinite === 0);
  const { k = 5, neurons = 6, heads = 3 } = options;
  return {
    ...plain,
    reordered,
    directions: await directionChanges(change, readable, heads, { ...reading, k }),
    neurons: await neuronChanges(change, readable, neurons, { ...reading, k }),
    heads: await headChanges(change, readable, heads, { ...reading, k }),
    rows: rowChanges(a, own),
    notes: change.notes,
  };
}

type Reading = ReadOptions & { k: number };

const KINDS = /^(ff\.(\d+\.|shared\.)?(key|up|value)|attn\.[qkvo])$/;

async function directionChanges(
  change: Model,
  own: readonly ParameterChange[],
  most: number,
  reading: Reading,
): Promise<DirectionChange[]> {
  const chosen = own
    .filter(({ kind, count, width }) => KINDS.test(kind) && count * width <= MOST_HELD)
    .sort((x, y) => y.relative - x.relative)
    .slice(0, most);
  const found: DirectionChange[] = [];
  for (const { name } of chosen) {
    const parameter = change.parameters.get(name) as Parameter;
    const { vectors, shares, effectiveRank, random } = await directionsOf(parameter, 1, reading);
    const vector = { name: `first direction of ${name}`, data: vectors[0] };
    const normalize = reading.normalize === 'freq' ? 'cosine' : reading.normalize;
    const { top, bottom } = await readVector(change, vector, { ...reading, normalize, bottom: reading.k });
    found.push({ parameter: name, share: shares[0], effectiveRank, random, top, bottom });
  }
  return found;
}

async function neuronChanges(
  change: Model,
  own: readonly ParameterChange[],
  most: number,
  reading: Reading,
): Promise<NeuronChange[]> {
  const places = own.flatMap(({ name, vectors }) => {
    const [, layer, expert, part] = /^layer\.(\d+)\.ff\.(?:(\d+)\.)?(key|up|value)$/.exec(name) ?? [];
    if (layer === undefined) return [];
    const place = { layer: Number(layer), part: part as NeuronPart, ...(expert && { expert: Number(expert) }) };
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

async function headChanges(
  change: Model,
  own: readonly ParameterChange[],
  most: number,
  reading: Reading,
): Promise<HeadChange[]> {
  const relatives = new Map(own.flatMap(({ name, heads }) => (heads ? [[name, heads] as const] : [])));
  const places: Omit<HeadChange, 'pairs'>[] = [];
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
      const { [matrix]: read } = await readHead(change, layer, head, { ...reading, matrices: [matrix] });
      found.push({ ...place, pairs: read!.pairs });
    } catch (error) {
      // Of heads whose parts have other sizes in both there is no change to list.
      if (!(error instanceof WeightscopeError) || error.code !== 'PARAMETER_UNKNOWN') throw error;
    }
  }
  return found;
}

/** Tokens that are listed. */
const ROWS = 10;

function rowChanges(a: Model, own: readonly ParameterChange[]): RowChange[] {
  return own
    .flatMap(({ name, vectors }) =>
      name === 'embed' || name === 'unembed'
        ? vectors.map(({ index, relative }) => ({
            table: name as 'embed' | 'unembed',
            token: a.vocabulary?.token(index) ?? { id: index, token: '', label: `#${index}` },
            relative,
          }))
        : [],
    )
    .sort((x, y) => y.relative - x.relative)
    .slice(0, ROWS);
}
