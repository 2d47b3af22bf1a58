import { describe, expect, it } from 'vitest';
import { hasColor, terminalOf } from './terminal.ts';

const tty = { isTTY: true, columns: 72 };

describe('hasColor', () => {
  it.each([
    ['a terminal', tty, {}, true],
    ['a pipe', {}, {}, false],
    ['a pipe in CI', {}, { CI: 'true' }, false],
    ['NO_COLOR', tty, { NO_COLOR: '1' }, false],
    ['NO_COLOR, empty', tty, { NO_COLOR: '' }, true],
    ['TERM=dumb', tty, { TERM: 'dumb' }, false],
    ['FORCE_COLOR on a pipe', {}, { FORCE_COLOR: '1' }, true],
    ['FORCE_COLOR=0', tty, { FORCE_COLOR: '0' }, false],
    ['both', tty, { NO_COLOR: '1', FORCE_COLOR: '1' }, false],
  ])('%s', (_, stream, env, expected) => {
    expect(hasColor(stream, env)).toBe(expected);
  });
});

describe('terminalOf', () => {
  it('takes COLUMNS, then the terminal, then 100', () => {
    expect(terminalOf(tty, { COLUMNS: '50' }).columns).toBe(50);
    expect(terminalOf(tty, {}).columns).toBe(72);
    expect(terminalOf({}, {}).columns).toBe(100);
    expect(terminalOf({}, { COLUMNS: '3' }).columns).toBe(24);
    expect(terminalOf({}, { COLUMNS: 'wide' }).columns).toBe(100);
  });
});
