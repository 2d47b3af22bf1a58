import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type Browser, chromium } from 'playwright-core';
import { root } from './packed.ts';

/** Why a test that needs a browser was skipped. */
export const NO_CHROMIUM = ' (skipped: no Chromium here; name one by WEIGHTSCOPE_CHROMIUM)';

/** A headless Chromium: WEIGHTSCOPE_CHROMIUM, or the one that npm brings (Linux x64). Undefined where neither runs. */
export async function launchChromium(args: string[] = []): Promise<Browser | undefined> {
  const named = process.env.WEIGHTSCOPE_CHROMIUM;
  if (!named && (process.platform !== 'linux' || process.arch !== 'x64')) return undefined;
  const executablePath = named ?? (await unpackedChromium());
  if (!existsSync(executablePath)) return undefined;
  return chromium.launch({ executablePath, args: ['--no-sandbox', ...args] });
}

const UNPACK = "const { default: brought } = await import('@sparticuz/chromium'); await brought.executablePath();";

/**
 * The program of the package, unpacked below `folder` once. The package by itself takes a file that another process is
 * still writing for one that is there: so each who finds none unpacks one apart, and the first to be done names it.
 */
export async function unpackedChromium(folder = tmpdir()): Promise<string> {
  const { version } = JSON.parse(readFileSync(join(root, 'node_modules/@sparticuz/chromium/package.json'), 'utf8'));
  const place = join(folder, `weightscope-chromium-${version}`);
  const program = join(place, 'chromium');
  if (existsSync(program)) return program;
  const own = mkdtempSync(`${place}-`);
  try {
    const env = { ...process.env, TMPDIR: own };
    await promisify(execFile)(process.execPath, ['--input-type=module', '-e', UNPACK], { cwd: root, env });
    renameSync(own, place);
  } catch (error) {
    rmSync(own, { recursive: true, force: true });
    if (!existsSync(program)) throw error;
  }
  return program;
}
