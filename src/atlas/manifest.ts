import { WeightscopeError } from '../errors.ts';
import { canonical } from './hash.ts';
import {
  type AtlasFile,
  type AtlasSettings,
  type Manifest,
  PLAN_VERSION,
  SCHEMA_VERSION,
  TABLE_NAMES,
} from './schema.ts';
import type { Store } from './store.ts';

export const MANIFEST = 'manifest.json';
export const NORMALISERS = 'normalisers.safetensors';

/** A manifest of millions of units; more is not an atlas. */
const MAX_BYTES = 256 << 20;

export async function writeManifest(store: Store, manifest: Manifest): Promise<void> {
  await store.put(MANIFEST, new TextEncoder().encode(`${JSON.stringify(manifest, null, 1)}\n`));
}

/** The atlas's manifest, or undefined where there is none. */
export async function readManifest(store: Store): Promise<Manifest | undefined> {
  const bytes = await store.get(MANIFEST);
  return bytes && parseManifest(bytes, store.name);
}

/**
 * Trusts nothing: an atlas may come from a stranger, and its file names become paths. Throws `ATLAS_INVALID`, and
 * `ATLAS_NEWER` for a schema this version does not know.
 */
export function parseManifest(bytes: Uint8Array, where: string): Manifest {
  const broken = (what: string, cause?: unknown): never => {
    throw new WeightscopeError(
      'ATLAS_INVALID',
      `Expected ${where}/${MANIFEST} to be an atlas's manifest: ${what}; build the atlas anew.`,
      { cause },
    );
  };
  if (bytes.length > MAX_BYTES) return broken(`it has ${bytes.length} bytes`);
  let found: Partial<Manifest>;
  try {
    found = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (cause) {
    return broken('it is not JSON', cause);
  }
  if (!isObject(found) || found.format !== 'weightscope-atlas') return broken('its format is not "weightscope-atlas"');
  if (!Number.isInteger(found.schema)) return broken('it has no schema number');
  if (found.schema! > SCHEMA_VERSION)
    throw new WeightscopeError(
      'ATLAS_NEWER',
      `Expected an atlas of schema ${SCHEMA_VERSION} in ${where}, found ${found.schema}; use a newer weightscope.`,
    );
  if (found.schema! < SCHEMA_VERSION)
    return broken(`it is of schema ${found.schema}, which this version no longer reads`);
  if (found.plan !== undefined && !isCount(found.plan)) return broken('its plan is no number');
  if (found.state !== 'building' && found.state !== 'complete')
    return broken('its state is neither building nor complete');
  if (!isObject(found.model) || typeof found.model.name !== 'string') return broken('it names no model');
  const { notes } = found.model as { notes?: unknown };
  if (!Array.isArray(notes) || !notes.every((note) => typeof note === 'string'))
    return broken("its model's notes are not a list of sentences");
  if (typeof found.checkpoint !== 'string') return broken('it names no checkpoint');
  if (!isObject(found.dimensions) || !isCount(found.dimensions.vocab)) return broken('it has no dimensions');
  if (!isSettings(found.settings)) return broken('its settings are not as written');
  if (found.said !== undefined && !isSaid(found.said)) return broken('what its readings say is not as written');
  if (!Array.isArray(found.units) || !found.units.every((id) => typeof id === 'string'))
    return broken('it lists no units');
  if (!Array.isArray(found.files)) return broken('it lists no files');
  const names = new Set(found.files.map((file: unknown) => isObject(file) && file.name));
  if (names.size < found.files.length) return broken('it lists a file twice');
  for (const file of found.files) {
    if (!isAtlasFile(file)) return broken(`it lists a file that no atlas has: ${JSON.stringify(file)?.slice(0, 200)}`);
  }
  // A row of `tokens` for each token: whatever goes through the vocabulary is bounded by what is there.
  const tokens = (found.files as AtlasFile[]).filter(({ table }) => table === 'tokens');
  const rows = tokens.reduce((sum, file) => sum + file.rows, 0);
  const read = found.state === 'complete' || found.files.length > 0;
  if (read && rows < found.dimensions.vocab)
    return broken(`it has ${found.dimensions.vocab} tokens, of which its tables have ${rows}`);
  return found as Manifest;
}

/** What is to be said of an atlas that was made by another definition than today's: it reads, and may differ. */
export function notOfToday({ plan }: Manifest): string[] {
  if (plan === PLAN_VERSION) return [];
  const age = plan === undefined || plan < PLAN_VERSION ? 'an older' : 'a newer';
  return [
    `The atlas was made by ${age} weightscope, whose normalisers and lists may differ from those of this one; build it anew with \`weightscope atlas build\` in an empty folder.`,
  ];
}

/** Throws `ATLAS_MISMATCH` when an atlas on disk is not of this checkpoint with these settings. */
export function checkSame(
  manifest: Manifest,
  wanted: { checkpoint: string; settings: AtlasSettings; model: string },
  where: string,
): void {
  if (manifest.checkpoint !== wanted.checkpoint)
    throw new WeightscopeError(
      'ATLAS_MISMATCH',
      `Expected the atlas in ${where} to be of ${wanted.model}, found one of another checkpoint (${manifest.model.name}); give another folder.`,
    );
  const names = Object.keys(wanted.settings) as (keyof AtlasSettings)[];
  const other = names.filter((name) => canonical(manifest.settings[name]) !== canonical(wanted.settings[name]));
  if (other.length > 0)
    throw new WeightscopeError(
      'ATLAS_MISMATCH',
      `Expected the atlas in ${where} to have the same settings, found ${other
        .map(
          (name) =>
            `${name} ${JSON.stringify(manifest.settings[name])} instead of ${JSON.stringify(wanted.settings[name])}`,
        )
        .join(', ')}; give its settings, or another folder.`,
    );
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;

function isSaid(value: unknown): value is Manifest['said'] {
  if (!isObject(value) || typeof value.twoEmbeddings !== 'boolean' || !isObject(value.leftOut)) return false;
  const { leftOut, unused } = value;
  const isText = (text: unknown) => typeof text === 'string';
  return (
    Object.values(leftOut).every((found) => isObject(found) && isCount(found.rows) && isText(found.note)) &&
    Array.isArray(unused) &&
    unused.every(
      (one) =>
        isObject(one) &&
        isText(one.what) &&
        isText(one.name) &&
        Array.isArray(one.kinds) &&
        (one.layers === undefined || Array.isArray(one.layers)),
    )
  );
}

function isSettings(value: unknown): value is AtlasSettings {
  if (!isObject(value)) return false;
  const { top, pairs, columns, layers, what, normalize } = value;
  return (
    [top, pairs, columns].every(isCount) &&
    Array.isArray(layers) &&
    layers.every(isCount) &&
    Array.isArray(what) &&
    typeof normalize === 'string'
  );
}

/** A plain name in its table's folder: never a path that leads elsewhere, never a pattern DuckDB would expand. */
function isAtlasFile(value: unknown): value is AtlasFile {
  if (!isObject(value)) return false;
  const { table, name, bytes, sha256, rows } = value;
  if (typeof name !== 'string' || !isCount(bytes) || !isCount(rows)) return false;
  if (typeof sha256 !== 'string' || !/^[0-9a-f]{64}$/.test(sha256)) return false;
  if (table === 'normalisers') return name === NORMALISERS;
  return (
    TABLE_NAMES.some((known) => known === table) &&
    name.startsWith(`${table}/`) &&
    /^[A-Za-z0-9][A-Za-z0-9._-]{0,120}\.parquet$/.test(name.slice(`${table}/`.length))
  );
}
