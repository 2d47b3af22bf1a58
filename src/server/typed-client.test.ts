import { afterAll, beforeAll, describe, expect, expectTypeOf, it } from 'vitest';
import { type TinyApi, tinyApi } from '../../test/tiny-api.ts';
import { ApiError, ask, askWithProgress, createClient } from '../client.ts';
import type { NeuronReading as Reading } from '../reading/types.ts';

let api: TinyApi;
beforeAll(async () => {
  api = await tinyApi();
});
afterAll(() => api.served.remove());

describe('the typed client', () => {
  const client = () => createClient('http://server', { fetch: api.app.request as typeof fetch });

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
    const options = { fetch: api.app.request as typeof fetch, progress: (_: number, what: string) => said.push(what) };
    const found = await askWithProgress(url, options);
    expect(found).toEqual(await ask(count.$get({ param, query: { above: 0 } })));
    expect(new Set(said)).toContain('best pairs of vo');
    const unknown = count.$url({ param: { ...param, head: '9' }, query: {} });
    await expect(askWithProgress(unknown, options)).rejects.toMatchObject({ code: 'OUT_OF_RANGE' });
  });
});
