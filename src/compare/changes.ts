import { throwIfAborted } from '../errors.ts';
import type { Model, Parameter } from '../model/types.ts';
import { type Rounding, roundingOf } from './rounding.ts';

/** How one parameter of a model differs from the same of another. */
export interface ParameterChange {
  readonly name: string;
  /** Its name without the layer: `ff.key`, `attn.q`, `norm.attn`, `embed`. */
  readonly kind: string;
  readonly layer?: number;
  /** Vectors and numbers in each. */
  readonly count: number;
  readonly width: number;
  /** Euclidean length of all its numbers in A, and of B's minus A's. */
  readonly size: number;
  readonly change: number;
  /** change / size. */
  readonly relative: number;
  /** The median of `relative` over all layers' parameters of this kind. */
  readonly typical: number;
  /** What rounding A's numbers to the coarser type of the two changes, relative; undefined for types of blocks. */
  readonly rounding?: number;
  /**
   * Numbers that are not equal, and those of them that are further apart than rounding to the coarser type explains.
   */
  readonly moved: number;
  readonly beyond: number;
  /** `reordered`: the same neurons or heads in another order, which `diffModels` finds; sizes are of rows in place. */
  readonly verdict: 'same' | 'rounding' | 'reordered' | 'changed';
  /** Numbers that are not finite in A or in B, which the sizes leave out. */
  readonly notFinite: number;
  /** The vectors whose numbers changed most, relative to their own length, most first. */
  readonly vectors: readonly VectorChange[];
  /** Of attention: how much every head's vectors changed, relative. */
  readonly heads?: readonly number[];
}

export interface VectorChange {
  readonly index: number;
  readonly change: number;
  readonly relative: number;
}

export interface ChangeOptions {
  /** How many vectors of each parameter; default 10. */
  vectors?: number;
  signal?: AbortSignal;
  progress?: (done: number, what: string) => void;
}

/** Numbers read at a time from each of both. */
const PIECE = 1 << 21;

/** What the models of a comparison have under the same name and in the same shape, in A's order, each once. */
export function sharedParameters(a: Model, b: Model): string[] {
  return [...a.parameters].flatMap(([name, parameter]) =>
    String(b.parameters.get(name)?.shape) === String(parameter.shape) && !isOfTheView(a, name) ? [name] : [],
  );
}

/** Of two stacks, whether this (`decoder.layer.0.ff.key`) is there without the stack's name too (`layer.0.ff.key`). */
function isOfTheView({ parameters }: Model, name: string): boolean {
  const own = name.replace(/^(encoder|decoder)\./, '');
  if (own === name) return false;
  const tensors = String(parameters.get(name)!.tensors);
  return [own, own.replace('.cross.', '.attn.')].some((one) => String(parameters.get(one)?.tensors) === tensors);
}

/**
 * Compares every parameter that two models share, streaming: of each, sizes, and the vectors that changed most. Every
 * byte is read once, tensors that two parameters stand for (tied embeddings) too, and none of a parameter that is the
 * same bytes of the same file in both. Numbers that are not finite are counted and left out.
 */
export async function changesOf(a: Model, b: Model, options: ChangeOptions = {}): Promise<ParameterChange[]> {
  const names = sharedParameters(a, b).filter((name) => !isTied(a, b, name));
  const total = names.reduce((sum, name) => sum + sizeOf(a.parameters.get(name)!), 0);
  const found: Omit<ParameterChange, 'typical'>[] = [];
  let done = 0;
  for (const name of names) {
    const [before, after] = [a.parameters.get(name)!, b.parameters.get(name)!];
    const rounding = roundingOf(a, b, name);
    const { broke, ...measured } = isSame(a, b, name)
      ? await measure(before, before, options)
      : await measure(before, after, { ...options, heads: headsOf(name, before), rounding });
    const relative = measured.size === 0 ? (measured.change === 0 ? 0 : Infinity) : measured.change / measured.size;
    const [, layer, kind = name] = /^(?:(?:en|de)coder\.)?layer\.(\d+)\.(.*)$/.exec(name) ?? [];
    found.push({
      name,
      kind,
      ...(layer !== undefined && { layer: Number(layer) }),
      count: before.count,
      width: before.width,
      ...measured,
      relative,
      ...(rounding !== undefined && { rounding: rounding.expected }),
      verdict: broke ? 'changed' : verdictOf(measured, relative, rounding),
    });
    done += sizeOf(before);
    options.progress?.(done / total, `comparing ${name}`);
  }
  const typical = new Map(
    [...new Set(found.map(({ kind }) => kind))].map((kind) => [
      kind,
      median(found.flatMap((one) => (one.kind === kind ? [one.relative] : []))),
    ]),
  );
  return found.map((one) => ({ ...one, typical: typical.get(one.kind)! }));
}

