import { execFile } from 'node:child_process';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { at, COMMIT, dir, files, freshHubs, hub, open, read } from '../../test/hub-fixture.ts';

freshHubs();

const run = promisify(execFile);
const python = process.env.WEIGHTSCOPE_PYTHON ?? '';
describe.skipIf(!python)(
  `with Python's huggingface_hub${python ? '' : ' (skipped: set WEIGHTSCOPE_PYTHON to a python that has it)'}`,
  () => {
    const snapshot = async (options: string, env: Record<string, string> = {}) => {
      const code = `from huggingface_hub import snapshot_download\nprint(snapshot_download("org/tiny", ${options}))`;
      const inherited = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(HF|HUGGING)/.test(name)));
      const { stdout } = await run(python, ['-c', code], {
        env: { ...inherited, HF_ENDPOINT: hub.url, HF_HOME: join(dir, 'home'), HF_HUB_CACHE: dir, ...env },
      });
      return stdout.trim();
    };

    test('what it fetched is read without fetching anything, with and without links', async () => {
      for (const env of [undefined, { HF_HUB_DISABLE_SYMLINKS: '1' }]) {
        await rm(at(), { recursive: true, force: true });
        await snapshot('', env);
        hub.log.length = 0;
        for (const offline of [true, false]) {
          const folder = await open('org/tiny', { offline });
          expect((await folder.list())!.sort()).toEqual(Object.keys(files()).sort());
          for (const [name, { bytes }] of Object.entries(files()))
            expect(Buffer.compare(await read(folder, name), bytes)).toBe(0);
          if (offline) expect(hub.log).toEqual([]);
        }
        expect(hub.transfers).toEqual([]);
      }
    });

    test('what we fetched it loads from the cache, and finds complete when online', async () => {
      const folder = await open();
      for (const name of Object.keys(files())) await folder.open(name);
      hub.log.length = 0;
      const path = await snapshot('local_files_only=True');
      expect(hub.log).toEqual([]);
      expect(path).toBe(at('snapshots', COMMIT));
      for (const [name, { bytes }] of Object.entries(files()))
        expect(Buffer.compare(await readFile(join(path, name)), bytes)).toBe(0);
      await snapshot('');
      expect(hub.transfers).toEqual([]);
    });
  },
);
