import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parquetReadObjects } from 'hyparquet';
import { afterAll, beforeAll, describe, expect, expectTypeOf, it } from 'vitest';
import type { z } from 'zod';
import { type TinyServed, tinyServed } from '../../test/served.ts';
import { ApiError, ask, askWithProgress, createClient } from '../client.ts';
import * as schemas from '../questions/results.ts';
import { readHead, readHeadRow } from '../reading/heads.ts';
import { readNeuron } from '../reading/neurons.ts';
import type { NeuronReading as Reading } from '../reading/types.ts';
import { readVector } from '../reading/vectors.ts';
import { createApi } from './app.ts';

let served: TinyServed;
let app: ReturnType<typeof createApi>['app'];
beforeAll(async () => {
  served = await tinyServed();
  app = createApi(served).app;
});
afterAll(() => served.remove());

const get = async (path: string, headers: Record<string, string> = {}) => app.request(path, { headers });
// biome-ignore lint/suspicious/noExplicitAny: the tests look at what came, whatever its type
const json = async (path: string): Promise<any> => {
  const response = await get(path);
  const body = await response.json();
  if (response.status !== 200) throw new Error(`${path}: ${response.status} ${JSON.stringify(body)}`);
  return body;
};

/** Questions for every route by its path in the document, and the schema of the answer. */
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
    const body = await json(url);
    // What the schema does not know it would leave out.
    expect(schema.parse(body)).toEqual(body);
  });

  it('are the library’s own', async () => {
    const { engine, tiny } = served;
    const plain = (value: unknown) => JSON.parse(JSON.stringify(value));
    const neuron = await json('/api/models/tiny/neurons/1/2?k=3&bottom=2&normalize=none&onlyFrom=king,queen');
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
      expect(await json(`/api/models/tiny/heads/1/2?k=9${given}`)).toEqual(wanted);
      // Again with the rankings kept, and from an atlas where it has the answer.
      for (const matrix of ['vo', 'qk']) await json(`/api/models/tiny/heads/1/2/scores?matrix=${matrix}`);
      expect(await json(`/api/models/tiny/heads/1/2?k=9${given}`)).toEqual(wanted);
      expect(await json(`/api/models/both/heads/1/2?k=9${given}`)).toEqual(wanted);
    }
    const row = await readHeadRow(tiny, 0, 1, 'qk', 5, { engine, side: 'second', k: 4, bottom: 1 });
    expect(await json('/api/models/tiny/heads/0/1/row?matrix=qk&id=5&side=second&k=4&bottom=1')).toEqual(plain(row));
    const vector = await readVector(tiny, 'ff:0:1.key - tok:#3', { engine, normalize: 'cosine', k: 4 });
    const expression = encodeURIComponent('ff:0:1.key - tok:#3');
    expect(await json(`/api/models/tiny/vectors?expression=${expression}&normalize=cosine&k=4`)).toMatchObject(
      plain(vector),
    );
  });

  it('of an atlas are those of the checkpoint it was made of', async () => {
    const [live, stored] = [await json('/api/models/tiny/tokens/4?k=5'), await json('/api/models/both/tokens/4?k=5')];
    expect([live.source, stored.source]).toEqual(['live', 'atlas']);
    const bare = ({ neurons, heads }: typeof live) =>
      JSON.parse(JSON.stringify({ neurons, heads }), (name, value) =>
        ['top', 'bottom'].includes(name) && typeof value === 'string'
          ? undefined
          : name === 'pairRank'
            ? undefined
            : value,
      );
    expect(bare(stored)).toEqual(bare(live));
    const beyond = await json('/api/models/both/tokens/4?k=6'); // The atlas lists 5.
    expect(beyond.source).toBe('live');
    const norms = await json('/api/models/both/statistics/neurons/norm');
    expect(norms.source).toBe('atlas');
    const computed = await json('/api/models/tiny/statistics/neurons/norm');
    const sorted = ({ layer, index, part, value }: typeof norms) =>
      layer.map((of: number, i: number) => [of, index[i], part[i], value[i].toFixed(9)]).sort();
    expect(sorted(norms)).toEqual(sorted(computed));
    const statistics = await json('/api/models/both/heads/1/1/statistics');
    const measured = await json('/api/models/tiny/heads/1/1/statistics');
    expect(statistics.source).toBe('atlas');
    expect(statistics.copying.value).toBeCloseTo(measured.copying.value, 9);
    expect(statistics.copying.random.z).toBeCloseTo(measured.copying.random.z, 9);
  });

  it('of exact counts agree with every pair, wherever they come from', async () => {
    const { engine, tiny } = served;
    for (const above of [2, 0, -3]) {
      const { vo } = await readHead(tiny, 0, 3, { engine, matrices: ['vo'], above, countOnly: true });
      expect(await json(`/api/models/tiny/heads/0/3/count?above=${above}`)).toMatchObject({
        count: vo!.count,
        total: 900,
      });
    }
  });

  it('resolve to the places a model has', async () => {
    const places = async (q: string) =>
      (await json(`/api/models/tiny/resolve?q=${encodeURIComponent(q)}`)).places.map(
        ({ kind, text }: { kind: string; text: string }) => `${kind} ${text}`,
      );
    expect(await places('neuron 1:2')).toEqual(['neuron neuron 1:2']);
    expect(await places('1:2')).toEqual(['neuron neuron 1:2', 'head head 1:2']);
    expect(await places('h 1.3')).toEqual(['head head 1:3']);
    expect(await places('head 1:9')).toEqual([]);
    expect(await places('#3')).toEqual(['token ·kings']);
    expect(await places('king')).toEqual(['token ·king', 'token king', 'token King', 'token ·kings']);
    expect(await places('tok:" king" - ff:0:0.key')).toEqual(['vector tok:" king" - ff:0:0.key']);
    expect(await places('layer.0.norm.attn')).toEqual(['vector layer.0.norm.attn']);
    expect(await places('nothing')).toEqual([]);
  });

  it('hold the raw numbers', async () => {
    const row = [...served.tiny.arrays.get('layer.1.ff.value')!.data.subarray(2 * 8, 3 * 8)];
    expect((await json('/api/models/tiny/neurons/1/2/vector')).values).toEqual(row);
    const { tokens, width, rows } = await json('/api/models/tiny/neurons/1/2/map?n=4');
    const floats = new Float32Array(new Uint8Array(Buffer.from(rows, 'base64')).buffer);
    const e = served.tiny.arrays.get('unembed')!;
    const wanted = tokens.flatMap(({ id }: { id: number }) => [...e.data.subarray(id * width, (id + 1) * width)]);
    expect([...floats]).toEqual(wanted);
    expect(tokens).toHaveLength(4);
  });
});

