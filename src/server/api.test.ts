import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { z } from 'zod';
import { type TinyApi, tinyApi } from '../../test/tiny-api.ts';
import * as schemas from '../questions/results.ts';
import { readHead, readHeadRow } from '../reading/heads.ts';
import { readNeuron } from '../reading/neurons.ts';
import { readVector } from '../reading/vectors.ts';

let api: TinyApi;
beforeAll(async () => {
  api = await tinyApi();
});
afterAll(() => api.served.remove());

const ROUTES: Record<string, { schema: z.ZodType; ask: string[] }> = {
  '/api/models': { schema: schemas.Models, ask: [''] },
  '/api/models/{model}': { schema: schemas.ModelInfo, ask: ['tiny', 'both', 'atlas', 'bare'] },
  '/api/models/{model}/neurons/{layer}/{neuron}': {
    schema: schemas.NeuronReading,
    ask: [
      'tiny/neurons/1/2?k=3&bottom=2&parts=key,value&normalize=cosine&foldNorm=true&embedding=embed&label=raw&onlyFrom=king,a',
      'both/neurons/1/2',
      'atlas/neurons/1/2?k=3&bottom=3',
      'atlas/neurons/1/2',
      'bare/neurons/0/0',
    ],
  },
  '/api/models/{model}/neurons/{layer}/{neuron}/histogram': {
    schema: schemas.Histogram,
    ask: ['tiny/neurons/0/1/histogram?bins=4&parts=up', 'bare/neurons/0/1/histogram'],
  },
  '/api/models/{model}/neurons/{layer}/{neuron}/similar': {
    schema: schemas.Similar,
    ask: ['tiny/neurons/0/1/similar?k=2', 'both/neurons/0/1/similar?part=key', 'both/neurons/0/1/similar?by=vector'],
  },
  '/api/models/{model}/neurons/{layer}/{neuron}/vector': {
    schema: schemas.RawVector,
    ask: ['tiny/neurons/0/1/vector', 'tiny/neurons/0/1/vector?part=key&foldNorm=1'],
  },
  '/api/models/{model}/neurons/{layer}/{neuron}/map': { schema: schemas.TokenMap, ask: ['tiny/neurons/0/1/map?n=5'] },
  '/api/models/{model}/map': {
    schema: schemas.VocabularyMap,
    ask: ['tiny/map', 'tiny/map?expression=ff:0:1.value&normalize=cosine', 'bare/map'],
  },
  '/api/models/{model}/heads/{layer}/{head}': {
    schema: schemas.HeadReading,
    ask: [
      'tiny/heads/1/3?matrix=vo&k=4&above=0&below=5&excludeSame&excludeFuzzy&sort=qk&ascending=true&other=true&perFirst=2&perSecond=3',
      'both/heads/1/3?k=7',
      'atlas/heads/1/3?matrix=qk&k=7&ascending=true',
      'bare/heads/0/0?aboveRank=5&countOnly=true',
    ],
  },
  '/api/models/{model}/heads/{layer}/{head}/count': {
    schema: schemas.PairCount,
    ask: ['tiny/heads/0/0/count?above=1', 'tiny/heads/0/0/count?matrix=qk&below=-1'],
  },
  '/api/models/{model}/heads/{layer}/{head}/scores': {
    schema: schemas.ScoreCurve,
    ask: ['tiny/heads/0/0/scores?points=9'],
  },
  '/api/models/{model}/heads/{layer}/{head}/row': {
    schema: schemas.HeadRow,
    ask: [
      'tiny/heads/0/0/row?id=3&k=2&bottom=2',
      'tiny/heads/0/0/row?id=3&other=5',
      'bare/heads/0/0/row?id=3&side=second&matrix=qk',
    ],
  },
  '/api/models/{model}/heads/{layer}/{head}/spectrum': {
    schema: schemas.Spectrum,
    ask: ['tiny/heads/0/0/spectrum?k=2&directions=2&gap=0.5', 'tiny/heads/0/0/spectrum?gap=0'],
  },
  '/api/models/{model}/heads/{layer}/{head}/statistics': {
    schema: schemas.HeadStatistics,
    ask: [
      'tiny/heads/0/0/statistics',
      'both/heads/0/0/statistics?matrix=qk',
      'bare/heads/0/0/statistics?normalize=freq',
    ],
  },
  '/api/models/{model}/heads/{layer}/{head}/heat': {
    schema: schemas.HeatMap,
    ask: ['tiny/heads/0/0/heat?rows=3&columns=4'],
  },
  '/api/models/{model}/vectors': {
    schema: schemas.VectorReading,
    ask: [`tiny/vectors?k=2&bottom=1&expression=${encodeURIComponent('tok:" king" - 2 * ff:0:1.key')}`],
  },
  '/api/models/{model}/tokens': {
    schema: schemas.Tokens,
    ask: [
      'tiny/tokens?text=%20king',
      'tiny/tokens?prefix=ki',
      'tiny/tokens?like=%20king&k=3',
      'tiny/tokens?like=%237',
      'tiny/tokens?only=padding',
      'atlas/tokens?prefix=ki',
      'bare/tokens?k=3',
    ],
  },
  '/api/models/{model}/tokens/{id}': {
    schema: schemas.TokenReport,
    ask: ['tiny/tokens/3?k=2', 'both/tokens/3?k=5', 'atlas/tokens/3', 'bare/tokens/29'],
  },
  '/api/models/{model}/statistics': {
    schema: schemas.StatisticRows,
    ask: ['tiny/statistics?layers=1', 'bare/statistics?of=neurons&layers=0-1'],
  },
  '/api/models/{model}/relations': {
    schema: schemas.Relations,
    ask: [
      `tiny/relations?among=3&k=2&pairs=${encodeURIComponent('{"plural": [["king", "kings"], ["queen", "queens"]]}')}`,
      'both/relations?layers=1&matrix=qk&suppressed=true',
    ],
  },
  '/api/models/{model}/atlas/relations': {
    schema: schemas.RelationRows,
    ask: ['both/atlas/relations?k=3', 'both/atlas/relations?relation=plurals&sort=promoted_q&layer=1&ascending=true'],
  },
  '/api/models/{model}/atlas/compositions': {
    schema: schemas.CompositionRows,
    ask: ['both/atlas/compositions?k=3', 'both/atlas/compositions?from=0:1&to=1:2&kind=k&sort=p&ascending=true'],
  },
  '/api/models/{model}/statistics/{kind}': {
    schema: schemas.StatisticNames,
    ask: ['tiny/statistics/neurons', 'both/statistics/heads', 'atlas/statistics/heads'],
  },
  '/api/models/{model}/statistics/{kind}/{name}': {
    schema: schemas.Statistic,
    ask: [
      'tiny/statistics/neurons/norm',
      'tiny/statistics/neurons/up_value_cosine',
      'tiny/statistics/heads/copying',
      'tiny/statistics/heads/copying_z',
      'tiny/statistics/heads/fit',
      'both/statistics/neurons/best',
      'both/statistics/neurons/kurtosis',
      'both/statistics/heads/copying_z',
    ],
  },
  '/api/models/{model}/atlas/search': {
    schema: schemas.SearchResult,
    ask: ['both/atlas/search?q=king&parts=key,vo&sign=%2B&k=3', 'atlas/atlas/search?q=king%20OR%20queen'],
  },
  '/api/models/{model}/atlas/sql': {
    schema: schemas.Rows,
    ask: [
      `both/atlas/sql?limit=3&q=${encodeURIComponent('SELECT token, text, 1 / 3 AS third FROM tokens ORDER BY token')}`,
    ],
  },
  '/api/models/{model}/atlas/tables': { schema: schemas.Tables, ask: ['both/atlas/tables'] },
  '/api/models/{model}/atlas/neurons': {
    schema: schemas.NeuronRows,
    ask: ['both/atlas/neurons?sort=kurtosis&k=3', 'atlas/atlas/neurons?part=key&layer=1&ascending=true'],
  },
  '/api/models/{model}/atlas/heads': {
    schema: schemas.HeadRows,
    ask: ['both/atlas/heads?sort=copying_z&matrix=vo', 'atlas/atlas/heads'],
  },
  '/api/compare': { schema: schemas.Comparison, ask: ['?a=both&b=atlas&among=3&k=4', '?a=tiny&b=bare'] },
  '/api/models/{model}/alignment': {
    schema: schemas.Alignment,
    ask: [
      'tiny/alignment?second=tiny&draws=3&k=2&neurons=true',
      'tiny/alignment?second=tiny&draws=0&by=feature&kind=q',
    ],
  },
  '/api/models/{model}/kinship': { schema: schemas.Kinship, ask: ['tiny/kinship?second=tiny&draws=3'] },
  '/api/models/{model}/stitching': { schema: schemas.Stitch, ask: ['tiny/stitching?second=tiny'] },
  '/api/models/{model}/diff': {
    schema: schemas.ModelDiff,
    ask: ['tiny/diff?second=tiny&k=2', 'tiny/diff?second=bare'],
  },
  '/api/models/{model}/heads/{layer}/{head}/change': {
    schema: schemas.HeadChange,
    ask: ['tiny/heads/0/1/change?second=tiny', 'tiny/heads/1/0/change?second=bare&matrix=qk&k=3&normalize=none'],
  },
  '/api/models/{model}/doctor': { schema: schemas.Health, ask: ['tiny/doctor', 'bare/doctor'] },
  '/api/models/{model}/resolve': {
    schema: schemas.Places,
    ask: ['tiny/resolve?q=neuron%201:2', 'tiny/resolve?q=king', 'atlas/resolve?q=king', 'bare/resolve?q=%233'],
  },
};
const urls = Object.entries(ROUTES).flatMap(([path, { schema, ask }]) =>
  ask.map((rest) => ({ schema, url: path === '/api/compare' ? path + rest : `/api/models${rest && `/${rest}`}` })),
);

