import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { unpackedChromium } from './chromium.ts';

const folder = mkdtempSync(join(tmpdir(), 'weightscope-unpacked-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const elsewhere = process.platform !== 'linux' || process.arch !== 'x64';

it.skipIf(elsewhere)(
  'the browser of tests is whole for all who ask at once (npm brings one for Linux x64)',
  async () => {
    const [found, another] = await Promise.all([unpackedChromium(folder), unpackedChromium(folder)]);
    expect(another).toBe(found);
    expect(await unpackedChromium(folder)).toBe(found);
    expect(execFileSync(found, ['--version'], { encoding: 'utf8' })).toMatch(/^Chromium \d+/);
    expect(readdirSync(folder)).toHaveLength(1);
  },
);
