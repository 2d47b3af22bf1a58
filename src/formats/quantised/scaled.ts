import { WeightscopeError } from '../../errors.ts';
import { quote } from '../../quote.ts';
import { readElements } from '../read.ts';
import type { TensorInfo } from '../tensor.ts';

const { fround } = Math;

/** How a matrix's numbers come from its codes: (code - zero) · scale + bias, each step rounded to fp32. */
export interface Scales {
  /** One scale for each block of the matrix, [.., block rows, block columns]. */
  readonly scale: TensorInfo;
  /** As `scale` is: subtracted from the codes, whole numbers both. */
  readonly zero?: TensorInfo;
  /** As `scale` is: added to the product. */
  readonly bias?: TensorInfo;
  /** Rows and columns of a block; the last ones may be cut. */
  readonly block: readonly [rows: number, columns: number];
  /** Each row's (column's) line of scales, where it is not its number divided by the block's size: GPTQ's g_idx. */
  readonly rowGroups?: TensorInfo;
  readonly columnGroups?: TensorInfo;
  /** The scale divides. */
  readonly divides?: boolean;
  /** What every product is multiplied with, fp32. */
  readonly factor?: number;
}

/**
 * The matrix, or matrices, that codes [.., rows, columns] and their scales are. Lines are read with their scales alone.
 */
export function scaled(codes: TensorInfo, scales: Scales): TensorInfo {
  const [rows, columns] = codes.shape.slice(-2);
  const { scale, zero, bias, block, rowGroups, columnGroups, divides, factor } = scales;
  const [gridRows, gridColumns] = scale.shape.slice(-2);

  const lines: TensorInfo['lines'] = async (from, to, out, signal) => {
    out.set(await readElements(codes, from * columns, to * columns, signal));
    const groups = rowGroups && (await readGroups(rowGroups, gridRows, signal));
    const gridLine = (line: number): number => {
      const row = line % rows;
      return ((line - row) / rows) * gridRows + (groups ? groups[row] : Math.floor(row / block[0]));
    };
    const used = Array.from({ length: to - from }, (_, i) => gridLine(from + i));
    const first = used.reduce((least, line) => Math.min(least, line), used[0]);
    const last = used.reduce((most, line) => Math.max(most, line), used[0]);
    const read = (info: TensorInfo | undefined) =>
      info && readElements(info, first * gridColumns, (last + 1) * gridColumns, signal);
    const [s, z, b] = await Promise.all([read(scale), read(zero), read(bias)]);
    const order = columnGroups && (await readGroups(columnGroups, gridColumns, signal));
    const column = (j: number): number => (order ? order[j] : Math.floor(j / block[1]));
    const places = Int32Array.from({ length: columns }, (_, j) => column(j));
    for (let i = 0, o = 0; i < used.length; i++) {
      const at = (used[i] - first) * gridColumns;
      for (let j = 0; j < columns; j++, o++) {
        const place = at + places[j];
        const code = z ? out[o] - z[place] : out[o];
        let value = fround(divides ? code / s![place] : code * s![place]);
        if (factor !== undefined) value = fround(value * factor);
        out[o] = b ? value + b[place] : value;
      }
    }
  };
  return { ...codes, lines };
}

/** A list of group numbers, each below `count`. */
async function readGroups(info: TensorInfo, count: number, signal?: AbortSignal): Promise<Float32Array> {
  const groups = await readElements(info, 0, info.shape[0], signal);
  const bad = groups.find((group) => !(group >= 0 && group < count));
  if (bad === undefined) return groups;
  throw new WeightscopeError(
    'FORMAT_INVALID',
    `Expected numbers of groups below ${count} in tensor ${quote(info.name)} of ${info.source.name}, found ${bad}; fetch the file again.`,
  );
}

/**
 * The block size by which a grid of scales covers a matrix, or undefined where it does not: as declared where that
 * fits, else the whole matrix divided evenly.
 */
export function blockOf(
  [rows, columns]: readonly number[],
  [gridRows, gridColumns]: readonly number[],
  declared?: readonly [number, number],
): readonly [number, number] | undefined {
  const fits = (size: number, grid: number, block: number) => block > 0 && Math.ceil(size / block) === grid;
  if (declared && fits(rows, gridRows, declared[0]) && fits(columns, gridColumns, declared[1])) return declared;
  return rows % gridRows === 0 && columns % gridColumns === 0 ? [rows / gridRows, columns / gridColumns] : undefined;
}
