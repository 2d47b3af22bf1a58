import { readFileSync } from 'node:fs';

/** The version that the package says. */
export function packageVersion(): string {
  // Two folders up, both from src/cli/ and from dist/cli/.
  return JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')).version;
}
