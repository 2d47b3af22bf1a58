import type { Engine } from '../engine/engine.ts';
import { defaultEngine } from '../engine/select.ts';
import { throwIfAborted, WeightscopeError } from '../errors.ts';
import type { Model } from '../model/types.ts';
import {
  isOfToday,
  keepNormaliser,
  knownNormaliser,
  parseNormalisers,
  writeNormalisers,
} from '../reading/normalisers.ts';
import { noteFacts } from '../reading/notes.ts';
import type { VectorKind } from '../reading/parameters.ts';
import { RATES, type Rates } from './cost.ts';
import { type ModelFacts, modelFacts } from './facts.ts';
import { finishNeurons, finishTables } from './finish.ts';
import { canonical, checkpointHash, sha256 } from './hash.ts';
import { joinFiles } from './join.ts';
import { checkSame, NORMALISERS, readManifest, writeManifest } from './manifest.ts';
import { type AtlasOptions, planUnits, settingsOf, type Unit } from './plan.ts';
import { type AtlasFile, type AtlasSettings, type Manifest, PLAN_VERSION, SCHEMA_VERSION } from './schema.ts';
import type { Store } from './store.ts';
import { arraysOf, finishedUnit, PARTS, type Receipt, runUnit, wholeFile } from './unit.ts';
import { Floors, type UnitContext } from './units/context.ts';
import { titleOf, unitCost } from './units/index.ts';
import { normaliserKinds, sumNormaliser, vectorCount } from './units/normalisers.ts';

/** Bytes of E up to which the memory of two units is no matter. */
const SMALL = 64 * 2 ** 20;

export interface BuildOptions extends AtlasOptions {
  engine?: Engine;
  /** Go on with an atlas that is there: finished units are not computed again. */
  resume?: boolean;
  /** How fast this machine is, which decides how units are cut; a unit cut otherwise is another unit. */
  rates?: Rates;
  signal?: AbortSignal;
  /** The finished part of the work by the cost model, 0 to 1, never decreasing, and what is being done. */
  progress?: (done: number, what: string) => void;
  /**
   * Called when the neurons can be searched while the rest is still being read: `openAtlas` opens what is there with
   * `unfinished`. Not called where there is no rest.
   */
  searchable?: () => void;
}

/** A build that has begun: everything that a runner of units, here or elsewhere, needs to know. */
export interface AtlasBuild {
  model: Model;
  store: Store;
  facts: ModelFacts;
  settings: AtlasSettings;
  units: Unit[];
  manifest: Manifest;
  /** Of units that this process has run or has found whole: their files need not be read again. */
  receipts: Map<string, Receipt>;
  /** Tables of neurons that were merged before the rest was read. */
  early?: AtlasFile[];
}

/**
 * Reads a whole model into `store`, unit by unit; see docs/atlas.md. Interrupted at any moment, it goes on with
 * `resume` and gives the rows of an undisturbed run. Throws `ATLAS_EXISTS`, `ATLAS_MISMATCH`, `ATLAS_NEWER`,
 * `OUTPUT_UNWRITABLE` (with everything finished so far kept) and what readings throw.
 */
export async function buildAtlas(model: Model, store: Store, options: BuildOptions = {}): Promise<Manifest> {
  const { signal } = options;
  const build = await beginAtlas(model, store, options);
  if (build.manifest.state === 'complete') return build.manifest;
  const engine = options.engine ?? (await defaultEngine());
  const report = progressOf(build, options.progress);
  const floors = new Floors();
  const left = new Set(earlyUnits(build).map(({ id }) => id));
  const run: RunUnits = async (units, normalisers) => {
    const context: UnitContext = { ...build, engine, normalisers, floors };
    const [waiting, failed] = [units.values(), new AbortController()];
    const stop = signal ? AbortSignal.any([signal, failed.signal]) : failed.signal;
    const runner = async (): Promise<void> => {
      for (const unit of waiting) {
        throwIfAborted(stop);
        const receipt =
          (await finishedUnit(unit, store)) ??
          (await runUnit(unit, context, store, { signal: stop, progress: report.within(unit) }));
        build.receipts.set(unit.id, receipt);
        report.finished(unit);
        if (!left.delete(unit.id) || left.size > 0) continue;
        await publishNeurons(build);
        options.searchable?.();
      }
    };
    const runners = Array.from({ length: atOnce(build.facts) }, runner);
    // None is left at work: the first failure stops the others.
    for (const running of runners) running.catch((reason) => failed.abort(reason));
    await Promise.allSettled(runners);
    throwIfAborted(signal);
    // The first failure: those that it stopped have only been told to stop.
    if (failed.signal.aborted) throw failed.signal.reason;
  };
  try {
    return await completeAtlas(build, run, (part) => {
      throwIfAborted(signal);
      report.merging(part);
    });
  } catch (error) {
    throwIfAborted(signal);
    // Another process may have been building the same atlas, and have tidied up while this one still wanted its parts.
    const other = await readManifest(store).catch(() => undefined);
    if (other && isOf(other, build) && (await isWhole(store, other))) return other;
    throw error;
  }
}

