import { describe, expect, test } from 'vitest';
import { board, fromJson, fromLink, joined, LONGEST_LINK, moved, setBoard, toggled, toJson, toLink } from './board.ts';
import { toHtml, toMarkdown } from './board-export.ts';
import { isEmbed } from './embed.ts';
import { frameOf, linkTo } from './link.ts';
import { cardReading } from './lists.ts';
import { addressOf, nameOf, type Pin, pinFrom, pinOf } from './pin.ts';

const neuron: Pin = { model: 'a b', kind: 'neuron', numbers: [4, 100], query: 'normalize=cosine' };
const token: Pin = { model: 'sample', kind: 'token', numbers: [7], query: '' };
const pinned = [
  { pin: neuron, note: 'ü → <b>' },
  { pin: token, note: '' },
];

describe('a pin', () => {
  test('is its address and back, with nothing but how it is read', () => {
    expect(addressOf(neuron)).toBe('/m/a%20b/neuron/4/100?normalize=cosine');
    expect(pinFrom(addressOf(neuron))).toEqual(neuron);
    expect(pinOf('/m/sample/token/7', { k: 100, token: 'secret', vector: 'x', q: 'king' })).toEqual(token);
  });

  test('is of one pair of a head where the address names it, and of no other page', () => {
    const pair = pinOf('/m/sample/head/1/5', { matrix: 'vo', pair: '540-1234', id: 7 })!;
    expect(addressOf(pair)).toBe('/m/sample/head/1/5?matrix=vo&pair=540-1234');
    expect(pinFrom(addressOf(pair))).toEqual(pair);
    expect(nameOf(pair)).toBe('head 1:5, pair 540-1234');
    for (const wrong of ['540', '540-', 'a-b', '540-1234-7', `${'9'.repeat(9)}-1`, 5])
      expect(addressOf(pinOf('/m/sample/head/1/5', { pair: wrong })!)).toBe('/m/sample/head/1/5?matrix=vo');
    expect(addressOf(pinOf('/m/sample/neuron/1/5', { pair: '540-1234' })!)).toBe('/m/sample/neuron/1/5');
  });

  test('of a head names its matrix, and one of before, which named none, is of QK', () => {
    expect(addressOf(pinOf('/m/sample/head/1/5', {})!)).toBe('/m/sample/head/1/5?matrix=vo');
    expect(addressOf(pinFrom('/m/sample/head/1/5?filters=alnum')!)).toBe('/m/sample/head/1/5?filters=alnum&matrix=qk');
    expect(pinFrom('/m/sample/neuron/4/100')!.query).toBe('');
  });

  test('is of the expert that its address names, which no model has more than 10,000 of', () => {
    const named = (expert: string) => pinFrom(`/m/sample/neuron/4/100?expert=${expert}`)!;
    expect(nameOf(named('7'))).toBe('neuron 4:7:100');
    expect(nameOf(named('50000000'))).toBe('neuron 4:100');
  });

  test.each([
    '/m/sample',
    '/m/sample/neuron/4',
    '/m/sample/neuron/4/x',
    '/compare',
    '/m/%/token/7',
    '//evil/m',
    7,
    null,
  ])('is not made of %j', (address) => expect(pinFrom(address)).toBeUndefined());
});

test('a card is an address with `embed`, whatever its value, before and behind the #', () => {
  for (const search of ['?embed', '?embed=1', '?embed=false', '?k=1&embed='])
    expect(isEmbed({ search, hash: '' }) && isEmbed({ search: '', hash: `#/m/sample/token/7${search}` })).toBe(true);
  expect(isEmbed({ search: '?embeds=1', hash: '#/m/embed/token/7' })).toBe(false);
});

test('links have no token, and frames are escaped', () => {
  expect(linkTo('/m/a/token/7', 'http://127.0.0.1:1/m/b?token=secret#x')).toBe('http://127.0.0.1:1/m/a/token/7');
  expect(frameOf('/m/a/head/1/2?matrix=vo', '"><script>')).toMatch(
    /^<iframe src="[^"<>]*\/m\/a\/head\/1\/2\?matrix=vo&amp;embed=1" title="&quot;&gt;&lt;script&gt;" /,
  );
});

