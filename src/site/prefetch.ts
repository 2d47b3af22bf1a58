import { piecesFolder } from '../source/pieces.ts';
import type { Site } from './manifest.ts';
import type { Around } from './open.ts';
import type { Usage } from './protocol.ts';
import type { SiteStorage } from './storage.ts';

/** Sites up to this size are fetched whole while nobody asks, so that they work without a connection. */
export const WHOLE_BYTES = 64 << 20;
/** Milliseconds without a question before the rest is fetched. */
const QUIET = 2000;

/** What a worker keeps between visits. */
export interface Kept {
  /** Runs an answer, and looks afterwards whether there is time to fetch the rest. */
  after<T>(work: () => Promise<T>): Promise<T>;
  usage(): Promise<Usage>;
  clear(): Promise<void>;
}

/** Fetches the rest of a small site piece by piece, between questions; what fails is tried at the next visit. */
export function prefetched(site: Site, around: Around, storage: SiteStorage | undefined): Kept {
  const rest = storage && totalOf(site) <= WHOLE_BYTES ? pieces(site, around) : undefined;
  let busy = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const next = async (): Promise<void> => {
    if (busy > 0 || !rest) return;
    const { done } = await rest.next().catch(() => ({ done: true }));
    if (!done && busy === 0) timer = setTimeout(next, 0);
  };
  return {
    async after(work) {
      busy++;
      clearTimeout(timer);
      try {
        return await work();
      } finally {
        busy--;
        if (busy === 0) timer = setTimeout(next, QUIET);
      }
    },
    usage: async () => (await storage?.usage()) ?? { bytes: 0, limit: 0 },
    clear: async () => {
      clearTimeout(timer);
      // What was emptied is not fetched again behind the reader's back.
      await rest?.return(undefined);
      await storage?.clear();
    },
  };
}

function totalOf(site: Site): number {
  const all = foldersOf(site).flatMap(({ files }) => Object.values(files));
  return all.reduce((sum, { bytes }) => sum + bytes, 0);
}

const foldersOf = ({ models }: Site) =>
  models.flatMap(({ place, derived, atlas }) => [
    ...(place && 'folder' in place ? [place] : []),
    ...(derived ? [derived] : []),
    ...(atlas ? [atlas] : []),
  ]);

async function* pieces(site: Site, { base, store, http }: Around): AsyncGenerator<void, void, undefined> {
  for (const { folder, files } of foldersOf(site)) {
    const from = piecesFolder(new URL(`${folder}/`, base), files, { ...http, store });
    for (const [name, { bytes, pieceBytes }] of Object.entries(files)) {
      const source = (await from.open(name))!;
      for (let start = 0; start < bytes; start += pieceBytes) {
        await source.slice(start, Math.min(bytes, start + pieceBytes));
        yield;
      }
    }
  }
}
