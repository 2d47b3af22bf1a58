import { readWhole } from '../../formats/wide.ts';
import type { Change } from './change.ts';
import { addLowRank, once } from './low-rank.ts';
import type { Site } from './site.ts';

/** Adds scale times a matrix that is made of smaller ones row by row. */
export function productChange(site: Site, kind: 'LoHa' | 'LoKr'): Change {
  const made = (kind === 'LoHa' ? loHa : loKr)(site);
  const [rows, width] = site.shape();
  // PEFT reshapes what it makes to the weight's shape; another number of entries cannot be.
  if (made.rows * made.width !== rows * width || made.rows !== rows) throw site.unfit(`${made.rows} x ${made.width}`);
  const { rank } = made;
  const scale = site.config.scaleOf(site.name, rank);
  return {
    kind,
    rank,
    alpha: site.config.alphaOf(site.name),
    scale,
    apply: async (data, from, to, _tensor, signal) => {
      const row = await made.row(signal);
      for (let i = from; i < to; i++) row(i, data.subarray((i - from) * width, (i - from + 1) * width), scale);
    },
  };
}

type AddRow = (row: number, out: Float64Array, scale: number) => void;

/** A matrix that is made row by row. */
interface Made {
  readonly rows: number;
  readonly width: number;
  readonly rank: number;
  row(signal?: AbortSignal): Promise<AddRow>;
}

/** (w1_a w1_b) ⊙ (w2_a w2_b) (LoHa, `make_weight`). */
function loHa(site: Site): Made {
  refuseWide(site, 'hada_t1', 'hada_t2');
  const parts = ['hada_w1_a', 'hada_w1_b', 'hada_w2_a', 'hada_w2_b'].map((part) => site.matrix(part));
  const [[rows, rank], [inner, width]] = [parts[0].shape, parts[1].shape];
  if (rank !== inner || String(parts[2].shape) !== String(parts[0].shape) || rank === 0)
    throw site.unfit(parts.map(({ shape }) => shape.join(' x ')).join(', '));
  const read = once((signal) => Promise.all(parts.map((part) => readWhole(part, signal))));
  const row = async (signal?: AbortSignal): Promise<AddRow> => {
    const [a1, b1, a2, b2] = await read(signal);
    return (i, out, scale) => {
      for (let j = 0; j < width; j++) {
        let [first, second] = [0, 0];
        for (let r = 0; r < rank; r++) {
          first += a1[i * rank + r] * b1[r * width + j];
          second += a2[i * rank + r] * b2[r * width + j];
        }
        out[j] += scale * first * second;
      }
    };
  };
  return { rows, width, rank, row };
}

/** What stands for the places of a wider convolution is refused, whatever its shape. */
function refuseWide(site: Site, ...parts: readonly string[]): void {
  const found = parts.find((part) => site.own(part));
  if (found !== undefined) throw site.convolution(found, site.own(found)!);
}

/** The Kronecker product of two matrices, each of which may be a product (LoKr, `make_kron`). */
function loKr(site: Site): Made {
  refuseWide(site, 'lokr_t2');
  const one = factor(site, 'lokr_w1');
  const two = factor(site, 'lokr_w2');
  // PEFT takes the config's rank where both are whole.
  const rank = one.rank ?? two.rank ?? site.config.rankOf(site.name);
  const [rows, width] = [one.rows * two.rows, one.width * two.width];
  const read = once((signal) => Promise.all([one.read(signal), two.read(signal)]));
  const row = async (signal?: AbortSignal): Promise<AddRow> => {
    const [w1, w2] = await read(signal);
    // PEFT takes the product of a matrix and a 1-d convolution's three dimensions [rows, columns, 1] by their last
    // ones, so that W1's columns run within its rows, and so does what the model adds as it runs.
    if (site.own('lokr_w2')?.shape.length === 3)
      return (i, out, scale) => {
        for (let j = 0; j < width; j++) {
          const at = i * width + j;
          const [place, column] = [Math.floor(at / one.width), at % one.width];
          const [below, across] = [Math.floor(place / (one.rows * two.width)), place % (one.rows * two.width)];
          const top = Math.floor(across / two.width);
          out[j] += scale * w1[top * one.width + column] * w2[below * two.width + (across % two.width)];
        }
      };
    return (i, out, scale) => {
      const [top, below] = [Math.floor(i / two.rows), i % two.rows];
      for (let j = 0; j < width; j++)
        out[j] += scale * w1[top * one.width + Math.floor(j / two.width)] * w2[below * two.width + (j % two.width)];
    };
  };
  return { rows, width, rank, row };
}

function factor(site: Site, part: string) {
  if (site.own(part)) {
    const whole = site.matrix(part);
    const [rows, width] = whole.shape;
    return { rows, width, rank: undefined, read: async (signal?: AbortSignal) => readWhole(whole, signal) };
  }
  const [a, b] = [site.matrix(`${part}_a`), site.matrix(`${part}_b`)];
  const [[rows, rank], [inner, width]] = [a.shape, b.shape];
  if (rank !== inner || rank === 0) throw site.unfit(`${rows} x ${rank}, ${inner} x ${width}`);
  const read = async (signal?: AbortSignal): Promise<ArrayLike<number>> => {
    const [left, right] = await Promise.all([readWhole(a, signal), readWhole(b, signal)]);
    const out = new Float64Array(rows * width);
    addLowRank(out, 0, rows, 1, { left, right, rank }, width);
    return out;
  };
  return { rows, width, rank, read };
}