describe('wrong questions', () => {
  it.each([
    ['/api/models/none', 404, 'MODEL_UNKNOWN', 'Expected an opened model, one of tiny, both, atlas, bare, got "none".'],
    ['/api/models/..%2F..%2Fetc/neurons/0/0', 404, 'MODEL_UNKNOWN', 'got "../../etc"'],
    ['/api/none', 404, 'ROUTE_UNKNOWN', 'Expected a GET of a path that /api lists'],
    ['/api/models/tiny/neurons/2/0', 400, 'OUT_OF_RANGE', 'Expected `layer` to be 0..1, got 2.'],
    [
      '/api/models/tiny/neurons/x/0',
      400,
      'ARGUMENT_INVALID',
      'Expected `layer` to be a whole number, 0 or more, got "x".',
    ],
    [
      '/api/models/tiny/neurons/0/0?k=-1',
      400,
      'ARGUMENT_INVALID',
      'Expected `k` to be a whole number, 0 to 100000, got "-1".',
    ],
    ['/api/models/tiny/neurons/0/0?k=1e9', 400, 'ARGUMENT_INVALID', 'got "1e9"'],
    [
      '/api/models/tiny/neurons/0/0?parts=keys',
      400,
      'ARGUMENT_INVALID',
      'Expected `parts` to be key, up, value, or several',
    ],
    [
      '/api/models/tiny/neurons/0/0?normalise=none',
      400,
      'ARGUMENT_INVALID',
      'Expected only parameters that this route has, got `normalise`',
    ],
    [
      '/api/models/tiny/neurons/0/0?normalize=all',
      400,
      'ARGUMENT_INVALID',
      'Expected `normalize` to be freq or none or cosine, got "all".',
    ],
    [
      '/api/models/tiny/neurons/0/0?foldNorm=maybe',
      400,
      'ARGUMENT_INVALID',
      'Expected `foldNorm` to be `true` or `false`',
    ],
    ['/api/models/tiny/neurons/0/0?k=1&k=2', 400, 'ARGUMENT_INVALID', 'Expected `k`'],
    ['/api/models/tiny/neurons/0/0?expert=1', 400, 'OUT_OF_RANGE', 'expert'],
    ['/api/models/tiny/heads/0/4', 400, 'OUT_OF_RANGE', 'Expected `head` to be 0..3, got 4.'],
    ['/api/models/tiny/heads/0/0?above=high', 400, 'ARGUMENT_INVALID', 'Expected `above` to be a number, got "high".'],
    ['/api/models/tiny/heads/0/0?countOnly=true&sort=qk', 400, 'ARGUMENT_INVALID', 'Expected `countOnly` or `sort`'],
    ['/api/models/tiny/heads/0/9/scores', 400, 'OUT_OF_RANGE', 'head'],
    ['/api/models/tiny/heads/0/0/row', 400, 'ARGUMENT_INVALID', 'Expected `id` to be given, got nothing.'],
    ['/api/models/tiny/heads/0/0/row?id=30', 400, 'OUT_OF_RANGE', 'token'],
    ['/api/models/tiny/heads/0/0/row?id=3&other=30', 400, 'OUT_OF_RANGE', 'token'],
    ['/api/models/tiny/heads/9/0/statistics', 400, 'OUT_OF_RANGE', 'layer'],
    ['/api/models/tiny/heads/0/0/spectrum?gap=2', 400, 'ARGUMENT_INVALID', 'gap'],
    ['/api/models/bare/heads/0/0?excludeSame=true', 400, 'TOKENIZER_MISSING', 'Expected a tokenizer'],
    ['/api/models/tiny/vectors', 400, 'ARGUMENT_INVALID', 'Expected `expression` to be given, got nothing.'],
    ['/api/models/tiny/vectors?expression=', 400, 'ARGUMENT_INVALID', 'Expected `expression` to be text, got "".'],
    ['/api/models/tiny/vectors?expression=tok:king', 400, 'EXPRESSION_INVALID', 'Expected a token in double quotes'],
    ['/api/models/tiny/tokens/30', 400, 'OUT_OF_RANGE', 'token'],
    ['/api/models/tiny/tokens?like=kingdom', 400, 'TOKEN_UNKNOWN', 'Expected the exact text of one token'],
    ['/api/models/atlas/tokens/30', 400, 'OUT_OF_RANGE', 'a token of this atlas'],
    ['/api/models/tiny/statistics/layers', 400, 'ARGUMENT_INVALID', 'Expected `kind` to be neurons or heads'],
    [
      '/api/models/tiny/statistics/heads/norm',
      400,
      'ARGUMENT_INVALID',
      'Expected a statistic of heads of tiny, one of copying',
    ],
    ['/api/models/tiny/atlas/search?q=king', 404, 'ATLAS_MISSING', 'Expected an atlas of tiny'],
    ['/api/models/both/atlas/search?q=zzz', 400, 'TOKEN_UNKNOWN', 'zzz'],
    ['/api/models/both/atlas/sql?q=DROP%20VIEW%20tokens', 400, 'QUERY_INVALID', 'Expected a single SELECT'],
    ['/api/models/bare/relations', 400, 'TOKENIZER_MISSING', 'Expected a tokenizer'],
    ['/api/models/tiny/relations?pairs=1', 400, 'ARGUMENT_INVALID', 'relations are written as'],
    ['/api/models/tiny/relations?layers=1-0', 400, 'ARGUMENT_INVALID', 'Expected `layers` to be layers such as 0,2-3'],
    ['/api/models/tiny/statistics?layers=9', 400, 'OUT_OF_RANGE', 'layer'],
    ['/api/models/both/atlas/compositions?from=1', 400, 'ARGUMENT_INVALID', 'LAYER:HEAD such as 3:1'],
    ['/api/models/both/atlas/relations?sort=beauty', 400, 'ARGUMENT_INVALID', 'beauty'],
    ['/api/models/both/atlas/neurons?sort=beauty', 400, 'ARGUMENT_INVALID', 'beauty'],
    [
      '/api/models/atlas/neurons/0/0?k=7',
      503,
      'MODEL_UNAVAILABLE',
      'Expected the checkpoint of atlas for this question',
    ],
    ['/api/models/atlas/heads/0/0?above=1', 503, 'MODEL_UNAVAILABLE', 'give `explore` the model as well'],
    ['/api/models/atlas/neurons/0/9', 400, 'OUT_OF_RANGE', 'Expected a neuron of this atlas'],
    ['/api/compare?a=tiny&b=none', 404, 'MODEL_UNKNOWN', 'got "none"'],
    ['/api/compare?a=tiny', 400, 'ARGUMENT_INVALID', 'Expected `b` to be given'],
    [`/api/models/tiny/tokens?prefix=${'x'.repeat(2001)}`, 400, 'ARGUMENT_INVALID', 'at most 2000 characters'],
  ])('%s is answered %i %s', async (path, status, code, sentence) => {
    const response = await get(path);
    const { error } = (await response.json()) as { error: { code: string; message: string } };
    expect({ status: response.status, code: error.code }).toEqual({ status, code });
    expect(error.message).toContain(sentence);
    expect(response.headers.get('cache-control')).toBe('no-store');
  });

  it('are found before a stream begins, or end it with an error', async () => {
    const accept = { Accept: 'text/event-stream' };
    expect((await get('/api/models/tiny/neurons/0/0?k=x', accept)).status).toBe(400);
    const text = await (await get('/api/models/tiny/neurons/0/99', accept)).text();
    expect(text.trim().split('\n\n').at(-1)).toMatch(/^event: error\ndata: {"code":"OUT_OF_RANGE","message":"Expected/);
  });

  it('of the server’s own making show nothing of it', async () => {
    const broken = createApi({
      ...served,
      models: [
        {
          id: 'x',
          name: 'x',
          get model(): never {
            throw new Error('secret');
          },
        },
      ],
    });
    const error = console.error;
    const said: unknown[] = [];
    console.error = (...what) => said.push(...what);
    const response = await Promise.resolve(broken.app.request('/api/models/x')).finally(() => {
      console.error = error;
    });
    expect(response.status).toBe(500);
    expect(await response.text()).not.toMatch(/secret|at /);
    expect(String(said[0])).toContain('secret');
  });
});

describe('the document', () => {
  interface Operation {
    parameters?: { name: string; in: string }[];
    responses: Record<string, { content: Record<string, unknown> }>;
  }
  const document = async (): Promise<{ openapi: string; paths: Record<string, Record<string, Operation>> }> =>
    json('/api/openapi.json');

  it('lists every route, and nothing else is answered', async () => {
    const { paths } = await document();
    expect(Object.keys(paths).sort()).toEqual(Object.keys(ROUTES).sort());
    const answered = app.routes
      .filter(({ path, method }) => method === 'GET' && path.startsWith('/api/'))
      .map(({ path }) => path.replace(/:(\w+)/g, '{$1}'));
    expect([...new Set(answered)].sort()).toEqual([...Object.keys(ROUTES), '/api/openapi.json'].sort());
    const page = await (await get('/api')).text();
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
    const response = await get(url, { Accept: PARQUET });
    expect(response.headers.get('content-type')).toBe(PARQUET);
    const file = await response.arrayBuffer();
    const read = rows === 0 ? [] : await parquetReadObjects({ file });
    expect(read).toHaveLength(rows);
    if (columns && rows > 0) expect(Object.keys(read[0])).toEqual(columns);
    const linked = await get(`${url}${url.includes('?') ? '&' : '?'}format=csv`);
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
    const { qk } = await json(url);
    const file = await (await get(url, { Accept: PARQUET })).arrayBuffer();
    const rows = await parquetReadObjects({ file });
    expect(rows.map(({ first_id, second_id, score }) => [first_id, second_id, score])).toEqual(
      qk.pairs.map(({ first, second, score }: schemas.Pair) => [first.id, second.id, score]),
    );
  });

  it('is JSON where an answer is no table', async () => {
    const response = await get('/api/models/tiny', { Accept: PARQUET });
    expect(response.headers.get('content-type')).toBe('application/json');
    expect((await get('/api/models/tiny?format=csv')).status).toBe(400);
  });

  it('streams progress, in order, then the result', async () => {
    const url = '/api/models/tiny/heads/1/2/count?matrix=qk&above=0.25&normalize=cosine';
    const response = await get(url, { Accept: 'text/event-stream' });
    expect(response.headers.get('content-type')).toBe('text/event-stream');
    expect(response.headers.get('cache-control')).toBe('no-store');
    const events = (await response.text())
      .trim()
      .split('\n\n')
      .map((event) => {
        const [, name, data] = /^event: (\w+)\ndata: (.*)$/.exec(event)!;
        return { name, data: JSON.parse(data) };
      });
    expect(events.at(-1)).toEqual({ name: 'result', data: await json(url) });
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
  const tag = async (path: string, headers = {}) => (await get(path, headers)).headers.get('etag');

  it('spares the work when nothing has changed', async () => {
    const url = '/api/models/tiny/neurons/0/3?k=3&bottom=1';
    const first = await get(url);
    const etag = first.headers.get('etag')!;
    expect(first.headers.get('cache-control')).toBe('private, no-cache');
    expect(first.headers.get('vary')).toBe('Accept');
    const reads = served.tiny.reads.get('layer.0.ff.key');
    for (const given of [etag, `W/${etag}`, `"other", ${etag}`]) {
      const again = await get(url, { 'If-None-Match': given });
      expect([again.status, await again.text(), again.headers.get('etag')]).toEqual([304, '', etag]);
    }
    expect(served.tiny.reads.get('layer.0.ff.key')).toBe(reads);
    expect((await get(url, { 'If-None-Match': '"other"' })).status).toBe(200);
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
    const newer = await createApi({ ...served, version: '2' }).app.request(url);
    expect(new Set([...tags, newer.headers.get('etag')]).size).toBe(7);
    expect(tags).not.toContain(null);
  });

  it('is not given for what may change', async () => {
    for (const path of ['/api/models', '/api/models/tiny']) {
      expect(await tag(path)).toBeNull();
      expect((await get(path)).headers.get('cache-control')).toBe('no-store');
    }
  });
});

describe('the typed client', () => {
  const client = () => createClient('http://server', { fetch: app.request as typeof fetch });

  it('knows parameters and answers', async () => {
    const neuron = client().api.models[':model'].neurons[':layer'][':neuron'];
    const param = { model: 'tiny', layer: '0', neuron: '0' };
    const read = await ask(neuron.$get({ param, query: { k: 2, foldNorm: true, parts: 'key' } }));
    expectTypeOf(read.parts.key!.top[0].score).toEqualTypeOf<number>();
    expectTypeOf(read.parts).toExtend<Reading['parts']>();
    expect(read.parts.key!.top).toHaveLength(2);
    expect(read.applied.foldNorm).toBe(true);
    // @ts-expect-error: there is no such parameter.
    const wrong = ask(neuron.$get({ param, query: { count: 2 } }));
    await expect(wrong).rejects.toThrow('got `count`');
  });

  it('throws the server’s own words', async () => {
    const error = await ask(client().api.models[':model'].$get({ param: { model: 'none' }, query: {} })).catch(
      (thrown) => thrown,
    );
    expect(error).toBeInstanceOf(ApiError);
    expect(error).toMatchObject({ status: 404, code: 'MODEL_UNKNOWN', message: expect.stringContaining('got "none"') });
  });

  it('follows progress', async () => {
    const count = client().api.models[':model'].heads[':layer'][':head'].count;
    const param = { model: 'bare', layer: '0', head: '1' };
    const url = count.$url({ param, query: { above: 0 } });
    const said: string[] = [];
    const options = { fetch: app.request as typeof fetch, progress: (_: number, what: string) => said.push(what) };
    const found = await askWithProgress(url, options);
    expect(found).toEqual(await ask(count.$get({ param, query: { above: 0 } })));
    expect(new Set(said)).toContain('best pairs of vo');
    const unknown = count.$url({ param: { ...param, head: '9' }, query: {} });
    await expect(askWithProgress(unknown, options)).rejects.toMatchObject({ code: 'OUT_OF_RANGE' });
  });
});
