import { expect, test } from 'vitest';
import { meant } from './queries.ts';

test('a word means its token after a space, then the bare one, then the first that begins so', () => {
  const token = (id: number, text: string) => ({ id, token: text, label: text });
  const [King, king, spaced, kings] = [token(1, 'King'), token(2, 'king'), token(3, ' king'), token(4, ' kings')];
  expect(meant('king', [King, king, spaced, kings])).toBe(spaced);
  expect(meant(' king ', [King, king])).toBe(king);
  expect(meant('kin', [King, kings])).toBe(King);
  expect(meant('x', [])).toBe(undefined);
});
