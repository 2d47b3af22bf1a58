import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { environment, main, weightscope } from './e2e/run-cli.ts';
import { root } from './packed.ts';
import { type StaticServer, serveFolder } from './serve.ts';

/**
 * With WEIGHTSCOPE_EXPLORER=site every explorer is what `weightscope site` writes, in a subfolder of a host that sends
 * no special headers and knows no ranges: the pages must be the same.
 */
export const asSite = (): boolean => process.env.WEIGHTSCOPE_EXPLORER === 'site';

/** A running `weightscope explore`, in a process of its own, or a site on a host of this process. */
export interface Explorer {
  origin: string;
  /** What the addresses of pages begin with. */
  base: string;
  /** Of a server, with the token. */
  url: string;
  stop(): Promise<void>;
}

/** Starts the built command on a free port, or writes a site. `sample` has only the atlases that are named. */
export const startExplorer = (...args: string[]): Promise<Explorer> =>
  asSite() ? startSite(args) : startServer(...args);

/** Writes a site into a subfolder, on a host that knows neither ranges nor special headers. */
export async function startSite(
  args: readonly string[] = [],
  env: Record<string, string> = {},
): Promise<Explorer & { server: StaticServer }> {
  const folder = mkdtempSync(join(tmpdir(), 'weightscope-site-'));
  const { status, stderr } = await weightscope(['site', ...args, '-o', join(folder, 'papers', 'site'), '--quiet'], {
    env,
  });
  if (status !== 0) throw new Error(`site ended with ${status}: ${stderr}`);
  const server = await serveFolder(folder, {}, { ranges: false });
  return {
    server,
    url: `${server.url}/papers/site/`,
    origin: server.url,
    base: `${server.url}/papers/site/#`,
    async stop() {
      await server.close();
      rmSync(folder, { recursive: true });
    },
  };
}

/** Starts the built command on a free port. */
export async function startServer(...args: string[]): Promise<Explorer> {
  const child = spawn(process.execPath, [main, 'explore', ...args, '--port', '0', '--no-atlas', '--quiet'], {
    cwd: root,
    env: environment(),
  });
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve));
  let said = '';
  const url = await new Promise<string>((resolve, reject) => {
    const listen = (text: string): void => {
      said += text;
      const found = /^ *(http:\S+token=\S+)$/m.exec(said);
      if (found) resolve(found[1]);
    };
    child.stdout.setEncoding('utf8').on('data', listen);
    child.stderr.setEncoding('utf8').on('data', listen);
    void ended.then((status) => reject(new Error(`explore ended with ${status}: ${said}`)));
  });
  return {
    url,
    origin: new URL(url).origin,
    base: new URL(url).origin,
    async stop() {
      child.kill();
      await ended;
    },
  };
}

/** What went wrong in a page while a test looked at it. */
export interface Watched {
  page: Page;
  /** Errors, failed requests, and requests to other hosts, which are refused. */
  problems: string[];
}

/** A page of the explorer's own browser context, that can reach the explorer and nothing else. */
export async function openExplorer(
  browser: Browser,
  { origin, url, base }: Explorer,
  path: string,
  options: BrowserContextOptions = {},
): Promise<Watched> {
  // Without motion a page is always in a state that can be looked at.
  const still = { reducedMotion: 'reduce', viewport: { width: 1360, height: 900 } } as const;
  const context = await browser.newContext({ ...still, ...options });
  const { host, searchParams } = new URL(url);
  const token = searchParams.get('token');
  if (token)
    await context.addCookies([
      { name: `weightscope-${host.split(':')[1]}`, value: token, url: origin, httpOnly: true },
    ]);
  const problems: string[] = [];
  await context.route('**/*', async (route) => {
    const to = route.request().url();
    if (new URL(to).origin === origin || to.startsWith('blob:') || to.startsWith('data:')) return route.continue();
    problems.push(`a request to ${to}`);
    return route.abort();
  });
  // Other work may keep the machine busy.
  context.setDefaultTimeout(90_000);
  const page = await context.newPage();
  page.on('pageerror', (error) => problems.push(String(error)));
  page.on('console', (message) => {
    if (message.type() === 'error') problems.push(message.text());
  });
  page.on('response', (response) => {
    if (response.status() >= 400) problems.push(`${response.status()} for ${response.url()}`);
  });
  await page.goto(`${base}${path}`);
  if (base !== origin && options.serviceWorkers !== 'block') await isolated(page);
  return { page, problems };
}

/**
 * A site's page is loaded once more at the first visit, for its threads; where the machine is so busy that a first view
 * began without, by hand.
 */
async function isolated(page: Page): Promise<void> {
  await page.waitForFunction("crossOriginIsolated || document.querySelector('main')");
  if (await page.evaluate('crossOriginIsolated')) return;
  await page.waitForFunction('navigator.serviceWorker.controller');
  await page.reload();
  await page.waitForFunction('crossOriginIsolated');
}

const ARTEFACTS = join(root, 'test/artefacts');

/** Keeps a picture of a page for people to look at: test/artefacts/explorer-NAME.png. */
export async function keepPicture(page: Page, name: string, fullPage = true): Promise<void> {
  mkdirSync(ARTEFACTS, { recursive: true });
  writeFileSync(join(ARTEFACTS, `explorer-${name}.png`), await page.screenshot({ fullPage, animations: 'disabled' }));
}

/** A page that has asked nothing for so long has all that it shows. */
const QUIET_MS = 3000;

/** With WEIGHTSCOPE_PICTURES=docs/images, what the documents show of a page: NAME.png there. */
export async function documentPicture(
  page: Page,
  name: string,
  { width = 1120, height = 540 }: { width?: number; height?: number } = {},
): Promise<void> {
  const folder = process.env.WEIGHTSCOPE_PICTURES;
  if (!folder) return;
  const size = page.viewportSize()!;
  await page.setViewportSize({ width, height });
  // What is still being computed is no sight; words of rows are read one after the other, without a sign of it.
  let last = Date.now();
  const heard = (): void => {
    last = Date.now();
  };
  page.on('request', heard).on('requestfinished', heard);
  const waiting = page.locator('.state.loading').or(page.getByText('reading …'));
  while ((await waiting.count()) > 0 || Date.now() - last < QUIET_MS) await page.waitForTimeout(100);
  page.off('request', heard).off('requestfinished', heard);
  mkdirSync(join(root, folder), { recursive: true });
  writeFileSync(join(root, folder, `${name}.png`), await page.screenshot({ animations: 'disabled' }));
  await page.setViewportSize(size);
}

const AXE = readFileSync(join(root, 'node_modules/axe-core/axe.min.js'), 'utf8');

interface AxeResult {
  violations: { id: string; impact: string | null; help: string; nodes: { html: string }[] }[];
}

/** All findings of axe-core, in words. */
export async function accessibilityProblems(page: Page): Promise<string[]> {
  // The page's own policy lets no foreign script in; Playwright evaluates beside it.
  await page.evaluate(AXE);
  const { violations } = (await page.evaluate('axe.run()')) as AxeResult;
  return violations.map(
    ({ id, impact, help, nodes }) =>
      `${id} (${impact}): ${help}: ${nodes.length} such as ${nodes[0].html.slice(0, 300)}`,
  );
}
