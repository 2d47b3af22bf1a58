import { existsSync } from 'node:fs';
import chromiumPackage from '@sparticuz/chromium';
import { type Browser, chromium } from 'playwright-core';

/** Why a test that needs a browser was skipped. */
export const NO_CHROMIUM = ' (skipped: no Chromium here; name one by WEIGHTSCOPE_CHROMIUM)';

/** A headless Chromium: WEIGHTSCOPE_CHROMIUM, or the one that npm brings (Linux x64). Undefined where neither runs. */
export async function launchChromium(args: string[] = []): Promise<Browser | undefined> {
  const named = process.env.WEIGHTSCOPE_CHROMIUM;
  if (!named && (process.platform !== 'linux' || process.arch !== 'x64')) return undefined;
  const executablePath = named ?? (await chromiumPackage.executablePath());
  if (!existsSync(executablePath)) return undefined;
  return chromium.launch({ executablePath, args: ['--no-sandbox', ...args] });
}
