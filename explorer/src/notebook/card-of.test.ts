import { expect, it } from 'vitest';
import { openModel, readHead, readNeuron, readToken } from '../../../src/node.ts';
import { cardOf } from './card-of.ts';

const model = await openModel('sample');

it('shows every row that a notebook asked for, the opposite pole too, and how they were read', async () => {
  const asked = { model: 'sample', k: 30, bottom: 2, normalize: 'cosine', foldNorm: true } as const;
  const answer = await readNeuron(model, 4, 100, asked);
  const { name, model: of, reading } = cardOf({ question: 'neuron', asked, answer });
  expect([name, of]).toEqual(['neuron 4:100', 'sample']);
  expect(reading.lists.map(({ heading, tone, rows }) => [heading, tone, rows.length])).toEqual([
    ['Key: what makes it fire', 'read', 30],
    ['Key: opposite pole', 'opposite', 2],
    ['Up: what scales it', 'neutral', 30],
    ['Up: opposite pole', 'opposite', 2],
    ['Value: what it writes', 'write', 30],
    ['Value: opposite pole', 'opposite', 2],
  ]);
  expect(reading.how).toMatch(/^normalised by cosine · norm folded in · all tokens/);
});

it('says of a head what was counted, and of both matrices only those that were asked for', async () => {
  const answer = await readHead(model, 1, 5, { matrices: ['vo'], k: 3, above: 75 });
  const { name, reading } = cardOf({ question: 'head', asked: { model: 'sample' }, answer });
  expect(name).toBe('head 1:5');
  expect(reading.lists.map(({ heading, rows }) => [heading, rows[0]!.label])).toEqual([
    ['VO: turns into, 4,889 pairs above 75', '·rapidly → ·just'],
  ]);
});

it('takes from what was asked what an answer does not say', async () => {
  const answer = await readToken(model, 3261, { k: 5, normalize: 'none' });
  const { name, model: of, reading } = cardOf({ question: 'token', asked: { model: 'm', normalize: 'none' }, answer });
  expect([name, of, reading.how]).toEqual(['token ·King', 'm', 'normalised by none · norm not folded in · all tokens']);
  expect(reading.lists.map(({ rows }) => rows.length)).toEqual([5, 5, 5]);
});

it('says that a preview is one', async () => {
  const note = 'A preview: freq is taken from 1 of 9 vectors.';
  const answer = { layer: 0, neuron: 1, normalize: 'freq', applied: { foldNorm: false, notes: [note] }, parts: {} };
  expect(cardOf({ question: 'neuron', asked: {}, answer }).reading.how).toContain(note);
});
