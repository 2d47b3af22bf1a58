import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { openModel } from '../node.ts';
import { diffModels } from './diff.ts';
import { readHeadChange } from './head-change.ts';

const at = (name: string) => fileURLToPath(new URL(`../../test/fixtures/adapters/${name}`, import.meta.url));

describe('what changed in one head', () => {
  it('is what a comparison lists of the heads that changed most, for any of them', async () => {
    const [a, b] = [await openModel(at('lora/base')), await openModel(at('lora/merged'))];
    const { heads } = await diffModels(a, b, { k: 6, heads: 100, neurons: 0 });
    expect(heads.length).toBe(8);
    for (const { layer, head, matrix, ...wanted } of heads) {
      const { relative, pairs, lowest } = await readHeadChange(a, b, layer, head, { matrix, k: 6 });
      expect(relative).toBeCloseTo(wanted.relative, 6);
      expect({ pairs, lowest }).toEqual({ pairs: wanted.pairs, lowest: wanted.lowest });
    }
    await Promise.all([a.close(), b.close()]);
  });

  it('is nothing where nothing changed, and says what cannot be compared', async () => {
    const [a, other] = [await openModel(at('lora/base')), await openModel(at('lora-bias/base'))];
    expect(await readHeadChange(a, a, 1, 1)).toMatchObject({ relative: 0, pairs: [], lowest: [] });
    await expect(readHeadChange(a, other, 0, 9)).rejects.toMatchObject({ code: 'OUT_OF_RANGE' });
    const gpt2 = await openModel(at('lora-fused/base'));
    const shorter = { ...gpt2, parameters: new Map([...gpt2.parameters].filter(([name]) => !/attn\.v$/.test(name))) };
    await expect(readHeadChange(gpt2, shorter, 0, 0)).rejects.toMatchObject({ code: 'PARAMETER_UNKNOWN' });
    await Promise.all([a.close(), other.close(), gpt2.close()]);
  });
});
