import { ELEMENT_TYPES } from '../elements.ts';
import type { TensorInfo } from '../tensor.ts';
import { asE8M0, asFp4, packed, reshaped } from './packed.ts';
import { scaled } from './scaled.ts';
import { type Decoded, named, type Storage } from './scheme.ts';

const { decode: decodeE4M3 } = ELEMENT_TYPES.F8_E4M3;

interface Mode {
  readonly bits: number;
  readonly group_size: number;
  readonly mode: string;
}

/**
 * MLX: `weight` [.., out, in · bits / 32] packs a row's numbers without gaps; `scales` and `biases` are [.., out,
 * in / group]. W = scale · q + bias (mode "affine"). Modes "mxfp4", "mxfp8" and "nvfp4" hold floats and have no biases.
 * The config says bits and group size, for single modules too; they cannot be told from shapes.
 */
export function mlx(name: string, { tensors, declared }: Storage): Decoded | undefined {
  if (declared?.method !== 'mlx' || !name.endsWith('.weight')) return undefined;
  const module = name.slice(0, -'.weight'.length);
  const [words, scales] = [tensors.get(name)!, tensors.get(`${module}.scales`)];
  const biases = tensors.get(`${module}.biases`);
  const mode = modeOf(module, declared.settings);
  if (!scales || !mode || words.dtype !== 'U32' || words.shape.length < 2) return undefined;
  const { bits, group_size: group } = mode;
  const inputs = ((words.shape.at(-1) ?? 0) * 32) / bits;
  const grid = [...words.shape.slice(0, -1), inputs / group];
  const fits = (info: TensorInfo | undefined): boolean => `${info?.shape}` === `${grid}`;
  if (!fits(scales)) return undefined;
  const parts = [name, `${module}.scales`, ...(biases ? [`${module}.biases`] : [])];
  const block = [1, group] as const;
  if (mode.mode === 'affine') {
    if (![2, 3, 4, 5, 6, 8].includes(bits) || !fits(biases)) return undefined;
    const weight = scaled(packed(words, bits, inputs), { scale: scales, bias: biases, block });
    return { tensor: named(weight, name, `MLX ${bits}-bit`), parts };
  }
  const floats = FLOATS[mode.mode];
  if (!floats || biases || floats.bits !== bits || floats.group !== group || scales.dtype !== 'U8') return undefined;
  const bytes = { ...reshaped(words, ...words.shape.slice(0, -1), (words.shape.at(-1) ?? 0) * 4), blockBytes: 1 };
  const codes = bits === 4 ? asFp4(bytes) : { ...bytes, decode: decodeE4M3 };
  const weight = scaled(codes, { scale: floats.e8m0 ? asE8M0(scales) : { ...scales, decode: decodeE4M3 }, block });
  return { tensor: named(weight, name, `MLX ${mode.mode}`), parts };
}

const FLOATS: Readonly<Record<string, { bits: number; group: number; e8m0: boolean }>> = {
  mxfp4: { bits: 4, group: 32, e8m0: true },
  mxfp8: { bits: 8, group: 32, e8m0: true },
  nvfp4: { bits: 4, group: 16, e8m0: false },
};

/** A module's own entry counts before the config's. */
function modeOf(module: string, settings: Readonly<Record<string, unknown>>): Mode | undefined {
  const own = settings[module];
  const entries = { ...settings, ...(typeof own === 'object' ? own : undefined) } as Record<string, unknown>;
  const { bits, group_size, mode = 'affine' } = entries;
  return typeof bits === 'number' && typeof group_size === 'number' && typeof mode === 'string'
    ? { bits, group_size, mode }
    : undefined;
}
