import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { environment, main } from './e2e/run-cli.ts';
import { root } from './packed.ts';

/** A running `weightscope explore`, in a process of its own. */
export interface Explorer {
  origin: string;
  /** With the token. */
  url: string;
  stop(): Promise<void>;
}

/** Starts the built command on a free port. `sample` has only the atlases that are named. */
export async function startExplorer(...args: string[]): Promise<Explorer> {
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
  { origin, url }: Explorer,
  path: string,
  options: BrowserContextOptions = {},
): Promise<Watched> {
  // Without motion a page is always in a state that can be looked at.
  const still = { reducedMotion: 'reduce', viewport: { width: 1360, height: 900 } } as const;
  const context = await browser.newContext({ ...still, ...options });
  const { host, searchParams } = new URL(url);
  await context.addCookies([
    { name: `weightscope-${host.split(':')[1]}`, value: searchParams.get('token')!, url: origin, httpOnly: true },
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
  await page.goto(`${origin}${path}`);
  return { page, problems };
}

const ARTEFACTS = join(root, 'test/artefacts');

/** Keeps a picture of a page for people to look at: test/artefacts/explorer-NAME.png. */
export async function keepPicture(page: Page, name: string, fullPage = true): Promise<void> {
  mkdirSync(ARTEFACTS, { recursive: true });
  writeFileSync(join(ARTEFACTS, `explorer-${name}.png`), await page.screenshot({ fullPage, animations: 'disabled' }));
}

/** With WEIGHTSCOPE_PICTURES=docs/images, what docs/explorer.md shows of a page. */
export async function documentPicture(page: Page, name: string): Promise<void> {
  const folder = process.env.WEIGHTSCOPE_PICTURES;
  if (!folder) return;
  const size = page.viewportSize()!;
  await page.setViewportSize({ width: 1120, height: 540 });
  // What is still being computed is no sight.
  const loading = page.locator('.state.loading');
  while ((await loading.count()) > 0) await loading.first().waitFor({ state: 'detached' });
  mkdirSync(join(root, folder), { recursive: true });
  writeFileSync(join(root, folder, `explorer-${name}.png`), await page.screenshot({ animations: 'disabled' }));
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
