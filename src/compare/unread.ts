import { throwIfAborted } from '../errors.ts';
import { readElements } from '../formats/read.ts';
import { isStandIn, type TensorInfo } from '../formats/tensor.ts';
import type { Model } from '../model/types.ts';

/** Numbers read at a time from each of both. */
const PIECE = 1 << 21;
/** Names that are listed. */
const NAMED = 5;

/**
 * What is to be said of tensors that no parameter is made of (a head's own layers, parts that see or hear), which sizes
 * and words leave out: the names of those whose numbers differ, in a sentence; undefined where none does. Every number
 * of them is read once, none of a tensor that is the same bytes of one file in both. Those whose numbers are not to be
 * had are passed over.
 */
export async function unreadInWords(a: Model, b: Model, signal?: AbortSignal): Promise<string | undefined> {
  const others = new Set(b.unread);
  const found: string[] = [];
  for (const name of a.unread ?? []) {
    const [one, other] = [a.tensors.get(name), b.tensors.get(name)];
    if (!others.has(name) || !one || !other || String(one.shape) !== String(other.shape)) continue;
    if ([one, other].some((info) => info.refusal || isStandIn(info))) continue;
    if (isSame(one, other) || (await isEqual(one, other, signal))) continue;
    found.push(name);
  }
  if (found.length === 0) return undefined;
  const more = found.length > NAMED ? ` and ${found.length - NAMED} others` : '';
  const [they, are] = found.length === 1 ? ['A tensor', 'differs'] : [`${found.length} tensors`, 'differ'];
  return `${they} that no parameter is made of ${are}, too: ${found.slice(0, NAMED).join(', ')}${more}.`;
}

/** The same bytes of one file, which an adapter has not changed on their way. */
const isSame = (a: TensorInfo, b: TensorInfo): boolean =>
  a.lines === b.lines &&
  [a.source.name, a.source.version, a.start, a.end].join() === [b.source.name, b.source.version, b.start, b.end].join();

async function isEqual(a: TensorInfo, b: TensorInfo, signal?: AbortSignal): Promise<boolean> {
  const count = a.shape.reduce((product, size) => product * size, 1);
  const width = Math.max(1, a.shape.at(-1) ?? 1);
  const step = Math.max(1, Math.floor(PIECE / width)) * width;
  for (let from = 0; from < count; from += step) {
    throwIfAborted(signal);
    const to = Math.min(from + step, count);
    const [x, y] = await Promise.all([a, b].map((info) => readElements(info, from, to, signal)));
    if (x.some((value, i) => value !== y[i] && !(Number.isNaN(value) && Number.isNaN(y[i])))) return false;
  }
  return true;
}
