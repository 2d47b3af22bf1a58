import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'vite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Manifest } from '../../src/atlas/schema.ts';
import { seeded } from '../../src/reading/random.ts';
import { root } from '../packed.ts';

let folder: string;
let child: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'weightscope-atlas-'));
  await build({
    root,
    logLevel: 'error',
    ssr: { noExternal: /^(?!@duckdb)/ },
    build: { ssr: join(root, 'test/e2e/atlas-child.ts'), outDir: folder, emptyOutDir: false, copyPublicDir: false },
  });
  child = join(folder, 'atlas-child.js');
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

function run(atlas: string, dieAt: number, how: 'kill' | 'interrupt') {
  const { stdout, stderr, signal, status } = spawnSync(process.execPath, [child, atlas, `${dieAt}`, how], {
    encoding: 'utf8',
  });
  const units = (verb: string) => [...stdout.matchAll(new RegExp(`^${verb} (\\w+)$`, 'gm'))].map(([, id]) => id);
  return {
    signal,
    status,
    stderr,
    begun: units('begin'),
    finished: units('finish'),
    complete: /^complete$/m.test(stdout),
  };
}

const manifestOf = (atlas: string): Manifest => JSON.parse(readFileSync(join(atlas, 'manifest.json'), 'utf8'));

describe('an atlas build that is interrupted again and again', () => {
  it.each([
    ['kill', 12, 22],
    ['interrupt', 40, 3],
  ] as const)(
    'gives by its last resume the files of an undisturbed run, no finished unit computed again (%s)',
    (how, within, least) => {
      const undisturbed = join(folder, `undisturbed-${how}`);
      expect(run(undisturbed, -1, how)).toMatchObject({ complete: true, stderr: '' });
      const atlas = join(folder, `disturbed-${how}`);
      const random = seeded(11);
      const done = new Set<string>();
      let deaths = 0;
      for (let complete = false; !complete; ) {
        // A few events on, later more of them (merging begins anew each time): within a unit, or in the middle of
        // writing a file, the receipt or the manifest.
        const { begun, finished, signal, status, stderr, ...end } = run(
          atlas,
          1 + Math.floor(random() * (deaths < least ? within : 60)),
          how,
        );
        expect(stderr).toBe('');
        expect(begun.filter((id) => done.has(id))).toEqual([]);
        for (const id of finished) done.add(id);
        complete = end.complete;
        if (!complete) {
          expect(how === 'kill' ? signal : status).toBe(how === 'kill' ? 'SIGKILL' : 130);
          deaths++;
        }
        expect(deaths).toBeLessThan(200);
      }
      expect(deaths).toBeGreaterThanOrEqual(least);
      const { files, ...rest } = manifestOf(atlas);
      const { files: expected, ...whole } = manifestOf(undisturbed);
      expect(rest).toEqual(whole);
      expect(files).toEqual(expected);
      const listed = readdirSync(atlas, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
      expect(listed).toHaveLength(files.length + 1);
    },
  );
});
