import { expect, test } from 'vitest';
import { takeTurns } from './turns.ts';

const never = new AbortController().signal;

/** Questions that are answered when they are told to, in the order in which they began. */
function questions() {
  const begun: string[] = [];
  const ends = new Map<string, () => void>();
  const ask = (name: string) => () => {
    begun.push(name);
    return new Promise<string>((resolve) => ends.set(name, () => resolve(name)));
  };
  return { begun, ask, end: (name: string) => ends.get(name)!() };
}

const settle = () => new Promise((resolve) => setImmediate(resolve));

test('no more questions than are allowed are asked at once, the others in their order', async () => {
  const { begun, ask, end } = questions();
  const inTurn = takeTurns(2, 1);
  const answers = ['a', 'b', 'c', 'd'].map((name) => inTurn(ask(name), never));
  await settle();
  expect(begun).toEqual(['a', 'b']);
  end('b');
  await settle();
  expect(begun).toEqual(['a', 'b', 'c']);
  for (const name of ['a', 'c']) end(name);
  await settle();
  end('d');
  expect(await Promise.all(answers)).toEqual(['a', 'b', 'c', 'd']);
});

test('what only adorns the page leaves room for what is read', async () => {
  const { begun, ask } = questions();
  const inTurn = takeTurns(3, 1);
  for (const name of ['card 1', 'card 2', 'card 3']) void inTurn(ask(name), never, 'aside');
  void inTurn(ask('reading'), never);
  await settle();
  expect(begun).toEqual(['card 1', 'reading']);
});

test('what keeps others waiting begins alone, when nothing else is asked, and one such at a time', async () => {
  const { begun, ask, end } = questions();
  const inTurn = takeTurns(4, 2);
  for (const name of ['card 1', 'card 2', 'card 3']) void inTurn(ask(name), never, 'aside');
  for (const name of ['pass 1', 'pass 2']) void inTurn(ask(name), never, 'last');
  void inTurn(ask('card 4'), never, 'aside');
  await settle();
  expect(begun).toEqual(['card 1', 'card 2']);
  for (const name of ['card 1', 'card 2']) {
    end(name);
    await settle();
  }
  expect(begun).toEqual(['card 1', 'card 2', 'card 3', 'card 4']);
  end('card 3');
  end('card 4');
  await settle();
  expect(begun.slice(4)).toEqual(['pass 1']);
  // What is asked meanwhile does not wait for it; the next such does, for both.
  void inTurn(ask('reading'), never);
  end('pass 1');
  await settle();
  expect(begun.slice(4)).toEqual(['pass 1', 'reading']);
  end('reading');
  await settle();
  expect(begun.slice(4)).toEqual(['pass 1', 'reading', 'pass 2']);
});

test('who gives up while waiting leaves the line, and a question that fails makes room', async () => {
  const { begun, ask } = questions();
  const inTurn = takeTurns(1, 1);
  let fail!: (error: Error) => void;
  const first = inTurn(() => new Promise<never>((_, reject) => (fail = reject)), never);
  const stop = new AbortController();
  const left = inTurn(ask('left'), stop.signal);
  void inTurn(ask('last'), never);
  stop.abort(new Error('not wanted'));
  await expect(left).rejects.toThrow('not wanted');
  await expect(inTurn(ask('too late'), stop.signal)).rejects.toThrow('not wanted');
  fail(new Error('no answer'));
  await expect(first).rejects.toThrow('no answer');
  await settle();
  expect(begun).toEqual(['last']);
});
