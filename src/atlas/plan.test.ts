import { describe, expect, it } from 'vitest';
import { tinyModel } from '../../test/tiny-model.ts';
import { modelFacts } from './facts.ts';
import { planUnits, planWork, settingsOf, UNIT_SECONDS } from './plan.ts';
import { ATLAS_PARTS } from './schema.ts';
import { unitCost } from './units/index.ts';

const facts = modelFacts(tinyModel({ layers: 3, neurons: 20, heads: 4, kvHeads: 2 }));
const settings = settingsOf(facts, { what: ATLAS_PARTS });
const slow = (factor: number) => ({ means: factor, rows: factor, factors: factor, pairs: factor });

describe('a plan', () => {
  it.each([1e12, 3e4, 1e3, 1])('covers all work once, in units of a few seconds at %d operations a second', (speed) => {
    const work = planWork(facts, settings, slow(speed));
    const covered = (of: (w: (typeof work)[number]) => boolean) => {
      const ranges = work.filter(of).sort((a, b) => a.from - b.from);
      for (let i = 1; i < ranges.length; i++) expect(ranges[i].from).toBe(ranges[i - 1].to);
      return [ranges[0].from, ranges.at(-1)!.to];
    };
    for (const part of ['key', 'up', 'value'] as const) {
      expect(covered((w) => w.kind === 'neurons' && w.part === part)).toEqual([0, 60]);
      expect(covered((w) => w.kind === 'normaliser' && w.name === `ff.${part}`)).toEqual([0, 60]);
    }
    expect(covered((w) => w.kind === 'normaliser' && w.name === 'attn.v')).toEqual([0, 3 * 2 * 3]);
    for (const layer of [0, 1, 2]) expect(covered((w) => w.kind === 'heads' && w.layer === layer)).toEqual([0, 4]);
    expect(covered((w) => w.kind === 'statistics')).toEqual([0, 3]);
    // 10 positions, the final norm, and per layer one bias and two norms.
    expect(covered((w) => w.kind === 'directions')).toEqual([0, 10 + 1 + 3 * 3]);
    for (const w of work)
      if (w.to - w.from > 1)
        expect(unitCost(facts, settings, w, slow(speed)).seconds).toBeLessThanOrEqual(UNIT_SECONDS * 1.5);
  });

  it('keeps to the layers and parts asked for, but takes means over all layers', () => {
    const some = settingsOf(facts, { layers: [2, 0, 0], what: ['neurons'] });
    expect(some.layers).toEqual([0, 2]);
    const work = planWork(facts, some);
    expect(work.filter(({ kind }) => kind === 'neurons').map(({ from, to }) => [from, to])).toEqual(
      ['key', 'up', 'value'].flatMap(() => [
        [0, 20],
        [40, 60],
      ]),
    );
    expect(work.filter(({ kind }) => kind === 'heads')).toEqual([]);
    expect(work.find(({ kind }) => kind === 'normaliser')).toMatchObject({ from: 0, to: 60 });
    expect(planWork(facts, settingsOf(facts, { normalize: 'none' })).some(({ kind }) => kind === 'normaliser')).toBe(
      false,
    );
  });

  it('names a unit by checkpoint, work and settings', async () => {
    const ids = async (checkpoint: string, top: number) =>
      (await planUnits(facts, checkpoint, settingsOf(facts, { top }))).map(({ id }) => id);
    expect(await ids('a', 10)).toEqual(await ids('a', 10));
    const all = [...(await ids('a', 10)), ...(await ids('b', 10)), ...(await ids('a', 11))];
    expect(new Set(all).size).toBe(all.length);
  });

  it.each([
    [{ top: 0 }, 'ARGUMENT_INVALID'],
    [{ pairs: 1.5 }, 'ARGUMENT_INVALID'],
    [{ layers: [3] }, 'OUT_OF_RANGE'],
    [{ what: ['everything' as never] }, 'ARGUMENT_INVALID'],
    [{ normalize: 'cosine' as never }, 'ARGUMENT_INVALID'],
  ])('refuses %j', (options, code) => {
    expect(() => settingsOf(facts, options)).toThrowError(expect.objectContaining({ code }));
  });
});
