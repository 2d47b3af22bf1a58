import { parquetReadObjects } from 'hyparquet';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type TinyApi, tinyApi } from '../../test/tiny-api.ts';
import type { Pair } from '../questions/results.ts';
import { createApi } from './app.ts';

let api: TinyApi;
beforeAll(async () => {
  api = await tinyApi();
});
afterAll(() => api.served.remove());

describe('forms of an answer', () => {
  const pair = ['first', 'second'].flatMap((side) => ['id', 'token', 'label'].map((name) => `${side}_${name}`));
  const PARQUET = 'application/vnd.apache.parquet';

  it.each([
    ['/api/models/tiny/neurons/1/2?k=3&bottom=2', ['part', 'end', 'rank', 'id', 'token', 'label', 'score'], 15],
    ['/api/models/tiny/heads/1/2?k=3&other=true', ['matrix', 'rank', ...pair, 'score', 'other'], 6],
    ['/api/models/tiny/heads/1/2/row?id=1&k=3', ['end', 'rank', 'id', 'token', 'label', 'score'], 3],
    ['/api/models/tiny/heads/1/2/heat?rows=3&columns=2', [...pair, 'score'], 6],
    ['/api/models/tiny/neurons/1/2/similar?k=4', ['layer', 'expert', 'neuron', 'cosine'], 4],
    ['/api/models/tiny/tokens?k=12', ['id', 'token', 'label'], 12],
    ['/api/models/tiny/statistics/neurons/norm', ['layer', 'index', 'expert', 'part', 'value'], 36],
    ['/api/models/both/atlas/neurons?k=5', undefined, 5],
    [
      `/api/models/both/atlas/sql?q=${encodeURIComponent("SELECT 1 AS one, NULL AS none, 'a,\"b' AS text, [1, 2] AS list, 0.5 AS half, true AS yes")}`,
      ['one', 'none', 'text', 'list', 'half', 'yes'],
      1,
    ],
    [`/api/models/both/atlas/sql?q=${encodeURIComponent('SELECT 1 AS one WHERE false')}`, [], 0],
  ] as [string, string[] | undefined, number][])('%s as Parquet and CSV', async (url, columns, rows) => {
    const response = await api.get(url, { Accept: PARQUET });
    expect(response.headers.get('content-type')).toBe(PARQUET);
    const file = await response.arrayBuffer();
    const read = rows === 0 ? [] : await parquetReadObjects({ file });
    expect(read).toHaveLength(rows);
    if (columns && rows > 0) expect(Object.keys(read[0])).toEqual(columns);
    const linked = await api.get(`${url}${url.includes('?') ? '&' : '?'}format=csv`);
    expect(linked.headers.get('content-type')).toBe('text/csv; charset=utf-8');
    const csv = (await linked.text()).trimEnd();
    if (columns) expect(csv.split('\r\n')[0]).toBe(columns.join(','));
    if (url.includes('half')) {
      expect(read[0]).toEqual({ one: 1, none: null, text: 'a,"b', list: '[1,2]', half: 0.5, yes: true });
      expect(csv.split('\r\n')[1]).toBe('1,,"a,""b","[1,2]",0.5,true');
    }
  });

  it('has the same numbers in a table as in JSON', async () => {
    const url = '/api/models/tiny/heads/1/2?k=20&matrix=qk';
    const { qk } = await api.json(url);
    const file = await (await api.get(url, { Accept: PARQUET })).arrayBuffer();
    const rows = await parquetReadObjects({ file });
    expect(rows.map(({ first_id, second_id, score }) => [first_id, second_id, score])).toEqual(
      qk.pairs.map(({ first, second, score }: Pair) => [first.id, second.id, score]),
    );
  });

  it('is JSON where an answer is no table', async () => {
    const response = await api.get('/api/models/tiny', { Accept: PARQUET });
    expect(response.headers.get('content-type')).toBe('application/json');
    expect((await api.get('/api/models/tiny?format=csv')).status).toBe(400);
  });

  it('streams progress, in order, then the result', async () => {
    const url = '/api/models/tiny/heads/1/2/count?matrix=qk&above=0.25&normalize=cosine';
    const response = await api.get(url, { Accept: 'text/event-stream' });
    expect(response.headers.get('content-type')).toBe('text/event-stream');
    expect(response.headers.get('cache-control')).toBe('no-store');
    const events = (await response.text())
      .trim()
      .split('\n\n')
      .map((event) => {
        const [, name, data] = /^event: (\w+)\ndata: (.*)$/.exec(event)!;
        return { name, data: JSON.parse(data) };
      });
    expect(events.at(-1)).toEqual({ name: 'result', data: await api.json(url) });
    const progress = events.slice(0, -1);
    expect(progress.length).toBeGreaterThan(2);
    expect(progress.every(({ name }) => name === 'progress')).toBe(true);
    expect(progress[0].data).toEqual({ done: 0, what: 'waiting' });
    for (const [i, { data }] of progress.entries()) {
      expect(data.done).toBeLessThanOrEqual(1);
      if (i > 0 && progress[i - 1].data.what === data.what)
        expect(data.done).toBeGreaterThanOrEqual(progress[i - 1].data.done);
    }
  });
});

describe('an ETag', () => {
  const tag = async (path: string, headers = {}) => (await api.get(path, headers)).headers.get('etag');

  it('spares the work when nothing has changed', async () => {
    const url = '/api/models/tiny/neurons/0/3?k=3&bottom=1';
    const first = await api.get(url);
    const etag = first.headers.get('etag')!;
    expect(first.headers.get('cache-control')).toBe('private, no-cache');
    expect(first.headers.get('vary')).toBe('Accept');
    const reads = api.served.tiny.reads.get('layer.0.ff.key');
    for (const given of [etag, `W/${etag}`, `"other", ${etag}`]) {
      const again = await api.get(url, { 'If-None-Match': given });
      expect([again.status, await again.text(), again.headers.get('etag')]).toEqual([304, '', etag]);
    }
    expect(api.served.tiny.reads.get('layer.0.ff.key')).toBe(reads);
    expect((await api.get(url, { 'If-None-Match': '"other"' })).status).toBe(200);
    // The order of parameters is no difference.
    expect(await tag('/api/models/tiny/neurons/0/3?bottom=1&k=3')).toBe(etag);
  });

  it('differs by question, form, model, atlas and version', async () => {
    const url = '/api/models/tiny/neurons/0/3';
    const tags = [
      await tag(url),
      await tag(`${url}?k=2`),
      await tag('/api/models/tiny/neurons/0/4'),
      await tag(url, { Accept: 'text/csv' }),
      await tag('/api/models/bare/neurons/0/3'),
      await tag('/api/models/both/neurons/0/3'),
    ];
    const newer = await createApi({ ...api.served, version: '2' }).app.request(url);
    expect(new Set([...tags, newer.headers.get('etag')]).size).toBe(7);
    expect(tags).not.toContain(null);
  });

  it('is not given for what may change', async () => {
    for (const path of ['/api/models', '/api/models/tiny']) {
      expect(await tag(path)).toBeNull();
      expect((await api.get(path)).headers.get('cache-control')).toBe('no-store');
    }
  });
});
