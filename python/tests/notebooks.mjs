// A neuron, a head and a token as cards in a real JupyterLab and in a marimo run, in a browser without a screen that
// reaches nothing but this machine; and no process is left where a kernel is killed.
//     node python/tests/notebooks.mjs BIN
// BIN: the programs of an environment with './python[widget]', jupyterlab and marimo. Pictures: test/artefacts/, and
// with WEIGHTSCOPE_PICTURES=docs/images the one of docs/python.md.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as later } from 'node:timers/promises';
import chromiumPackage from '@sparticuz/chromium';
import { chromium } from 'playwright-core';
import { openModel, readHead, readNeuron } from '../../dist/node.js';

const bin = resolve(process.argv[2]);
const PATIENCE = 90_000;
const pictures = join(import.meta.dirname, '../../test/artefacts');
mkdirSync(pictures, { recursive: true });
const place = mkdtempSync(join(tmpdir(), 'weightscope-notebooks-'));
const work = join(place, 'work');
mkdirSync(work);
const started = [];

const OPEN = 'import weightscope as ws\n\nmodel = ws.open("sample")';
const PIDS = 'import os\nprint("pids", os.getpid(), model._session._process.pid)';
const SHOWN = ['model.neuron(4, 100, k=8, bottom=3)', 'model.head(1, 5, k=8, above=75)', 'model.token(3261)'];

/** What the library's own functions give: the words that have to stand on the cards, in their order. */
const sample = await openModel('sample');
const { parts } = await readNeuron(sample, 4, 100, { k: 8, bottom: 3 });
const { vo, qk } = await readHead(sample, 1, 5, { k: 8, above: 75 });
const labels = (tokens) => tokens.map(({ label }) => label);
const NEURON = ['key', 'up', 'value'].flatMap((part) => [parts[part].top, parts[part].bottom].flatMap(labels));
const HEAD = [qk, vo].flatMap(({ pairs }) => pairs.map(({ first, second }) => `${first.label} → ${second.label}`));

function start(program, ...args) {
  const child = spawn(join(bin, program), args, {
    cwd: work,
    detached: true, // a group of its own, which is ended whole
    env: { ...process.env, HOME: place, JUPYTER_CONFIG_DIR: join(place, 'config'), PYTHONUNBUFFERED: '1' },
  });
  started.push(child);
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text) => (said += text));
  return { child, said: () => said };
}

async function until(what, happens) {
  const end = Date.now() + PATIENCE;
  for (;;) {
    const found = await happens();
    if (found) return found;
    if (Date.now() > end) throw new Error(`Waited in vain for ${what}.`);
    await later(50);
  }
}

/** Whether a process is there: not ended, nor a zombie that nobody asked after. */
const alive = (pid) =>
  existsSync(`/proc/${pid}/stat`) && !/^[ZX]/.test(readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1));

async function seeCards(page, name) {
  const cards = page.locator('.notebook-card');
  await cards.nth(2).waitFor();
  const words = (at) =>
    cards
      .nth(at)
      .locator('tbody .token')
      .evaluateAll((all) => all.map(({ title }) => title));
  // A card is in the page before its words are drawn.
  for (const at of [0, 1]) await until('the words of a card', async () => (await words(at)).length > 0);
  assert.deepEqual(await words(0), NEURON);
  assert.deepEqual(await words(1), HEAD);
  assert.match(await cards.nth(1).innerText(), /4,889 pairs above 75/);
  assert.equal(await cards.nth(2).getByRole('heading').innerText(), 'token ·King');
  await page.screenshot({ path: join(pictures, `notebook-${name}.png`) });
}

