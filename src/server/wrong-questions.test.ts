import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type TinyApi, tinyApi } from '../../test/tiny-api.ts';
import { createApi } from './app.ts';

let api: TinyApi;
beforeAll(async () => {
  api = await tinyApi();
});
afterAll(() => api.served.remove());

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
    const response = await api.get(path);
    const { error } = (await response.json()) as { error: { code: string; message: string } };
    expect({ status: response.status, code: error.code }).toEqual({ status, code });
    expect(error.message).toContain(sentence);
    expect(response.headers.get('cache-control')).toBe('no-store');
  });

  it('are found before a stream begins, or end it with an error', async () => {
    const accept = { Accept: 'text/event-stream' };
    expect((await api.get('/api/models/tiny/neurons/0/0?k=x', accept)).status).toBe(400);
    const text = await (await api.get('/api/models/tiny/neurons/0/99', accept)).text();
    expect(text.trim().split('\n\n').at(-1)).toMatch(/^event: error\ndata: {"code":"OUT_OF_RANGE","message":"Expected/);
  });

  it('of the server’s own making show nothing of it', async () => {
    const broken = createApi({
      ...api.served,
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
