import { cp, mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Engine } from '../engine/engine.ts';
import { WeightscopeError } from '../errors.ts';
import type { Model } from '../model/types.ts';
import { inPackage } from '../package.node.ts';
import type { ServedModel } from '../questions/opened.ts';
import { keepNormaliser, normalisers } from '../reading/normalisers.ts';
import { isAtlas, openServed } from '../server/explore.node.ts';
import { memoryFolder } from '../source/memory.ts';
import type { Cache } from '../source/source.ts';
import { removeIfUnfinished, unwritable } from '../source/whole-file.node.ts';
import { writeAtlas } from './atlas.node.ts';
import { BUDGET_BYTES, checkBudget, memoryNeed } from './budget.ts';
import { writeFirst } from './first.node.ts';
import { SITE, type Site, type SiteModel } from './manifest.ts';
import { publicName } from './names.ts';
import { type FolderPart, writePieces } from './pieces.node.ts';
import { placeOf } from './place.node.ts';
import { modelPage, siteSaid, socialTags } from './social.ts';

/** What `npm run build` made of explorer/. */
const PAGE = inPackage('explorer/dist');
const PARTS = inPackage('explorer/dist-site');

export interface SiteOptions {
  engine?: Engine;
  /** Leave the `freq` normalisers out, which every reader's browser then computes for itself. */
  noNormalisers?: boolean;
  /** Where hub ids lead; default the public hub. */
  hub?: string;
  /** Where the site will lie, with a slash at its end: most show pictures beside links only from a whole address. */
  address?: string;
  signal?: AbortSignal;
  progress?: (done: number, what: string) => void;
}

/** A site that was written. */
export interface WrittenSite {
  folder: string;
  models: { id: string; name: string; at: 'here' | 'elsewhere' | 'atlas' }[];
  files: number;
  bytes: number;
}

/**
 * Writes the explorer as static files that answer in the reader's browser: for models of this machine with their files
 * in pieces, for a URL or hub id with its place; without any model, the open page. The folder must be new, empty or
 * a site of before, which is replaced. Throws `OUTPUT_UNWRITABLE`, `TOO_LARGE`, and what opening throws.
 */
export async function writeSite(
  names: readonly string[],
  folder: string,
  options: SiteOptions = {},
): Promise<WrittenSite> {
  const target = resolve(folder);
  await checkPlace(target);
  const partial = `${target}.partial-${process.pid}`;
  const finished = removeIfUnfinished(partial);
  const served = await openServed(names, options);
  try {
    await rm(partial, { recursive: true, force: true });
    await mkdir(partial, { recursive: true });
    const page = await writePage(partial);
    const models: SiteModel[] = [];
    for (const one of served.models) models.push(await writeModel(one, partial, options));
    const site: Site = {
      weightscope: 1,
      version: served.version,
      ...(options.hub && { hub: options.hub }),
      models,
      page,
    };
    await writeSocial(models, partial, options.address);
    if (!options.noNormalisers && models.length > 0 && models.every(isHere)) {
      const first = await writeFirst(site, partial, options);
      page.push(...first);
      await nameFirst(partial, first[0]);
    }
    await writeFile(join(partial, SITE), `${JSON.stringify(site, null, 1)}\n`);
    const { files, bytes } = await sizeOf(partial);
    // From here on an interrupted site is better left under its temporary name than not at all.
    finished();
    await rm(target, { recursive: true, force: true });
    await rename(partial, target);
    const at = ({ place }: SiteModel) => (place ? ('folder' in place ? 'here' : 'elsewhere') : 'atlas');
    return { folder: target, models: models.map((one) => ({ id: one.id, name: one.name, at: at(one) })), files, bytes };
  } catch (error) {
    throw (error as NodeJS.ErrnoException).code ? unwritable(folder, error) : error;
  } finally {
    await rm(partial, { recursive: true, force: true }).catch(() => undefined);
    finished();
    await served.close();
  }
}

/** Nothing but a site of before is written over. */
async function checkPlace(target: string): Promise<void> {
  const found = await readdir(target).catch((error: NodeJS.ErrnoException): string[] => {
    if (error.code === 'ENOENT') return [];
    throw new WeightscopeError('OUTPUT_UNWRITABLE', `Expected a folder to write to at ${target} (${error.code}).`);
  });
  if (found.length === 0 || found.includes(SITE)) return;
  throw new WeightscopeError(
    'OUTPUT_UNWRITABLE',
    `Expected ${target} to be new, empty, or a site of before, but it has other files (${found[0]}); name another folder.`,
  );
}

/**
 * Copies the page, made a site's: addresses from where it lies, and the worker that answers. Its files, for offline.
 */