/** Whether a manifest is of the atlas that is being built, and finished. */
const isOf = ({ state, checkpoint, settings }: Manifest, { manifest }: AtlasBuild): boolean =>
  state === 'complete' && checkpoint === manifest.checkpoint && canonical(settings) === canonical(manifest.settings);

/**
 * Sees to it that all of `units` are finished in the store, here or elsewhere, in any order. Units of normalisers are
 * run without `normalisers`, which lie in the store too ({@link NORMALISERS}) once other units are run.
 */
export type RunUnits = (units: readonly Unit[], normalisers: ReadonlyMap<VectorKind, Float64Array>) => Promise<void>;

/** Runs what is missing of a build that has begun, normalisers first, and finishes it. */
export async function completeAtlas(
  build: AtlasBuild,
  run: RunUnits,
  merging?: (done: number) => void,
): Promise<Manifest> {
  const normalisers = await makeNormalisers(build, run);
  await run(
    build.units.filter(({ kind }) => kind !== 'normaliser'),
    normalisers,
  );
  return finishAtlas(build, merging);
}

/** Plans the build and writes its manifest; an atlas that is there is continued with `resume`, else refused. */
export async function beginAtlas(
  model: Model,
  store: Store,
  options: AtlasOptions & Pick<BuildOptions, 'resume' | 'rates' | 'signal'> = {},
): Promise<AtlasBuild> {
  const facts = modelFacts(model, options.embedding);
  const settings = settingsOf(facts, options);
  const checkpoint = await checkpointHash(model, options.signal);
  const there = await readManifest(store);
  if (there) checkSame(there, { checkpoint, settings, model: model.name }, store.name);
  if (there && !options.resume)
    throw new WeightscopeError(
      'ATLAS_EXISTS',
      `Expected an empty folder at ${store.name}, found an atlas (${there.state}); go on with --resume, or give another folder.`,
    );
  if (!there && (await store.list('')).length > 0)
    throw new WeightscopeError(
      'ATLAS_EXISTS',
      `Expected an empty folder at ${store.name}, found other files; give another folder.`,
    );
  const units = await planUnits(facts, checkpoint, settings, options.rates);
  const manifest: Manifest = {
    format: 'weightscope-atlas',
    schema: SCHEMA_VERSION,
    plan: PLAN_VERSION,
    state: 'building',
    model: { name: model.name, architecture: model.architecture, modelType: model.modelType, notes: [...model.notes] },
    checkpoint,
    dimensions: { ...model.dimensions },
    settings,
    units: [],
    files: [],
  };
  const build: AtlasBuild = { model, store, facts, settings, units, manifest, receipts: new Map() };
  if (there?.state === 'complete' && (await isWhole(store, there))) return { ...build, manifest: there };
  const said = there?.said ?? (await saidOf(model, facts, settings, options));
  if (said) manifest.said = said;
  // What could be searched before it was interrupted still can.
  if (there) manifest.files = there.files;
  await writeManifest(store, manifest);
  return build;
}

/** What the atlas's readings say, where there is something to say. */
async function saidOf(
  model: Model,
  { vectors }: ModelFacts,
  { embedding }: AtlasSettings,
  { signal }: Pick<BuildOptions, 'signal'>,
): Promise<Manifest['said']> {
  const said = await noteFacts(model, Object.keys(vectors) as VectorKind[], { embedding, signal });
  const silent = !said.twoEmbeddings && Object.keys(said.leftOut).length === 0 && said.unused.length === 0;
  return silent ? undefined : said;
}

/**
 * The atlas's `freq` normalisers: its own file where there is one, else those the model has kept, else from units,
 * which are run. They are written beside the tables and kept for readings of this model.
 */
async function makeNormalisers(build: AtlasBuild, run: RunUnits): Promise<Map<VectorKind, Float64Array>> {
  const { model, store, facts, settings, units } = build;
  const names = normaliserKinds(facts, settings);
  if (names.length === 0) return new Map();
  const how = { embedding: settings.embedding, foldNorm: settings.foldNorm };
  const written = await store.get(NORMALISERS);
  // Those of a build that was begun by another definition are made again, as its units are.
  const ofToday = written !== undefined && (await isOfToday(written, NORMALISERS));
  const own = ofToday ? await parseNormalisers(written, NORMALISERS) : undefined;
  const known = new Map<VectorKind, Float64Array | undefined>();
  for (const name of names) known.set(name, own?.get(name) ?? (await knownNormaliser(model, name, how)));
  const missing = units.filter((unit) => unit.kind === 'normaliser' && !known.get(unit.name));
  if (missing.length > 0) await run(missing, new Map());
  const found = new Map<VectorKind, Float64Array>();
  for (const [name, f] of known) {
    const sums = [];
    for (const unit of missing) {
      if (unit.kind === 'normaliser' && unit.name === name)
        sums.push(await arraysOf(store, await receiptOf(unit, build)));
    }
    found.set(name, f ?? sumNormaliser(sums, facts.vocab, vectorCount(facts, name)));
  }
  if (!own) await store.put(NORMALISERS, await writeNormalisers(found));
  for (const [name, f] of found) await keepNormaliser(model, name, f, how);
  return found;
}

