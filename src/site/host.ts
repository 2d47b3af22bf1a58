import type { Atlas } from '../atlas/query/atlas.ts';
import type { Engine } from '../engine/engine.ts';
import { WeightscopeError } from '../errors.ts';
import type { ServedModel } from '../questions/opened.ts';
import { createApi } from '../server/app.ts';
import { problemOf } from '../server/problems.ts';
import { idsOf } from '../server/served.ts';
import { piecesFolder } from '../source/pieces.ts';
import type { Cache } from '../source/source.ts';
import type { Site, SiteModel } from './manifest.ts';
import { type Around, type Opening, openPlace, type Wanted } from './open.ts';

/** Answers a site's questions in the page: the server's own API over models that are read from the web host. */
export class SiteHost {
  readonly #site: Site;
  readonly #around: Around;
  readonly #models: ServedModel[] = [];
  readonly #api: ReturnType<typeof createApi>;
  readonly #again: readonly Wanted[];
  #ready: Promise<void> | undefined;

  /** `again`: what the reader had opened before the page was loaded anew; `engine`: default the best here. */
  constructor(site: Site, around: Around, again: readonly Wanted[] = [], engine?: Engine) {
    this.#site = site;
    this.#around = around;
    this.#again = again;
    this.#api = createApi({
      version: site.version,
      models: this.#models,
      factors: around.factors,
      ...(engine && { engine }),
    });
  }

  /** Any request below `/api`. */
  async fetch(request: Request): Promise<Response> {
    try {
      this.#ready ??= this.#openAll();
      await this.#ready;
    } catch (error) {
      // Another attempt may go well: the connection may be back.
      this.#ready = undefined;
      const { status, body } = problemOf(error);
      return Response.json(body, { status });
    }
    return this.#api.app.fetch(request);
  }

  /** Opens a model that the reader chose; its id. One that is open already is not opened twice. */
  async open(wanted: Wanted, opening: Opening = {}): Promise<string> {
    const name = nameOf(wanted);
    const known = this.#models.find((one) => one.name === name);
    if (known && !('files' in wanted)) return known.id;
    const model = await openPlace(wanted, name, this.#around, opening);
    if (known) await this.close(known.id);
    const id = idsOf([...this.#models.map((one) => one.id), name]).at(-1)!;
    this.#models.push({ id, name, model });
    return id;
  }

  async close(id: string): Promise<void> {
    const at = this.#models.findIndex((one) => one.id === id);
    if (at < 0) return;
    const [closed] = this.#models.splice(at, 1);
    closed.atlas?.close();
    await closed.model?.close();
  }

  async #openAll(): Promise<void> {
    const models = await Promise.all(this.#site.models.map((one) => this.#openOne(one)));
    this.#models.push(...models);
    // What cannot be opened again is one that is not open, which the page says.
    for (const wanted of this.#again) await this.open(wanted).catch((error) => console.warn(error.message));
  }

  async #openOne(one: SiteModel): Promise<ServedModel> {
    const { id, name, place } = one;
    const cache = this.#cacheWith(one);
    const [model, atlas] = await Promise.all([
      place && openPlace(place, one.weights ?? name, { ...this.#around, cache }),
      one.atlas && this.#openAtlas(one.atlas),
    ]);
    return { id, name, model, ...(atlas && { atlas }) };
  }

  /** What reads an atlas is loaded with one: a site without does not wait for it. */
  async #openAtlas(place: NonNullable<SiteModel['atlas']>): Promise<Atlas> {
    const { openSiteAtlas } = await import('./atlas.ts');
    return openSiteAtlas(place, this.#around);
  }

  /** The browser's own cache, and behind it what came with the site. */
  #cacheWith({ derived }: SiteModel): (fingerprint: string) => Cache {
    const { cache, base, store, http } = this.#around;
    const shipped = derived && piecesFolder(new URL(`${derived.folder}/`, base), derived.files, { ...http, store });
    return (fingerprint) => {
      const own = cache?.(fingerprint);
      return {
        async get(name) {
          const found = await own?.get(name);
          if (found) return found;
          const source = await shipped?.open(name).catch(() => undefined);
          return source?.slice(0, source.byteLength);
        },
        put: async (name, bytes) => own?.put(name, bytes),
      };
    };
  }
}

/** What readings call a model that was opened on the page. */
function nameOf(wanted: Wanted): string {
  if ('hub' in wanted) return wanted.hub.trim();
  if ('url' in wanted) return wanted.url.trim();
  const paths = wanted.files.map(([path]) => path);
  if (paths.length === 0) throw new WeightscopeError('ARGUMENT_INVALID', 'Expected a file or a folder, got nothing.');
  return paths.length === 1 ? paths[0] : paths[0].split('/')[0];
}
