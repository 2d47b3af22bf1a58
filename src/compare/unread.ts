import { throwIfAborted } from '../errors.ts';
import { readElements } from '../formats/read.ts';
import { isStandIn, type TensorInfo } from '../formats/tensor.ts';
import { formatOfModel } from '../model/open.ts';
import type { Model } from '../model/types.ts';

/** Bytes, and numbers, read at a time from each of both. */
const BYTES = 1 << 23;
const NUMBERS = 1 << 21;
/** Names that are listed. */
const NAMED = 5;

/**
 * What is to be said of tensors that no parameter is made of (a head's own layers, parts that see or hear), which sizes
 * and words leave out: the names of those that differ, that have another shape or that one of two files alone has, in a
 * sentence; undefined where none does. Each is read once, none that is the same bytes of one file in both. Whole
 * numbers are compared too, though no reading has a use for them.
 */
export async function unreadInWords(a: Model, b: Model, signal?: AbortSignal): Promise<string | undefined> {
  const found: string[] = [];
  for (const name of new Set([...(a.unread ?? []), ...(b.unread ?? [])]))
    if (await differs(a.tensors.get(name), b.tensors.get(name), isNamedAlike(a, b), signal)) found.push(name);
  if (found.length === 0) return undefined;
  const more = found.length > NAMED ? ` and ${found.length - NAMED} others` : '';
  const [they, are] = found.length === 1 ? ['A tensor', 'differs'] : [`${found.length} tensors`, 'differ'];
  return `${they} that no parameter is made of ${are}, too: ${found.slice(0, NAMED).join(', ')}${more}.`;
}

/** A GGUF file has names of its own: what it lacks under the other's name it may have under another. */
const isNamedAlike = (a: Model, b: Model): boolean => (formatOfModel(a) === 'gguf') === (formatOfModel(b) === 'gguf');

async function differs(
  a: TensorInfo | undefined,
  b: TensorInfo | undefined,
  alike: boolean,
  signal?: AbortSignal,
): Promise<boolean> {
  if (!a || !b) return alike;
  if (String(a.shape) !== String(b.shape)) return true;
  // Of what stands in for a missing tensor there is nothing to compare.
  if (isStandIn(a) || isStandIn(b) || isSame(a, b)) return false;
  const stored = a.decode === b.decode && a.end - a.start === b.end - b.start && !a.lines && !b.lines;
  if (stored) return !(await isEqualIn(a.end - a.start, BYTES, ([from, to]) => bytesOf([a, b], from, to, signal)));
  if (a.refusal || b.refusal) return false; // of two types, which the headers say
  const count = a.shape.reduce((product, size) => product * size, 1);
  const width = Math.max(1, a.shape.at(-1) ?? 1);
  const step = Math.max(1, Math.floor(NUMBERS / width)) * width;
  return !(await isEqualIn(count, step, ([from, to]) => numbersOf([a, b], from, to, signal)));
}

/** The same bytes of one file, which an adapter has not changed on their way. */
const isSame = (a: TensorInfo, b: TensorInfo): boolean =>
  a.lines === b.lines &&
  [a.source.name, a.source.version, a.start, a.end].join() === [b.source.name, b.source.version, b.start, b.end].join();

type Two = readonly [ArrayLike<number>, ArrayLike<number>];
type Infos = readonly [TensorInfo, TensorInfo];

async function bytesOf([a, b]: Infos, from: number, to: number, signal?: AbortSignal): Promise<Two> {
  throwIfAborted(signal);
  const slice = ({ source, start }: TensorInfo) => source.slice(start + from, start + to, signal);
  return Promise.all([slice(a), slice(b)]);
}

async function numbersOf([a, b]: Infos, from: number, to: number, signal?: AbortSignal): Promise<Two> {
  throwIfAborted(signal);
  return Promise.all([readElements(a, from, to, signal), readElements(b, from, to, signal)]);
}

/** Whether two that are read piece by piece have the same numbers; one that is none is like another. */
async function isEqualIn(
  count: number,
  step: number,
  read: (range: readonly [from: number, to: number]) => Promise<Two>,
): Promise<boolean> {
  for (let from = 0; from < count; from += step) {
    const [x, y] = await read([from, Math.min(from + step, count)]);
    for (let i = 0; i < x.length; i++) if (x[i] !== y[i] && !(Number.isNaN(x[i]) && Number.isNaN(y[i]))) return false;
  }
  return true;
}
