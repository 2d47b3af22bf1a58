/** A tensor of any element type, as its bytes; without them, zeros. */
export interface RawTensor {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly bytes?: Uint8Array;
}

const BITS: Readonly<Record<string, number>> = {
  ...{ F4: 4, F6_E2M3: 6, F6_E3M2: 6, BOOL: 8, I8: 8, U8: 8, F8_E4M3: 8, F8_E5M2: 8, F8_E8M0: 8, F16: 16, BF16: 16 },
  ...{ I16: 16, U16: 16, I32: 32, U32: 32, F32: 32, I64: 64, U64: 64, F64: 64, C64: 64 },
};

/** A safetensors file of any element types, with any `__metadata__`. */
export function rawSafetensors(tensors: Readonly<Record<string, RawTensor>>, metadata?: unknown): Uint8Array {
  const header: Record<string, unknown> = metadata === undefined ? {} : { __metadata__: metadata };
  const data: Uint8Array[] = [];
  let at = 0;
  for (const [name, { dtype, shape, bytes }] of Object.entries(tensors)) {
    const size = (shape.reduce((product, n) => product * n, 1) * (BITS[dtype] ?? 8)) / 8;
    const own = bytes ?? new Uint8Array(size);
    header[name] = { dtype, shape, data_offsets: [at, at + own.length] };
    data.push(own);
    at += own.length;
  }
  const json = Buffer.from(JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(json.length));
  return new Uint8Array(Buffer.concat([length, json, ...data]));
}
