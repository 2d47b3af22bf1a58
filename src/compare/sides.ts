import type { Model, Parameter } from '../model/types.ts';
import { type Ends, endsOf, type Reading } from './changed-words.ts';
import type { ParameterChange } from './changes.ts';
import { directionsOf } from './directions.ts';

/** What all that changed on one side has in common: the direction of the residual stream that holds most of it. */
export interface SideChange extends Ends {
  /** `writes`: what neurons and heads add to the stream; `reads`: what they respond to in it. */
  readonly side: 'writes' | 'reads';
  /** How many parameters were taken together, of those that changed, largest changes first. */
  readonly taken: number;
  readonly changed: number;
  /** The part of their squared changes that is in this direction. */
  readonly share: number;
}

const SIDES = {
  writes: /^(ff\.(\d+\.|shared\.)?value|attn\.o)$/,
  reads: /^(ff\.(\d+\.|shared\.)?(key|up)|attn\.[qkv])$/,
} as const;

/** Numbers that are held at a time: 64 MB. */
const MOST = 1 << 24;

/** The leading direction of everything that changed where a model writes, and where it reads, as words. */
export async function sideChanges(
  change: Model,
  own: readonly ParameterChange[],
  reading: Reading,
): Promise<SideChange[]> {
  const found: SideChange[] = [];
  for (const [side, kinds] of Object.entries(SIDES) as [SideChange['side'], RegExp][]) {
    const all = own
      .filter(({ kind, width }) => kinds.test(kind) && width === change.dimensions.hidden)
      .sort((x, y) => y.change - x.change);
    const taken = all.filter((_, i) => i === 0 || sizeOf(all.slice(0, i + 1)) <= MOST);
    if (taken.length === 0 || sizeOf(taken) > 4 * MOST) continue;
    const together = stacked(taken.map(({ name }) => change.parameters.get(name)!));
    const { vectors, shares } = await directionsOf(together, 1, reading);
    const words = await endsOf(change, vectors[0], `what it ${side}`, reading);
    const counts = { taken: taken.length, changed: all.length };
    found.push({ side, ...counts, share: shares[0], ...words });
  }
  return found;
}

const sizeOf = (of: readonly { count: number; width: number }[]): number =>
  of.reduce((sum, { count, width }) => sum + count * width, 0);

/** The vectors of several parameters, one below the other. */
function stacked(parts: readonly Parameter[]): Parameter {
  const [{ width }] = parts;
  const count = parts.reduce((sum, part) => sum + part.count, 0);
  return {
    name: 'together',
    shape: [count, width],
    count,
    width,
    tensors: [],
    async read(_start, _end, signal, how) {
      const out = new Float32Array(count * width);
      let at = 0;
      for (const part of parts) {
        out.set(await part.read(0, part.count, signal, how), at);
        at += part.count * width;
      }
      return out;
    },
  };
}