describe('answers', () => {
  it.each(urls)('are as the document says: $url', async ({ schema, url }) => {
    const body = await api.json(url);
    // What the schema does not know it would leave out.
    expect(schema.parse(body)).toEqual(body);
  });

  it('are the library’s own', async () => {
    const { engine, tiny } = api.served;
    const plain = (value: unknown) => JSON.parse(JSON.stringify(value));
    const neuron = await api.json('/api/models/tiny/neurons/1/2?k=3&bottom=2&normalize=none&onlyFrom=king,queen');
    const filters = { onlyFrom: ['king', 'queen'] };
    expect(neuron).toMatchObject(
      plain(await readNeuron(tiny, 1, 2, { engine, k: 3, bottom: 2, normalize: 'none', filters })),
    );
    expect(neuron.applied.filters).toEqual(['only-from']);
    for (const given of ['', '&above=0.5', '&below=-0.5', '&aboveRank=9', '&excludeFuzzy=true&sort=qk', '&other=1']) {
      const { searchParams } = new URL(`http://x/?${given}`);
      const number = (name: string) => (searchParams.has(name) ? Number(searchParams.get(name)) : undefined);
      const options = {
        engine,
        k: 9,
        above: number('above'),
        below: number('below'),
        aboveRank: number('aboveRank'),
        excludeFuzzy: searchParams.has('excludeFuzzy'),
        sort: (searchParams.get('sort') ?? undefined) as 'qk' | undefined,
        other: searchParams.has('other'),
      };
      const wanted = plain(await readHead(tiny, 1, 2, options));
      expect(await api.json(`/api/models/tiny/heads/1/2?k=9${given}`)).toEqual(wanted);
      // Again with the rankings kept, and from an atlas where it has the answer.
      for (const matrix of ['vo', 'qk']) await api.json(`/api/models/tiny/heads/1/2/scores?matrix=${matrix}`);
      expect(await api.json(`/api/models/tiny/heads/1/2?k=9${given}`)).toEqual(wanted);
      expect(await api.json(`/api/models/both/heads/1/2?k=9${given}`)).toEqual(wanted);
    }
    const row = await readHeadRow(tiny, 0, 1, 'qk', 5, { engine, side: 'second', k: 4, bottom: 1 });
    expect(await api.json('/api/models/tiny/heads/0/1/row?matrix=qk&id=5&side=second&k=4&bottom=1')).toEqual(
      plain(row),
    );
    const vector = await readVector(tiny, 'ff:0:1.key - tok:#3', { engine, normalize: 'cosine', k: 4 });
    const expression = encodeURIComponent('ff:0:1.key - tok:#3');
    expect(await api.json(`/api/models/tiny/vectors?expression=${expression}&normalize=cosine&k=4`)).toMatchObject(
      plain(vector),
    );
  });

  it('of an atlas are those of the checkpoint it was made of', async () => {
    const [live, stored] = [
      await api.json('/api/models/tiny/tokens/4?k=5'),
      await api.json('/api/models/both/tokens/4?k=5'),
    ];
    expect([live.source, stored.source]).toEqual(['live', 'atlas']);
    const bare = ({ heads }: typeof live) =>
      JSON.parse(JSON.stringify(heads), (name, value) => (name === 'pairRank' ? undefined : value));
    expect(bare(stored)).toEqual(bare(live));
    // Shares, and with them the order, are of what this atlas lists, which is less than is usual; the scores are not.
    const scores = ({ neurons }: typeof live): Record<string, number> =>
      Object.fromEntries(
        Object.entries<typeof neurons.key>(neurons).flatMap(([part, { top, bottom }]) =>
          [...top, ...bottom].map((one) => [`${part} ${one.layer}:${one.neuron}`, one.score]),
        ),
      );
    const all = scores(await api.json('/api/models/tiny/tokens/4?k=1000'));
    for (const [place, score] of Object.entries(scores(stored))) expect(all[place], place).toBe(score);
    const beyond = await api.json('/api/models/both/tokens/4?k=6'); // The atlas lists 5.
    expect(beyond.source).toBe('live');
    const norms = await api.json('/api/models/both/statistics/neurons/norm');
    expect(norms.source).toBe('atlas');
    const computed = await api.json('/api/models/tiny/statistics/neurons/norm');
    const sorted = ({ layer, index, part, value }: typeof norms) =>
      layer.map((of: number, i: number) => [of, index[i], part[i], value[i].toFixed(9)]).sort();
    expect(sorted(norms)).toEqual(sorted(computed));
    const statistics = await api.json('/api/models/both/heads/1/1/statistics');
    const measured = await api.json('/api/models/tiny/heads/1/1/statistics');
    expect(statistics.source).toBe('atlas');
    expect(statistics.copying.value).toBeCloseTo(measured.copying.value, 9);
    expect(statistics.copying.random.z).toBeCloseTo(measured.copying.random.z, 9);
    // Every number that a page shows, each with its nulls, is the same with an atlas and without.
    const round = (one: unknown): unknown => {
      if (typeof one === 'number') return Number(one.toPrecision(7));
      const kept = (entries: [string, unknown][]) => entries.filter(([name]) => !['mean', 'sd'].includes(name));
      if (Array.isArray(one)) return one.map(round);
      return one && typeof one === 'object'
        ? Object.fromEntries(kept(Object.entries(one)).map(([name, value]) => [name, round(value)]))
        : one;
    };
    for (const matrix of ['vo', 'qk']) {
      const [kept, now] = [
        await api.json(`/api/models/both/heads/1/1/statistics?matrix=${matrix}`),
        await api.json(`/api/models/tiny/heads/1/1/statistics?matrix=${matrix}`),
      ];
      expect(kept.self.top1.random.p).toEqual(expect.any(Number));
      for (const name of ['copying', 'diagonal', 'self', 'relations'])
        expect(round(kept[name]), `${name} of ${matrix}`).toEqual(round(now[name]));
    }
  });

  it('of exact counts agree with every pair, wherever they come from', async () => {
    const { engine, tiny } = api.served;
    for (const above of [2, 0, -3]) {
      const { vo } = await readHead(tiny, 0, 3, { engine, matrices: ['vo'], above, countOnly: true });
      expect(await api.json(`/api/models/tiny/heads/0/3/count?above=${above}`)).toMatchObject({
        count: vo!.count,
        total: 900,
      });
    }
  });

  it('resolve to the places a model has', async () => {
    const places = async (q: string) =>
      (await api.json(`/api/models/tiny/resolve?q=${encodeURIComponent(q)}`)).places.map(
        ({ kind, text }: { kind: string; text: string }) => `${kind} ${text}`,
      );
    expect(await places('neuron 1:2')).toEqual(['neuron neuron 1:2']);
    expect(await places('1:2')).toEqual(['neuron neuron 1:2', 'head head 1:2']);
    expect(await places('h 1.3')).toEqual(['head head 1:3']);
    expect(await places('head 1:9')).toEqual([]);
    expect(await places('L1N2')).toEqual(['neuron neuron 1:2']);
    expect(await places('l1h3')).toEqual(['head head 1:3']);
    expect(await places('#3')).toEqual(['token ·kings']);
    expect(await places('king')).toEqual(['token ·king', 'token king', 'token King', 'token ·kings']);
    expect(await places('tok:" king" - ff:0:0.key')).toEqual(['vector tok:" king" - ff:0:0.key']);
    expect(await places('layer.0.norm.attn')).toEqual(['vector layer.0.norm.attn']);
    expect(await places('nothing')).toEqual([]);
  });

  it('hold the raw numbers', async () => {
    const row = [...api.served.tiny.arrays.get('layer.1.ff.value')!.data.subarray(2 * 8, 3 * 8)];
    expect((await api.json('/api/models/tiny/neurons/1/2/vector')).values).toEqual(row);
    const { tokens, width, rows } = await api.json('/api/models/tiny/neurons/1/2/map?n=4');
    const floats = new Float32Array(new Uint8Array(Buffer.from(rows, 'base64')).buffer);
    const e = api.served.tiny.arrays.get('unembed')!;
    const wanted = tokens.flatMap(({ id }: { id: number }) => [...e.data.subarray(id * width, (id + 1) * width)]);
    expect([...floats]).toEqual(wanted);
    expect(tokens).toHaveLength(4);
  });
});