async function writePage(to: string): Promise<string[]> {
  const built = await stat(join(PARTS, 'begin.js')).catch(() => undefined);
  if (!built || !(await stat(join(PAGE, 'index.html')).catch(() => undefined)))
    throw new WeightscopeError(
      'SOURCE_NOT_FOUND',
      `Expected the built page in ${PAGE}; make it with \`npm run build\`.`,
    );
  const hidden = (path: string): boolean => !/[\\/]\.[^\\/]+$/.test(path);
  await cp(PAGE, to, { recursive: true, filter: hidden });
  await cp(PARTS, to, { recursive: true, filter: hidden });
  const workers = await readdir(join(to, 'worker'));
  const worker = workers.find((name) => /^worker-[\w-]+\.js$/.test(name))!;
  const html = (await readFile(join(to, 'index.html'), 'utf8'))
    .replaceAll(/(href|src)="\/(?!\/)/g, '$1="./')
    .replace('<head>', `<head>\n    <meta name="weightscope-worker" content="worker/${worker}" />`)
    .replace(/(\s*)<script/, '$1<script src="./begin.js"></script>$1<script');
  await writeFile(join(to, 'index.html'), html);
  // Without it GitHub's pages leave out what begins with an underscore.
  await writeFile(join(to, '.nojekyll'), '');
  const assets = await readdir(join(to, 'assets'));
  return [
    './',
    SITE,
    'begin.js',
    'icon.svg',
    ...assets.map((name) => `assets/${name}`),
    ...workers.map((name) => `worker/${name}`),
  ];
}

/** What links to the site and to each of its models are shown with, where links are shown with more than their text. */
async function writeSocial(models: readonly SiteModel[], to: string, address: string | undefined): Promise<void> {
  const index = join(to, 'index.html');
  const html = await readFile(index, 'utf8');
  const tags = socialTags(siteSaid(models, address));
  await writeFile(
    index,
    html.replace('</head>', () => `  ${tags}\n  </head>`),
  );
  for (const model of models) {
    const folder = join(to, 'm', model.id);
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, 'index.html'), modelPage(model, address));
  }
}

/** Whether nothing of a model is read from elsewhere, so that what a reader sees first can be known beforehand. */
const isHere = ({ place }: SiteModel): boolean => !place || 'folder' in place;

/** Tells the page where the answers of its first view are; the browser fetches them beside the scripts. */
async function nameFirst(to: string, file: string): Promise<void> {
  const index = join(to, 'index.html');
  const html = await readFile(index, 'utf8');
  const tags =
    `<meta name="weightscope-first" content="${file}" />\n` +
    `    <link rel="preload" as="fetch" crossorigin href="./${file}" />`;
  await writeFile(
    index,
    html.replace('<meta charset', () => `${tags}\n    <meta charset`),
  );
}

async function writeModel(one: ServedModel, to: string, options: SiteOptions): Promise<SiteModel> {
  const { id, name, model, atlas } = one;
  const said: SiteModel = { id, name: publicName(name) };
  const data = join('data', id);
  if (atlas) said.atlas = await writeAtlas(atlas, to, join(data, 'atlas'), options);
  if (!model || (atlas && memoryNeed(model) > BUDGET_BYTES)) return said;
  checkBudget(model);
  const weights = atlas && (await isAtlas(name)) ? atlas.manifest.model.name : name;
  if (weights !== name) said.weights = publicName(weights);
  const place = await placeOf(weights);
  if ('folder' in place) {
    const { folder, file, stack, names } = place;
    const part = await writePieces({ source: folder, names }, to, data, options);
    said.place = { ...part, ...(file !== undefined && { file }), ...(stack && { stack }) };
  } else said.place = place;
  const derived = options.noNormalisers ? undefined : await derivedOf(model, 'folder' in place, options);
  if (derived) said.derived = await writePieces(derived, to, join(data, 'derived'), { ...options, whole: true });
  return said;
}

/**
 * The model's normalisers as its cache keeps them, which are computed where the weights are on this machine: a reader's
 * browser need not. Of a model elsewhere only what is known already.
 */
async function derivedOf(model: Model, compute: boolean, options: SiteOptions): Promise<FolderPart | undefined> {
  if (!compute) return undefined;
  const { engine, signal, progress } = options;
  const found = await normalisers(model, undefined, { engine, signal, progress });
  const files: Record<string, Uint8Array> = {};
  const cache: Cache = {
    get: async () => undefined,
    put: async (name, bytes) => {
      files[name] = bytes;
    },
  };
  const recorded: Model = { ...model, cache };
  for (const [kind, f] of found) await keepNormaliser(recorded, kind, f, { signal });
  return { source: memoryFolder(files), names: Object.keys(files) };
}

async function sizeOf(folder: string): Promise<{ files: number; bytes: number }> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  const sizes = await Promise.all(files.map(async ({ parentPath, name }) => (await stat(join(parentPath, name))).size));
  return { files: files.length, bytes: sizes.reduce((sum, size) => sum + size, 0) };
}
