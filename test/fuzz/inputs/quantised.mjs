// Packed tensors as the formats' own libraries wrote them, with a tensor missing, doubled or of another type or shape.
import { readdirSync, readFileSync } from 'node:fs';
import { anyJson, or } from '../random.mjs';
import { json, u64 } from './bytes.mjs';

const DIR = new URL('../../fixtures/quantised/loaders/', import.meta.url);
const WHOLE = readdirSync(DIR).flatMap((name) =>
  name.endsWith('.safetensors') ? [partsOf(readFileSync(new URL(name, DIR)))] : [],
);
const SIZES = {
  F64: 8,
  F32: 4,
  F16: 2,
  BF16: 2,
  I64: 8,
  I32: 4,
  U32: 4,
  I16: 2,
  U16: 2,
  I8: 1,
  U8: 1,
  BOOL: 1,
  F8_E4M3: 1,
  F8_E5M2: 1,
  F8_E8M0: 1,
};

function partsOf(file) {
  const start = 8 + Number(file.readBigUInt64LE());
  const { __metadata__: metadata, expected: _, ...tensors } = JSON.parse(file.subarray(8, start).toString());
  const entries = Object.entries(tensors).map(
    ([
      name,
      {
        dtype,
        shape,
        data_offsets: [from, to],
      },
    ]) => ({
      ...{ name, dtype, shape, bytes: file.subarray(start + from, start + to) },
    }),
  );
  return { entries, config: JSON.parse(metadata.config) };
}

/** The config stands in the file's metadata, as in the fixtures. */
export function quantised(random) {
  const whole = random.pick(WHOLE);
  const config = or(random, changed(whole.config, random), 0.01);
  const entries = whole.entries.filter(() => random.chance(0.97)).map((entry) => otherEntry(entry, random));
  const header = { __metadata__: { config: JSON.stringify(config) } };
  let at = 0;
  for (const { name, dtype, shape, bytes } of entries) {
    header[name] = { dtype, shape, data_offsets: [at, at + bytes.length] };
    at += bytes.length;
  }
  const head = json(header);
  return Buffer.concat([u64(head.length), head, ...entries.map(({ bytes }) => bytes)]);
}

/** Another type, other sizes, other numbers; the bytes are as many as these say. */
function otherEntry(entry, random) {
  if (!random.chance(0.15)) return entry;
  let { dtype, shape, bytes } = entry;
  const kind = random.below(4);
  if (kind === 0) dtype = random.pick(Object.keys(SIZES));
  else if (kind === 1) shape = shape.map((n) => (random.chance(0.5) ? random.pick([0, 1, n + 1, 2 * n, n >> 1]) : n));
  else if (kind === 2) shape = random.pick([[...shape, 1], shape.slice(1), [...shape].reverse(), []]);
  const length = shape.reduce((a, b) => a * b, 1) * (SIZES[dtype] ?? 1);
  if (length > 1e5) return entry;
  bytes = Buffer.concat([bytes, Buffer.alloc(length)]).subarray(0, length);
  if (random.chance(0.5)) {
    bytes = Buffer.from(bytes);
    for (let i = 0; i < 4 && length > 0; i++) bytes[random.below(length)] = random.below(256);
  }
  return { name: entry.name, dtype, shape, bytes };
}

function changed(value, random, share = 0.03) {
  if (random.chance(share)) return anyJson(random);
  if (Array.isArray(value)) return value.map((inner) => changed(inner, random));
  if (typeof value !== 'object' || value === null)
    return typeof value === 'number' && random.chance(0.05) ? random.pick([0, 1, 2, 3, 5, 8, 32, -1, 0.5, 1e9]) : value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, changed(inner, random)]));
}
