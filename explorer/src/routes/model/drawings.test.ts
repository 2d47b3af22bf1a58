import { expect, test } from 'vitest';
import { colourScale } from './columns.ts';
import { gridSvg, legendOf, violinsSvg } from './drawings.ts';

const count = (text: string, what: string) => text.split(what).length - 1;

test('a saved grid has a rectangle per head, in the colour of its sign and as strong as its value', () => {
  const svg = gridSvg(
    [
      [1, -0.5],
      [null, 0],
    ],
    { low: -1, high: 1, signed: true },
  );
  expect(count(svg, '<rect')).toBe(4);
  expect(svg).toContain('fill="var(--write)" fill-opacity="0.940"');
  expect(svg).toContain('fill="var(--opposite)" fill-opacity="0.500"');
  expect(svg).toContain('fill="var(--shade)" fill-opacity="1.000"');
  expect(gridSvg([[1]], { low: 0, high: 1, signed: false })).toContain('var(--read)');
});

test('saved violins have a shape and a number per layer', () => {
  const svg = violinsSvg(['M0,0Z', 'M1,1Z', ''], 150, ['−1.00', '1.00']);
  expect(count(svg, '<path')).toBe(3);
  expect(count(svg, '<text')).toBe(2 + 3);
});

test('a scale that ends before the values do says where it ends', () => {
  const values = Array.from({ length: 1000 }, (_, i) => i);
  expect(legendOf(colourScale(values)).map(({ label }) => label)).toEqual([
    'from 10.0 or less (pale) to 989 or more (full), 1st to 99th percentile',
  ]);
  expect(legendOf(colourScale([...values, -2000].map((value) => value - 500)))[1]!.label).toMatch(
    /^below zero, full colour at .+ or less, 1st or 99th percentile$/,
  );
  expect(legendOf(colourScale([1, 2, 3]))[0]!.label).toBe('from 1.00 (pale) to 3.00 (full)');
});
