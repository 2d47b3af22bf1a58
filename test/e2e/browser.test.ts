import { copyFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { build } from 'vite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openModel, readHead, readNeuron } from '../../src/node.ts';
import { launchChromium } from '../chromium.ts';
import { projectWithPackage, root } from '../packed.ts';
import { type StaticServer, serveFolder } from '../serve.ts';

const PAGE = `
import { defaultEngine, openModel, readHead, readNeuron } from 'weightscope';
window.read = async () => {
  const model = await openModel(new URL('/sample.gguf', location.href).href);
  const neuron = await readNeuron(model, 4, 100, { k: 20, normalize: 'none' });
  const opened = performance.getEntriesByType('resource').length;
  const head = await readHead(model, 1, 5, { k: 20, normalize: 'none' });
  return { neuron, head, opened, isolated: crossOriginIsolated, engine: (await defaultEngine()).description };
};`;

const ISOLATED = { 'cross-origin-opener-policy': 'same-origin', 'cross-origin-embedder-policy': 'require-corp' };

const browser = await launchChromium();
const title = browser ? '' : ' (skipped: no Chromium here; name one by WEIGHTSCOPE_CHROMIUM)';

describe.skipIf(!browser)(`the packed package, bundled by Vite, in Chromium${title}`, () => {
  let folder: string;

  beforeAll(async () => {
    const project = projectWithPackage();
    writeFileSync(
      join(project, 'index.html'),
      '<!doctype html><title>t</title><script type="module" src="/main.js"></script>',
    );
    writeFileSync(join(project, 'main.js'), PAGE);
    await build({ root: project, logLevel: 'error', build: { target: 'esnext' } });
    folder = join(project, 'dist');
    copyFileSync(join(root, 'models/sample.gguf'), join(folder, 'sample.gguf'));
  });

  afterAll(() => browser?.close());

  for (const [name, headers] of [
    ['with cross-origin isolation', ISOLATED],
    ['without', {}],
  ] as const) {
    it(`reads a neuron and a head of the sample over HTTP ranges, ${name}`, async () => {
      const server = await serveFolder(folder, headers);
      try {
        const { answer, errors } = await readInPage(browser!, server);
        expect(errors).toEqual([]);
        expect(answer.isolated).toBe(name.startsWith('with '));
        const model = await openModel('sample');
        const plain = (reading: object) => ({ ...reading, model: undefined });
        expect(plain(answer.neuron)).toEqual(plain(await readNeuron(model, 4, 100, { k: 20, normalize: 'none' })));
        expect(plain(answer.head)).toEqual(plain(await readHead(model, 1, 5, { k: 20, normalize: 'none' })));
        // E (10 MB of Q8_0), the header with the tokenizer (1 MB), and two layers' tensors; not the whole file.
        expect(server.sent('sample.gguf')).toBeLessThan(16e6);
      } finally {
        await server.close();
      }
    });
  }
});

async function readInPage(browser: Browser, server: StaticServer) {
  const page = await browser.newPage();
  const errors: string[] = [];
  page.on('pageerror', (error) => errors.push(String(error)));
  page.on('console', (message) => message.type() === 'error' && errors.push(message.text()));
  await page.goto(server.url);
  await page.waitForFunction('window.read');
  // biome-ignore lint/suspicious/noExplicitAny: whatever the page returns is compared as it is
  const answer = (await page.evaluate('window.read()')) as any;
  await page.close();
  return { answer, errors: errors.filter((text) => !text.includes('favicon')) };
}
