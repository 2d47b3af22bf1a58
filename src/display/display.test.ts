import { expect, it } from 'vitest';
import { displaying, framesOf, show } from './index.ts';
import { readingHtml, readingText } from './reading.ts';

const word = (id: number, label: string, score: number) => ({ id, token: label, label, score });
const neuron = {
  model: 'tiny',
  layer: 1,
  neuron: 2,
  normalize: 'freq',
  applied: { foldNorm: false, filters: ['no-special'], notes: [] },
  parts: { key: { top: [word(7, '<img src=x onerror=alert(1)>', 3)], bottom: [word(8, 'b', -1.5)] } },
};
const DISPLAY = Symbol.for('Jupyter.display');
const bundleOf = (value: object) => (value as Record<symbol, () => Record<string, string>>)[DISPLAY]();

it('writes the text of a model as text', () => {
  const html = readingHtml(neuron);
  expect(html).toContain('&lt;img src=x onerror=alert(1)&gt;');
  expect(html).not.toContain('<img');
  expect(html).toContain('neuron 1:2 of tiny');
  expect(html).toContain('normalised by freq · norm not folded in · only tokens that pass no-special');
});

it('shows words with bars by the longest of their list, lowest ones in their own', () => {
  const html = readingHtml({ ...neuron, parts: { value: { top: [word(1, 'a', 4), word(2, 'b', 1)], bottom: [] } } });
  expect(html).toContain('value (writes)');
  expect(html).toContain('width:100.0%');
  expect(html).toContain('width:25.0%');
  expect(readingHtml(neuron)).toContain('key (reads), lowest');
});

it('shows pairs with their exact count', () => {
  const pair = { first: { label: '·more' }, second: { label: '·than' }, score: 164.36 };
  const html = readingHtml({ layer: 0, head: 1, model: 'tiny', qk: { pairs: [pair], count: 1234, above: 75 } });
  expect(html).toContain('QK (query → key): 1,234 pairs above 75');
  expect(html).toContain('→ ·than');
});

it('draws heat maps and histograms with real text, scores that are not finite too', () => {
  const heat = readingHtml({ first: [{ label: 'a' }], second: [{ label: '<b>' }], scores: [[null]] });
  expect(heat).toContain('<svg');
  expect(heat).toContain('a → &lt;b&gt;: –');
  const histogram = readingHtml({ parts: { up: { edges: [0, 1, 2], counts: [3, 0] } } });
  expect(histogram).toContain('up (reads)');
  expect(histogram).toContain('0 to 1: 3');
});

it('counts what it does not list', () => {
  const many = Array.from({ length: 60 }, (_, id) => word(id, `w${id}`, 60 - id));
  expect(readingHtml({ top: many, bottom: [] })).toContain('… 10 more of 60');
  expect(readingHtml({ rows: many })).toContain('… 40 more of 60 rows');
});

it('makes a table of every list of records, of lists of numbers, and of what is left', () => {
  const frames = framesOf({
    name: 'x',
    applied: { notes: ['one', 'two'], filters: [] },
    neurons: {
      key: {
        top: [
          { layer: 1, token: { id: 3 } },
          { layer: 2, extra: true },
        ],
      },
    },
    ranks: [1, 2],
    scores: [5, null],
  });
  expect(Object.keys(frames)).toEqual(['ranks+scores', 'neurons.key.top', 'facts']);
  expect(frames['neurons.key.top'].columns).toEqual({
    layer: [1, 2],
    'token.id': [3, null],
    extra: [null, true],
  });
  expect(frames.facts.columns).toEqual({ name: ['x'], 'applied.notes': ['one two'] });
});

it('is what Deno’s Jupyter kernel asks for, beside the fields of a reading', async () => {
  const { read, Kept, made } = displaying({ read: async () => neuron, Kept: class {}, made: () => 3 });
  const reading = await read();
  expect(bundleOf(reading)['text/html']).toContain('neuron 1:2');
  expect(bundleOf(reading)['text/plain']).toBe(
    'neuron 1:2 of tiny\nkey (reads): <img src=x onerror=alert(1)>\nkey (reads), lowest: b',
  );
  expect(JSON.stringify(reading)).toBe(JSON.stringify(neuron));
  expect(new Kept()).toBeInstanceOf(Kept);
  expect(made()).toBe(3);
  expect(String(show(neuron))).toBe(readingHtml(neuron));
  expect(bundleOf(show(neuron, { title: 'mine' }))['text/plain']).toMatch(/^mine\n/);
});

it('is an element where there is a document', () => {
  const element = { innerHTML: '', firstElementChild: {} };
  const { document } = globalThis;
  globalThis.document = { createElement: () => element } as unknown as Document;
  try {
    expect(show(neuron)).toBe(element.firstElementChild);
    expect(element.innerHTML).toBe(readingHtml(neuron));
  } finally {
    globalThis.document = document;
  }
});

it('says in words what a terminal shows', () => {
  expect(readingText(5)).toBe('5');
  expect(readingText([{}, {}])).toBe('2 rows');
  expect(readingText([{}], { title: 'mine' })).toBe('mine');
  expect(readingText({ model: 'tiny' })).toBe('tiny');
});
