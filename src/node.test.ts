import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { normalisers, openModel, parseNormalisers, WeightscopeError } from './node.ts';

describe('openModel', () => {
  it('ships the normalisers of the sample as they are computed', async () => {
    const shipped = await parseNormalisers(await readFile('models/normalisers/sample.safetensors'));
    const computed = await normalisers(await openModel('sample', { cache: undefined }));
    expect([...shipped.keys()].sort()).toEqual([...computed.keys()].sort());
    for (const [name, f] of computed) {
      const worst = f.reduce((most, value, i) => Math.max(most, Math.abs(shipped.get(name)![i] / value - 1)), 0);
      expect(worst, name).toBeLessThan(1.5e-6); // two engines may differ by 1e-6, and fp32 rounds
    }
  }, 600_000);

  it.each(['no such place/model.gguf', '../nowhere', 'model.safetensors', ''])(
    'says that nothing is at %j',
    async (name) => {
      const error = await openModel(name).catch((error: unknown) => error);
      expect(error).toBeInstanceOf(WeightscopeError);
      expect((error as WeightscopeError).code).toBe('SOURCE_NOT_FOUND');
      expect((error as WeightscopeError).message).toContain(JSON.stringify(name));
    },
  );
});
