import { expect, it } from 'vitest';
import { heatMapSvg } from './heat-svg.ts';

const drawing = (n: number) => ({
  title: 'value vectors <of> "a" & b',
  subtitle: '',
  rowName: 'layer of a',
  columnName: 'layer of b',
  rows: Array.from({ length: n }, (_, i) => i),
  columns: Array.from({ length: n }, (_, i) => i),
  values: Array.from({ length: n }, (_, i) => Array.from({ length: n }, (_, j) => 1 / (1 + Math.abs(i - j)))),
  framed: [[0, 0]] as const,
  frame: 'matched',
});

it('draws every cell, escapes what models are called, and keeps large maps small', () => {
  for (const n of [1, 4, 80]) {
    const svg = heatMapSvg(drawing(n));
    expect(svg.match(/<title>/g)).toHaveLength(n * n);
    expect(svg).toContain('&lt;of&gt; &quot;a&quot; &amp; b');
    expect(svg).not.toContain('NaN');
    expect(Number(/width="(\d+)/.exec(svg)![1])).toBeLessThan(800);
  }
});
