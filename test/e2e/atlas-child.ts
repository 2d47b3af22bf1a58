// Builds an atlas of a tiny model and dies on the way, as the arguments say: FOLDER, the event at which it dies (engine
// calls and writes are counted), and how. It prints what it does with units: `begin ID`, `finish ID`, then `complete`.
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { buildAtlas, folderStore } from '../../src/atlas/atlas.node.ts';
import { removeUnfinished } from '../../src/atlas/store.node.ts';
import type { Store } from '../../src/atlas/store.ts';
import type { Engine } from '../../src/engine/engine.ts';
import { referenceEngine } from '../../src/engine/reference/reference.ts';
import { tinyModel } from '../tiny-model.ts';

const [folder, dieAt, how] = process.argv.slice(2);
const controller = new AbortController();
process.on('SIGINT', () => controller.abort());
const say = (text: string) => writeFileSync(1, `${text}\n`);

let events = 0;
const dies = (): boolean => ++events === Number(dieAt);
const die = (): void => {
  process.kill(process.pid, how === 'interrupt' ? 'SIGINT' : 'SIGKILL');
};

const inner = referenceEngine();
const engine: Engine = {
  ...inner,
  topRows: async (x, e, options) => finished(await inner.topRows(x, e, options)),
  topPairs: async (a, b, options) => finished(await inner.topPairs(a, b, options)),
  columnMeans: async (x, e, options) => finished(await inner.columnMeans(x, e, options)),
};

/** The engine has its answer, the unit does not. */
function finished<T>(answer: T): T {
  if (dies()) die();
  return answer;
}

const disk = folderStore(folder);
const idOf = (name: string): string | undefined => /^parts\/([0-9a-f]{32})\.json$/.exec(name)?.[1];
const store: Store = {
  ...disk,
  async get(name) {
    const bytes = await disk.get(name);
    if (!bytes && idOf(name)) say(`begin ${idOf(name)}`);
    return bytes;
  },
  async put(name, bytes) {
    if (dies()) {
      // Half of the file is on the disk, under the temporary name of a put.
      if (how === 'kill') {
        mkdirSync(dirname(join(folder, name)), { recursive: true });
        writeFileSync(join(folder, `${name}.unfinished`), bytes.subarray(0, bytes.length >> 1));
      }
      die();
    }
    await disk.put(name, bytes);
    if (idOf(name)) say(`finish ${idOf(name)}`);
  },
};

const sizes = { layers: 3, neurons: 20, vocab: 120, hidden: 12, seed: 7 };
const rates = { means: 2e5, rows: 2e5, factors: 2e5, pairs: 2e5 };
try {
  await buildAtlas(tinyModel(sizes), store, {
    top: 10,
    pairs: 30,
    columns: 5,
    rates,
    engine,
    resume: true,
    signal: controller.signal,
  });
  removeUnfinished(folder);
  say('complete');
} catch (error) {
  if ((error as { code?: string }).code !== 'ABORTED') throw error;
  process.exitCode = 130;
}