describe('a board', () => {
  test('goes through its file and its link unchanged', () => {
    expect(fromJson(toJson(pinned))).toEqual(pinned);
    expect(fromLink(toLink(pinned)!)).toEqual(pinned);
    expect(toLink(pinned)).toMatch(/^[\w-]+$/);
    expect(toLink([{ pin: token, note: 'x'.repeat(LONGEST_LINK) }])).toBeUndefined();
  });

  test.each(['', '{', '[]', 'null', '{"weightscopeBoard":2,"pins":[]}', '{"weightscopeBoard":1,"pins":[null]}'])(
    'is not read from %j',
    (text) => expect(() => fromJson(text)).toThrow(/^Expected a board/),
  );
  test.each(['', '!', 'bnVsbA', toLink(pinned)!.slice(0, -3)])('has no link %j', (text) =>
    expect(() => fromLink(text)).toThrow(/^Expected a link to a board/),
  );
  test('refuses addresses of other places, notes that are no text, and too many', () => {
    const file = (pins: unknown[]) => JSON.stringify({ weightscopeBoard: 1, pins });
    expect(() => fromJson(file([{ address: 'https://evil.example/m/a/token/7' }]))).toThrow(/pin 1/);
    expect(() => fromJson(file([{ address: '/m/a/token/7', note: 7 }]))).toThrow(/note of pin 1/);
    expect(() => fromJson(file(Array(201).fill({ address: '/m/a/token/7' })))).toThrow(/200 pins at most, got 201/);
  });

  test('pins, lets go, moves and joins without a second copy', () => {
    expect(toggled(pinned, token)).toEqual([pinned[0]]);
    expect(toggled([pinned[0]!], token).map(({ pin }) => pin)).toEqual([neuron, token]);
    expect(moved(pinned, 1, -1)).toEqual([pinned[1], pinned[0]]);
    expect(moved(pinned, 0, -1)).toEqual(pinned);
    expect(joined(pinned, pinned)).toEqual(pinned);
    expect(joined([], [...pinned, ...pinned])).toEqual(pinned);
  });

  test('takes no more where it is full, and loses nothing', () => {
    const full = Array.from({ length: 200 }, (_, id) => ({ pin: { ...token, numbers: [id + 1000] }, note: `${id}` }));
    expect(toggled(full, neuron)).toEqual(full);
    expect(toggled(full, full[3]!.pin)).toHaveLength(199);
    expect(() => joined(full, pinned)).toThrow(/200 pins at most on a board, it would have 202/);
    expect(joined(full, full)).toEqual(full);
  });

  test('lives as long as the page where the browser keeps nothing', () => {
    setBoard(pinned);
    expect(board()).toEqual(pinned);
    setBoard([]);
    expect(board()).toEqual([]);
  });
});

test('exports say the words, the note, how it was read, and that it is a preview, as text', () => {
  const row = { id: 1, token: '`', label: '`<i>', score: 1.5, margin: 0.25 };
  const applied = { preview: { vectors: 288, of: 9216 } };
  const pin = { ...neuron, query: '' };
  const reading = cardReading(pin, { applied, parts: { value: { top: [row] } } });
  const shown = [{ pin, note: 'ü → <b>', name: 'neuron 4:100', reading }];
  const [markdown, html] = [toMarkdown(shown), toHtml(shown)];
  expect(markdown).toContain('`` `<i> `` 1.50');
  for (const text of [markdown, html]) {
    expect(text).toContain('freq is taken from 288 of 9,216 vectors');
    expect(text).toContain('normalised by freq');
  }
  expect(html).toContain('<code>`&lt;i&gt;</code>');
  expect(html).toContain('<p class="note">ü → &lt;b&gt;</p>');
  expect(html).not.toMatch(/<script|<link|src=/);
});
