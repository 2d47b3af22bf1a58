import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The package's folder: the nearest one with a package.json, above src/, dist/ and what is bundled of them. */
const ROOT = upTo(dirname(fileURLToPath(import.meta.url)));

function upTo(folder: string): string {
  return existsSync(join(folder, 'package.json')) || folder === dirname(folder) ? folder : upTo(dirname(folder));
}

/** The path of a file or folder that comes with the package, `models/sample.gguf` for one. */
export const inPackage = (path: string): string => join(ROOT, path);

/** The version that the package says. */
export const packageVersion = (): string => JSON.parse(readFileSync(inPackage('package.json'), 'utf8')).version;
