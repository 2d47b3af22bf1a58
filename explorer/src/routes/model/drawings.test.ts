import { expect, test } from 'vitest';
import { gridSvg, violinsSvg } from './drawings.ts';

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