describe('the document', () => {
  interface Operation {
    parameters?: { name: string; in: string }[];
    responses: Record<string, { content: Record<string, unknown> }>;
  }
  const document = async (): Promise<{ openapi: string; paths: Record<string, Record<string, Operation>> }> =>
    api.json('/api/openapi.json');

  it('lists every route, and nothing else is answered', async () => {
    const { paths } = await document();
    expect(Object.keys(paths).sort()).toEqual(Object.keys(ROUTES).sort());
    const answered = api.app.routes
      .filter(({ path, method }) => method === 'GET' && path.startsWith('/api/'))
      .map(({ path }) => path.replace(/:(\w+)/g, '{$1}'));
    expect([...new Set(answered)].sort()).toEqual([...Object.keys(ROUTES), '/api/openapi.json'].sort());
    const page = await (await api.get('/api')).text();
    for (const path of Object.keys(paths)) expect(page).toContain(`GET ${path}`);
    expect(page).toContain('How many of the best tokens');
  });

  it('declares every part of a path, resolves every reference, and says where there are tables', async () => {
    const all = await document();
    for (const [path, { get: operation }] of Object.entries(all.paths)) {
      const named = [...path.matchAll(/{(\w+)}/g)].map(([, name]) => name);
      const declared = operation.parameters?.filter((one) => one.in === 'path').map(({ name }) => name) ?? [];
      expect(declared.sort()).toEqual(named.sort());
      const tabular = operation.parameters?.some(({ name }) => name === 'format');
      expect('application/vnd.apache.parquet' in operation.responses[200].content).toBe(Boolean(tabular));
      expect(operation.responses[200].content).toHaveProperty(['application/json']);
      expect(operation.responses[200].content).toHaveProperty(['text/event-stream']);
      expect(operation.responses.default.content).toHaveProperty(['application/json']);
    }
    for (const [, reference] of JSON.stringify(all).matchAll(/"\$ref":"#\/([^"]+)"/g))
      expect(
        reference.split('/').reduce<unknown>((at, key) => (at as Record<string, unknown>)?.[key], all),
      ).toBeDefined();
  });

  const python = process.env.WEIGHTSCOPE_PYTHON;
  it.skipIf(!python)('is valid by openapi-spec-validator (needs WEIGHTSCOPE_PYTHON)', async () => {
    const path = join(tmpdir(), `weightscope-openapi-${process.pid}.json`);
    writeFileSync(path, JSON.stringify(await document()));
    execFileSync(python!, ['-m', 'openapi_spec_validator', path]);
  });
});
