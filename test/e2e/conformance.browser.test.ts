import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'vite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { launchChromium } from '../chromium.ts';
import { root } from '../packed.ts';
import { serveFolder } from '../serve.ts';

/** Runs every `step`-th case over the WASM engine and the oracle; returns what failed. */
const PAGE = `
import { conformanceCases } from '${join(root, 'dist/engine/conformance/cases.js')}';
import { referenceEngine } from '${join(root, 'dist/engine/reference/reference.js')}';
import { wasmEngine } from '${join(root, 'dist/engine/wasm/wasm.js')}';
window.run = async (step) => {
  const [engine, oracle] = [await wasmEngine(), referenceEngine()];
  const failures = [];
  let ran = 0;
  for (let i = 0; i < conformanceCases.length; i += step) {
    const { name, run } = conformanceCases[i];
    await run(engine, oracle).catch((error) => failures.push(name + ': ' + error.message));
    ran++;
  }
  await engine.close();
  return { ran, failures, description: engine.description };
};`;

const browser = await launchChromium();
const title = browser ? '' : ' (skipped: no Chromium here; name one by WEIGHTSCOPE_CHROMIUM)';

describe.skipIf(!browser)(`the engine's conformance suite in Chromium${title}`, () => {
  let folder: string;

  beforeAll(async () => {
    const project = mkdtempSync(join(tmpdir(), 'weightscope-conformance-'));
    writeFileSync(join(project, 'index.html'), '<!doctype html><script type="module" src="/main.js"></script>');
    writeFileSync(join(project, 'main.js'), PAGE);
    await build({ root: project, logLevel: 'error', build: { target: 'esnext' } });
    folder = join(project, 'dist');
  });

  afterAll(() => browser?.close());

  const isolated = { 'cross-origin-opener-policy': 'same-origin', 'cross-origin-embedder-policy': 'require-corp' };
  it.each([
    ['on web workers over shared memory, all cases', isolated, 1, /worker threads/],
    ['without cross-origin isolation on one thread, every third case', {}, 3, /one thread/],
  ])(
    'holds %s',
    async (_, headers, step, description) => {
      const server = await serveFolder(folder, headers);
      const page = await browser!.newPage();
      try {
        await page.goto(server.url);
        await page.waitForFunction('window.run');
        const result = (await page.evaluate(`window.run(${step})`)) as {
          ran: number;
          failures: string[];
          description: string;
        };
        expect(result.failures).toEqual([]);
        expect(result.ran).toBeGreaterThan(70);
        expect(result.description).toMatch(description);
      } finally {
        await page.close();
        await server.close();
      }
    },
    600_000,
  );
});
