import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';

const ASSETS = fileURLToPath(new URL('../dist/assets', import.meta.url));
const built = existsSync(ASSETS);
const LIMIT = 400_000;

test.skipIf(!built)(
  built ? 'all scripts are under 400 kB compressed' : 'sizes of scripts (npm run build first)',
  () => {
    const scripts = readdirSync(ASSETS).filter((name) => extname(name) === '.js');
    const sizes = scripts.map((name) => gzipSync(readFileSync(join(ASSETS, name))).length);
    const total = sizes.reduce((sum, size) => sum + size, 0);
    console.log(`explorer/dist: ${scripts.length} scripts, ${total} bytes compressed one by one`);
    expect(scripts.length).toBeGreaterThan(0);
    expect(total).toBeLessThan(LIMIT);
  },
);
