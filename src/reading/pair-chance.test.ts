import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { tinyModel } from '../../test/tiny-model.ts';
import { openModel } from '../node.ts';
import { HeadRankings } from './head-ranking.ts';
import { type HeadOptions, readHead } from './heads.ts';
import type { Against } from './statistics/nulls.ts';
import type { HeadMatrix } from './types.ts';

interface Golden {
  layer: number;
  head: number;
  matrix: HeadMatrix;
  value: number;
  lowest: number;
  /** Sizes of the best and, each behind it, the lowest scores of heads and of words that were drawn. */
  random: number[];
  shuffled: number[];
}

// statistics/fixtures/chance_pairs.py: numpy, with heads and words that are really drawn.
const goldens: Golden[] = JSON.parse(
  readFileSync(new URL('statistics/fixtures/chance-pairs.json', import.meta.url), 'utf8'),
);

const mirrored = (null_: Against): Against => ({ ...null_, mean: -null_.mean });

describe('chance of pairs', () => {
  it.each(goldens)(
    'of $matrix of head $layer:$head is what drawn heads and words have',
    async ({ layer, head, matrix, value, lowest, random, shuffled }) => {
      const model = await openModel('sample');
      const read = async (options: HeadOptions) =>
        (await readHead(model, layer, head, { matrices: [matrix], k: 1, chance: true, ...options }))[matrix]!;
      const { top } = (await read({})).chance!;
      const { bottom } = (await read({ ascending: true })).chance!;
      expect(Math.abs(top!.value / value - 1)).toBeLessThan(1e-4);
      expect(Math.abs(bottom!.value / lowest - 1)).toBeLessThan(1e-4);
      // At the lowest end all is the mirror image: random heads are the same both ways, shuffled words are not quite.
      expect(Math.abs(bottom!.random!.mean / top!.random!.mean + 1)).toBeLessThan(2e-4);
      const near = (null_: Against, draws: number[]) => {
        const mean = draws.reduce((sum, x) => sum + x, 0) / draws.length;
        // Similar words come in clumps, of which a best score is a little lower, and varies more.
        expect(Math.abs(null_.mean / mean - 1)).toBeLessThan(0.1);
        for (const x of draws) expect(Math.abs(x - null_.mean)).toBeLessThan(5.5 * null_.sd);
      };
      near(top!.random!, random);
      const end = (rest: number) => shuffled.filter((_, i) => i % 2 === rest);
      near(top!.shuffled!, end(0));
      near(mirrored(bottom!.shuffled!), end(1));
    },
    120_000,
  );

  const of = async (options: HeadOptions) => {
    const model = tinyModel({ vocab: 60, words: Array.from({ length: 60 }, (_, i) => `w${i}`) });
    return readHead(model, 0, 1, { k: 3, chance: true, ...options });
  };

  it('stands beside the pair that is first, of both matrices, among the tokens that filters leave', async () => {
    const all = await of({});
    const few = await of({ filters: { onlyFrom: Array.from({ length: 20 }, (_, i) => `w${i}`) } });
    for (const matrix of ['vo', 'qk'] as const) {
      expect(all[matrix]!.chance!.top!.value).toBe(all[matrix]!.pairs[0].score);
      expect(few[matrix]!.chance!.top!.value).toBe(few[matrix]!.pairs[0].score);
      // Fewer pairs have a lower best score.
      expect(few[matrix]!.chance!.top!.random!.mean).toBeLessThan(all[matrix]!.chance!.top!.random!.mean);
    }
  });

  it('says nothing of a first pair that need not be the best of all, and nothing where it was not asked for', async () => {
    const silent: HeadOptions[] = [
      { chance: false },
      { countOnly: true },
      { k: 0 },
      { below: 1, ascending: false },
      { above: 0, ascending: true },
    ];
    for (const options of silent) expect((await of(options)).vo, JSON.stringify(options)).not.toHaveProperty('chance');
    const sorted = await of({ sort: 'qk' });
    expect(sorted.vo).not.toHaveProperty('chance');
    expect(sorted.qk!.chance!.top!.value).toBe(sorted.qk!.pairs[0].score);
    expect((await of({ below: -0.1 })).vo!.chance).toHaveProperty('bottom');
    expect((await of({ above: 0.1 })).vo!.chance).toHaveProperty('top');
  });

  it('is the same from a kept ranking', async () => {
    const model = tinyModel();
    const rankings = new HeadRankings();
    for (const matrix of ['vo', 'qk'] as const) await rankings.get(model, 0, 1, matrix, {});
    const options = { k: 3, chance: true };
    expect(await rankings.read(model, 0, 1, options)).toEqual(await readHead(model, 0, 1, options));
  });
});
