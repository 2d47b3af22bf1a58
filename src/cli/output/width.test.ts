import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { displayWidth, fit, truncate } from './width.ts';

describe('displayWidth', () => {
  it("agrees with Python's unicodedata on the first plane (fixtures/widths.py)", () => {
    const runs: [number, number, number][] = JSON.parse(
      readFileSync(new URL('../fixtures/widths.json', import.meta.url), 'utf8'),
    );
    const wrong: string[] = [];
    for (const [first, last, width] of runs) {
      for (let code = first; code <= last; code++) {
        const text = String.fromCodePoint(code);
        // Gaps in the golden, and what its Unicode version did not know yet.
        if (/[\p{Cn}\p{Co}\p{Cs}]/u.test(text)) continue;
        if (displayWidth(text) !== width) wrong.push(`U+${code.toString(16)}: ${displayWidth(text)}, not ${width}`);
      }
    }
    expect(wrong).toEqual([]);
  });

  it.each([
    ['·Prince', 7],
    ['日本語', 6],
    ['한글', 4],
    ['ｱｲｳ', 3],
    ['é', 1],
    ['e\u0301', 1],
    ['नमस्ते', 4],
    ['👑', 2],
    ['👩\u200d🔬', 2],
    ['❤\ufe0f', 2],
    ['\u0301', 0],
    ['↵', 1],
    ['\\xe6\\x97', 8],
    ['', 0],
  ])('%j takes %i columns', (text, width) => {
    expect(displayWidth(text)).toBe(width);
  });
});

describe('fit', () => {
  it('fills and cuts to exactly the columns asked for', () => {
    expect(fit('king', 6, 'left')).toBe('king  ');
    expect(fit('king', 6, 'right')).toBe('  king');
    expect(fit('kingdoms', 6, 'left')).toBe('kingd…');
    expect(fit('日本語', 5, 'left')).toBe('日本…');
    expect(fit('日本語', 4, 'left')).toBe('日… ');
    expect(fit('anything', 0, 'left')).toBe('');
  });

  it('keeps marks with their character', () => {
    expect(truncate('e\u0301e\u0301e\u0301', 2)).toBe('e\u0301…');
  });
});
