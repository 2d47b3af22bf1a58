import { WeightscopeError } from '../../errors.ts';
import { quote } from '../../quote.ts';
import { Pattern, PatternError } from '../../vocabulary/pattern.ts';

// Names of modules as PEFT's configs speak of them: by what a name ends with, or by Python's regular expressions. Both
// come from strangers: none is run as a backtracking expression, and what all take together is bounded.

const MAX_PATTERNS = 10_000;
const MAX_PATTERN = 500;
/** Comparisons and steps of all patterns of an entry, some seconds. */
const MAX_STEPS = 50_000_000;
/** Parts of a name that an ending may have: modules lie some six deep. */
const MAX_PARTS = 64;

/** A name, and what it ends with: `a.b.c`, `b.c`, `c`. */
function endingsOf(module: string): string[] {
  const found = [module];
  for (let at = module.lastIndexOf('.'); at >= 0 && found.length < MAX_PARTS; at = module.lastIndexOf('.', at - 1)) {
    found.push(module.slice(at + 1));
    if (at === 0) break;
  }
  return found;
}

/** What a table of names gives a module: the first in its order that is the module's name or its end. */
export function byEnding<T>(named: Iterable<readonly [string, T]>): (module: string) => T | undefined {
  const table = new Map<string, { at: number; value: T }>();
  let at = 0;
  for (const [name, value] of named) if (!table.has(name)) table.set(name, { at: at++, value });
  return (module) => {
    const found = endingsOf(module).flatMap((ending) => table.get(ending) ?? []);
    return found.reduce((a, b) => (b.at < a.at ? b : a), found[0])?.value;
  };
}

/** PEFT: a list of endings, or one expression for the whole name. */
export function matcher(value: unknown, name: string, file: string): (module: string) => boolean {
  if (typeof value === 'string') {
    const first = firstOf([value], name, file);
    return (module) => first(module) === 0;
  }
  if (!Array.isArray(value)) return () => false;
  const named = byEnding(value.flatMap((one) => (typeof one === 'string' ? [[one, true] as const] : [])));
  return (module) => named(module) === true;
}

/**
 * Which of the patterns is the first that a module's name is, or ends with, as PEFT's `get_pattern_key` finds it.
 * Throws `CONFIG_INVALID` for one that is no expression, and `FORMAT_LIMIT` where there are too many, or they take too
 * long.
 */
export function firstOf(patterns: readonly string[], name: string, file: string): (module: string) => number {
  if (patterns.length > MAX_PATTERNS)
    throw new WeightscopeError(
      'FORMAT_LIMIT',
      `Expected at most ${MAX_PATTERNS} patterns in \`${name}\` of ${file}, found ${patterns.length}.`,
    );
  let left = MAX_STEPS;
  const take = (steps: number): void => {
    left -= steps;
    if (left < 0)
      throw new WeightscopeError(
        'FORMAT_LIMIT',
        `Expected patterns in \`${name}\` of ${file} that the adapter's modules are soon compared with, found some that take too long; name modules in place of expressions.`,
      );
  };
  const tests = patterns.map((pattern) => endsWith(pattern, name, file, take));
  const known = new Map<string, number>();
  return (module) => {
    let found = known.get(module);
    if (found === undefined) {
      take(patterns.length);
      found = tests.findIndex((test) => test(module));
      known.set(module, found);
    }
    return found;
  };
}

function endsWith(
  pattern: string,
  name: string,
  file: string,
  take: (steps: number) => void,
): (module: string) => boolean {
  // Most are plain names, in which a dot may stand for any character.
  if (/^[\w.]*$/.test(pattern)) return (module) => isEnd(module, pattern);
  try {
    if (pattern.length > MAX_PATTERN) throw new PatternError('is too long');
    const expression = new Pattern(`(?:.*\\.)?(?:${fromPython(pattern)})`);
    return (module) => {
      take(module.length);
      return expression.isWhole(module, take);
    };
  } catch (cause) {
    if (!(cause instanceof PatternError)) throw cause;
    throw new WeightscopeError(
      'CONFIG_INVALID',
      `Expected a regular expression in \`${name}\` of ${file}, got ${quote(pattern)}, which ${cause.message}.`,
      { cause },
    );
  }
}

function isEnd(module: string, pattern: string): boolean {
  const start = module.length - pattern.length;
  if (start < 0 || (start > 0 && module[start - 1] !== '.')) return false;
  for (let i = pattern.length - 1; i >= 0; i--)
    if (pattern[i] !== '.' && pattern[i] !== module[start + i]) return false;
  return true;
}

/** What Python's expressions write otherwise: ends of the text, `{,n}`, groups with names. */
const fromPython = (pattern: string): string =>
  pattern
    .replace(/(?<!\\)((?:\\\\)*)\\Z/g, '$1$')
    .replace(/(?<!\\)((?:\\\\)*)\\A/g, '$1^')
    .replace(/\{,(\d+)\}/g, '{0,$1}')
    .replace(/\(\?P<\w*>/g, '(');
