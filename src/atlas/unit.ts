import type { RunOptions } from '../engine/engine.ts';
import { WeightscopeError } from '../errors.ts';
import { type Arrays, readArrays, writeArrays } from './arrays.ts';
import { sha256 } from './hash.ts';
import { parquetFile, type Values } from './parquet.ts';
import type { Unit } from './plan.ts';
import type { AtlasFile, TableName } from './schema.ts';
import type { Store } from './store.ts';
import type { UnitContext } from './units/context.ts';
import { kindOf } from './units/index.ts';

/** What a finished unit left in the store: the unit is done when its receipt is there. */
export interface Receipt {
  unit: string;
  files: AtlasFile[];
}

/** Everything under here belongs to an unfinished atlas. */
export const PARTS = 'parts/';

export const receiptName = (id: string): string => `${PARTS}${id}.json`;

/**
 * Computes a unit and writes its files, then its receipt. Doing it again, even at the same time elsewhere, is harmless.
 */
export async function runUnit(unit: Unit, context: UnitContext, store: Store, run: RunOptions = {}): Promise<Receipt> {
  const { tables, arrays } = await kindOf(unit).compute(unit, context, run);
  const files: AtlasFile[] = [];
  for (const [table, columns] of Object.entries(tables) as [TableName, Record<string, Values>][]) {
    const bytes = await parquetFile(table, columns);
    const rows = Object.values(columns)[0].length;
    files.push(await putFile(store, table, `${table}/${label(unit)}.parquet`, bytes, rows));
  }
  if (arrays) {
    const bytes = writeArrays(arrays);
    // What is left out depends on what the process knew (see BestLists), so two runs may differ: each has its own file.
    const name = `${PARTS}${unit.id}-${(await sha256(bytes)).slice(0, 16)}.arrays`;
    files.push(await putFile(store, 'arrays', name, bytes, 0));
  }
  const receipt = { unit: unit.id, files };
  await store.put(receiptName(unit.id), new TextEncoder().encode(JSON.stringify(receipt)));
  return receipt;
}

export async function putFile(
  store: Store,
  table: AtlasFile['table'],
  name: string,
  bytes: Uint8Array,
  rows: number,
): Promise<AtlasFile> {
  await store.put(name, bytes);
  return { table, name, bytes: bytes.length, sha256: await sha256(bytes), rows };
}

/** The receipt when the unit is done and its files are whole; undefined: to be done (again). */
export async function finishedUnit(unit: Unit, store: Store): Promise<Receipt | undefined> {
  const bytes = await store.get(receiptName(unit.id));
  if (!bytes) return undefined;
  try {
    const receipt = JSON.parse(new TextDecoder().decode(bytes)) as Receipt;
    for (const file of receipt.files) await wholeFile(store, file);
    return receipt.unit === unit.id ? receipt : undefined;
  } catch {
    return undefined;
  }
}

/** A file's bytes, compared with what was recorded when it was written. Throws `ATLAS_INVALID`. */
export async function wholeFile(store: Store, file: AtlasFile): Promise<Uint8Array> {
  const bytes = await store.get(file.name);
  const found = bytes ? await sha256(bytes) : undefined;
  if (bytes && found === file.sha256) return bytes;
  throw new WeightscopeError(
    'ATLAS_INVALID',
    `Expected ${file.name} in ${store.name} as it was written (${file.bytes} bytes), found ${
      bytes ? `${bytes.length} bytes that differ` : 'nothing'
    }; build the atlas again with --resume, which makes that part anew.`,
  );
}

/** The arrays a receipt names. */
export async function arraysOf(store: Store, { files }: Receipt): Promise<Arrays> {
  const file = files.find(({ table }) => table === 'arrays');
  return file ? readArrays(await wholeFile(store, file)) : {};
}

/** Readable, sortable, and the same for the same unit: `value-00007680-00015360-1f2e3d4c`. */
function label(unit: Unit): string {
  const of = kindOf(unit).file?.(unit) ?? unit.kind;
  return `${of}-${padded(unit.from, 8)}-${padded(unit.to, 8)}-${unit.id.slice(0, 8)}`;
}

const padded = (n: number, digits: number): string => String(n).padStart(digits, '0');