async function seeJupyterLab(browser) {
  const cells = [OPEN, ...SHOWN, PIDS].map((source, i) => ({
    ...{ cell_type: 'code', id: `cell${i}`, execution_count: null, metadata: {}, outputs: [], source },
  }));
  const settings = join(place, 'config/lab/user-settings/@jupyterlab/apputils-extension');
  mkdirSync(settings, { recursive: true });
  writeFileSync(join(settings, 'notification.jupyterlab-settings'), '{"fetchNews": "false"}');
  const kernelspec = { name: 'python3', display_name: 'Python 3', language: 'python' };
  const notebook = { cells, metadata: { kernelspec }, nbformat: 4, nbformat_minor: 5 };
  writeFileSync(join(work, 'cards.ipynb'), JSON.stringify(notebook));
  const { said } = start(
    'jupyter-lab',
    '--no-browser',
    '--allow-root',
    '--ServerApp.port=0',
    '--IdentityProvider.token=t',
  );
  const [, origin] = await until('JupyterLab', () =>
    /(http:\/\/(?:127\.0\.0\.1|localhost):\d+)\/lab\?token/.exec(said()),
  );
  const page = await open(browser, `${origin.replace('localhost', '127.0.0.1')}/lab/tree/cards.ipynb?token=t`);
  await page.getByText('| Idle').waitFor(); // a cell that is run before its kernel is there does not run
  await page.locator('.jp-Cell').first().click();
  await page.keyboard.press('Control+b'); // the list of files goes
  for (const _ of cells) await page.keyboard.press('Shift+Enter');
  await seeCards(page, 'jupyterlab');
  await documentPicture(page);
  const printed = await page.locator('.jp-OutputArea-output', { hasText: /^pids/ }).innerText();
  const [kernel, node] = /^pids (\d+) (\d+)/.exec(printed).slice(1).map(Number);
  assert.ok(alive(node));
  process.kill(kernel, 'SIGKILL');
  await until('the process of a killed kernel to end', () => !alive(node));
  await page.close();
}

async function documentPicture(page) {
  const folder = process.env.WEIGHTSCOPE_PICTURES;
  if (!folder) return;
  await page.setViewportSize({ width: 1120, height: 760 });
  await page.locator('.jp-Cell').first().click();
  await page.screenshot({ path: join(folder, 'python-jupyterlab.png'), animations: 'disabled' });
}

async function seeMarimo(browser) {
  const cells = SHOWN.map((one) => `@app.cell\ndef _(model):\n    ${one}\n    return\n`);
  const opening = `@app.cell\ndef _():\n    ${OPEN.replaceAll('\n', '\n    ')}\n    return (model,)\n`;
  writeFileSync(join(work, 'cards.py'), `import marimo\n\napp = marimo.App()\n${opening}\n${cells.join('\n')}`);
  const port = await freePort();
  start('marimo', 'run', 'cards.py', '--headless', '--no-token', '--host', '127.0.0.1', '--port', String(port));
  await until('marimo', () =>
    fetch(`http://127.0.0.1:${port}`).then(
      ({ ok }) => ok,
      () => false,
    ),
  );
  const page = await open(browser, `http://127.0.0.1:${port}`);
  await seeCards(page, 'marimo');
  await page.close();
}

async function open(browser, address) {
  const page = await browser.newPage({ viewport: { width: 1280, height: 1400 }, reducedMotion: 'reduce' });
  page.setDefaultTimeout(PATIENCE);
  await page.goto(address);
  return page;
}

async function freePort() {
  const server = createServer();
  await new Promise((heard) => server.listen(0, '127.0.0.1', heard));
  const { port } = server.address();
  await new Promise((closed) => server.close(closed));
  return port;
}

const executablePath = process.env.WEIGHTSCOPE_CHROMIUM ?? (await chromiumPackage.executablePath());
const args = ['--no-sandbox', '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1'];
const browser = await chromium.launch({ executablePath, args });
try {
  await seeJupyterLab(browser);
  console.log('cards in JupyterLab, and no process after a killed kernel: as they should be');
  await seeMarimo(browser);
  console.log('cards in marimo: as they should be');
} finally {
  await browser.close();
  for (const { pid } of started) {
    try {
      process.kill(-pid, 'SIGTERM');
    } catch {} // it ended
  }
  await sample.close();
  rmSync(place, { recursive: true, force: true });
}
