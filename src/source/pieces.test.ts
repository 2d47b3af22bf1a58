import { expect, it } from 'vitest';
import { pieceName, piecesFolder } from './pieces.ts';

const bytes = Uint8Array.from({ length: 250 }, (_, i) => i);
const files = {
  'a b.gguf': { bytes: 250, pieceBytes: 100, version: 'v1' },
  empty: { bytes: 0, pieceBytes: 100, version: '' },
};

/** A host that knows neither ranges nor HEAD. */
function host(change: (path: string, data: Uint8Array) => Response | undefined = () => undefined) {
  const asked: string[] = [];
  const answer = async (input: unknown): Promise<Response> => {
    const path = decodeURIComponent(new URL(String(input)).pathname);
    asked.push(path);
    const piece = Number(path.slice(-4));
    const data = bytes.slice(piece * 100, piece * 100 + 100);
    return change(path, data) ?? new Response(data);
  };
  const folder = piecesFolder('https://example.org/site/data/', files, {
    fetch: answer as typeof fetch,
    wait: async () => undefined,
  });
  return { folder, asked };
}

it('reads only the pieces that a range lies in, each once', async () => {
  const { folder, asked } = host();
  const source = (await folder.open('a b.gguf'))!;
  expect([source.byteLength, source.version]).toEqual([250, 'v1']);
  expect(await source.slice(205, 207)).toEqual(bytes.slice(205, 207));
  expect(await source.slice(90, 210)).toEqual(bytes.slice(90, 210));
  expect(asked.sort()).toEqual([0, 1, 2].map((piece) => `/site/data/${pieceName('a b.gguf', piece)}`));
});

it('knows what it has without asking', async () => {
  const { folder, asked } = host();
  expect(await folder.open('config.json')).toBeUndefined();
  expect(await folder.open('toString')).toBeUndefined();
  expect(await folder.list()).toEqual(['a b.gguf', 'empty']);
  const empty = (await folder.open('empty'))!;
  expect(await empty.slice(0, 0)).toEqual(new Uint8Array());
  expect(asked).toEqual([]);
});

it.each([
  ['SOURCE_NOT_FOUND', 'is not there', () => new Response('no', { status: 404 })],
  ['SOURCE_CHANGED', 'is shorter', (_: string, data: Uint8Array) => new Response(data.slice(1) as BodyInit)],
  ['SOURCE_CHANGED', 'is a page that a host answers everything with', () => new Response('<!doctype html>'.repeat(99))],
  ['NETWORK', 'never comes', () => new Response('', { status: 503 })],
])('throws %s where a piece %s', async (code, _, change) => {
  const source = (await host(change).folder.open('a b.gguf'))!;
  await expect(source.slice(0, 10)).rejects.toMatchObject({ code });
});

it('tries again what may pass', async () => {
  let failures = 2;
  const { folder } = host(() => (failures-- > 0 ? new Response('', { status: 503 }) : undefined));
  expect(await (await folder.open('a b.gguf'))!.slice(0, 3)).toEqual(bytes.slice(0, 3));
});