function verdictOf(
  { moved, beyond }: { moved: number; beyond: number },
  relative: number,
  rounding: Rounding | undefined,
): ParameterChange['verdict'] {
  if (moved === 0) return 'same';
  if (!rounding) return 'changed';
  return beyond === 0 || relative <= rounding.most ? 'rounding' : 'changed';
}

const sizeOf = ({ count, width }: Parameter): number => count * width;

const headsOf = (name: string, { shape }: Parameter): number | undefined =>
  /\.(attn|cross)\.[qkvo]$/.test(name) ? shape[0] : undefined;

/** The unembedding where it is the embedding's tensor in both: it has been read. */
function isTied(a: Model, b: Model, name: string): boolean {
  if (name !== 'unembed') return false;
  return [a, b].every(({ parameters }) => {
    const [embed, unembed] = [parameters.get('embed'), parameters.get('unembed')];
    return embed !== undefined && String(embed.tensors) === String(unembed?.tensors);
  });
}

/** Whether both models read a parameter from the same bytes, in the same way. */
function isSame(a: Model, b: Model, name: string): boolean {
  if (a.derived || b.derived || a.architecture !== b.architecture || a.fingerprint !== b.fingerprint) return false;
  const of = (model: Model): string[] =>
    model.parameters.get(name)!.tensors.map((tensor) => {
      const info = model.tensors.get(tensor);
      return info ? [info.source.name, info.source.version, info.start, info.end].join() : model.name;
    });
  return String(of(a)) === String(of(b));
}

async function measure(
  before: Parameter,
  after: Parameter,
  { vectors: most = 10, heads, rounding, signal }: ChangeOptions & { heads?: number; rounding?: Rounding },
) {
  const { count, width } = before;
  const step = Math.max(1, Math.floor(PIECE / width));
  let [size, change, notFinite, broke] = [0, 0, 0, false];
  let [differ, beyond] = [0, 0];
  const reach = rounding?.reach;
  const top: VectorChange[] = [];
  const perHead = heads === undefined ? undefined : Array.from({ length: heads }, () => [0, 0]);
  for (let from = 0; from < count; from += step) {
    throwIfAborted(signal);
    const to = Math.min(from + step, count);
    const x = await before.read(from, to, signal, { finite: false });
    const y = after === before ? x : await after.read(from, to, signal, { finite: false });
    const [bitsX, bitsY] = [x, y].map((of) => new Uint32Array(of.buffer, of.byteOffset, of.length));
    for (let row = 0, at = 0; row < to - from; row++) {
      let [own, moved] = [0, 0];
      for (const end = at + width; at < end; at++) {
        const difference = y[at] - x[at];
        // Of numbers that are not finite nothing can be said but how many there are, and whether they are the same.
        if (difference - difference !== 0) {
          notFinite++;
          broke ||= !Object.is(x[at], y[at]);
          continue;
        }
        own += x[at] * x[at];
        if (difference === 0) continue;
        moved += difference * difference;
        differ++;
        if (!reach) continue;
        const exponent = Math.max((bitsX[at] >>> 23) & 0xff, (bitsY[at] >>> 23) & 0xff);
        if (Math.abs(difference) > reach[exponent]) beyond++;
      }
      size += own;
      change += moved;
      if (perHead) {
        const sums = perHead[Math.floor(((from + row) * perHead.length) / count)];
        sums[0] += own;
        sums[1] += moved;
      }
      if (moved > 0 && count > 1) keep(top, { index: from + row, ...lengths(own, moved) }, most);
    }
  }
  return {
    size: Math.sqrt(size),
    change: Math.sqrt(change),
    moved: differ,
    beyond: rounding ? beyond : differ,
    notFinite,
    broke,
    vectors: top,
    ...(perHead && { heads: perHead.map(([own, moved]) => lengths(own, moved).relative) }),
  };
}

function lengths(own: number, moved: number): Omit<VectorChange, 'index'> {
  const change = Math.sqrt(moved);
  return { change, relative: own === 0 ? (moved === 0 ? 0 : Infinity) : change / Math.sqrt(own) };
}

/** Keeps the `most` that changed most, in order; of equals the first. */
function keep(top: VectorChange[], one: VectorChange, most: number): void {
  if (top.length === most && !(one.relative > top[most - 1].relative)) return;
  const at = top.findIndex(({ relative }) => relative < one.relative);
  top.splice(at < 0 ? top.length : at, 0, one);
  if (top.length > most) top.pop();
}

function median(values: readonly number[]): number {
  const sorted = Float64Array.from(values).sort();
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}