/** Units of neurons, where an atlas has more than those: they are a small part of the work, and come first. */
const earlyUnits = ({ units, settings }: AtlasBuild): Unit[] =>
  settings.what.length > 1 ? units.filter(({ kind }) => kind === 'neurons') : [];

/** Lists the tables of neurons in the manifest, which goes on saying that the atlas is being built. */
async function publishNeurons(build: AtlasBuild): Promise<void> {
  const done: { unit: Unit; receipt: Receipt }[] = [];
  for (const unit of earlyUnits(build)) done.push({ unit, receipt: await receiptOf(unit, build) });
  const tables = done.flatMap(({ receipt }) => receipt.files).filter(({ table }) => table !== 'arrays');
  build.early = await finishNeurons({ ...build, done });
  build.manifest.files = [...tables, ...build.early];
  await writeManifest(build.store, build.manifest);
}

/** Merges what needs all units, writes the complete manifest and removes the intermediate files. */
async function finishAtlas(build: AtlasBuild, progress?: (done: number) => void): Promise<Manifest> {
  const { store, settings, facts, units } = build;
  const done: { unit: Unit; receipt: Receipt }[] = [];
  for (const unit of units) {
    if (unit.kind === 'normaliser') continue;
    const receipt = await receiptOf(unit, build);
    done.push({ unit, receipt });
  }
  const parts = done.flatMap(({ receipt }) => receipt.files).filter(({ table }) => table !== 'arrays');
  const { files, replaced } = await joinFiles(store, parts);
  const merged = await finishTables({ ...build, done }, progress);
  const manifest: Manifest = {
    ...build.manifest,
    state: 'complete',
    units: done.map(({ unit }) => unit.id),
    files: [...files, ...merged],
  };
  if (normaliserKinds(facts, settings).length > 0) {
    const bytes = (await store.get(NORMALISERS)) ?? new Uint8Array();
    const file = { name: NORMALISERS, bytes: bytes.length, sha256: await sha256(bytes), rows: facts.vocab };
    manifest.files.push({ table: 'normalisers', ...file });
  }
  await writeManifest(store, manifest);
  for (const name of replaced) await store.remove(name);
  for (const { name } of await store.list(PARTS)) await store.remove(name);
  return manifest;
}

async function receiptOf(unit: Unit, { receipts, store }: AtlasBuild): Promise<Receipt> {
  const receipt = receipts.get(unit.id) ?? (await finishedUnit(unit, store));
  if (receipt) return receipt;
  throw new WeightscopeError(
    'ATLAS_INVALID',
    `Expected unit ${unit.id} to be finished in ${store.name}, found it missing or damaged; go on with --resume.`,
  );
}

/** Whether every file of a finished atlas is what the manifest says. */
async function isWhole(store: Store, { files }: { files: AtlasFile[] }): Promise<boolean> {
  try {
    for (const file of files) await wholeFile(store, file);
    return true;
  } catch {
    return false;
  }
}

/** Merging is about a twentieth of a build. */
export const MERGE_SHARE = 0.05;

function progressOf({ facts, settings, units }: AtlasBuild, progress: BuildOptions['progress']) {
  const seconds = new Map(units.map((unit) => [unit.id, unitCost(facts, settings, unit, RATES).seconds]));
  const total = [...seconds.values()].reduce((sum, seconds) => sum + seconds, 0) || 1;
  /** Seconds of what is finished, by unit: several may be at work. */
  const done = new Map<string, number>();
  const report = (unit: Unit, part: number): void => {
    done.set(unit.id, part * (seconds.get(unit.id) ?? 0));
    const sum = [...done.values()].reduce((sum, seconds) => sum + seconds, 0);
    progress?.((1 - MERGE_SHARE) * Math.min(1, sum / total), titleOf(unit));
  };
  return {
    within: (unit: Unit) => progress && ((part: number) => report(unit, part)),
    finished: (unit: Unit) => report(unit, 1),
    merging: (part: number) => progress?.(1 - MERGE_SHARE * (1 - part), 'merging'),
  };
}

/** Two units of a small model, so that the workers have one's work while this thread writes the other's files. */
const atOnce = ({ vocab, width }: ModelFacts): number => (4 * vocab * width <= SMALL ? 2 : 1);
