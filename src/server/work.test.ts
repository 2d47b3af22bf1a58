import { expect, it } from 'vitest';
import { idsOf } from './served.ts';
import { WorkQueue } from './work.ts';

const never = () => new AbortController().signal;

/** Work that ends when it is told to. */
function manual() {
  let end!: () => void;
  const ended = new Promise<void>((resolve) => {
    end = resolve;
  });
  return { work: () => ended, end };
}

it('does one thing after the other, in the order they came', async () => {
  const queue = new WorkQueue();
  const done: number[] = [];
  let [running, most] = [0, 0];
  await Promise.all(
    Array.from({ length: 20 }, (_, i) =>
      queue.run('a', never(), async () => {
        most = Math.max(most, ++running);
        await Promise.resolve();
        running--;
        done.push(i);
      }),
    ),
  );
  expect(done).toEqual(Array.from({ length: 20 }, (_, i) => i));
  expect(most).toBe(1);
  expect(queue.load).toEqual({ running: 0, waiting: 0 });
});

it('goes on after what fails, and forgets who went away', async () => {
  const queue = new WorkQueue();
  const first = manual();
  const running = queue.run('a', never(), first.work);
  const gone = new AbortController();
  const left = queue.run('a', gone.signal, async () => 'never');
  const failing = queue.run('a', never(), async () => {
    throw new Error('failed');
  });
  const last = queue.run('b', never(), async () => 'last');
  expect(queue.load).toEqual({ running: 1, waiting: 3 });
  gone.abort();
  await expect(left).rejects.toMatchObject({ code: 'ABORTED' });
  expect(queue.load.waiting).toBe(2);
  first.end();
  await running;
  await expect(failing).rejects.toThrow('failed');
  expect(await last).toBe('last');
  await expect(queue.run('a', gone.signal, async () => 1)).rejects.toMatchObject({ code: 'ABORTED' });
  expect(queue.load).toEqual({ running: 0, waiting: 0 });
});

it('lets each client, and all together, have only so much waiting', async () => {
  const queue = new WorkQueue({ waiting: 3, waitingPerClient: 2 });
  const first = manual();
  const all = [queue.run('a', never(), first.work)];
  for (const client of ['a', 'a', 'b']) all.push(queue.run(client, never(), async () => {}));
  await expect(queue.run('a', never(), async () => {})).rejects.toMatchObject({ code: 'TOO_BUSY' });
  await expect(queue.run('c', never(), async () => {})).rejects.toThrow('Expected fewer requests at once');
  first.end();
  await Promise.all(all);
  await queue.run('a', never(), async () => {});
});

it('names models by the end of what they are called, safely and apart', () => {
  expect(
    idsOf(['sample', '/x/y/model.gguf', 'C:\\models\\model.gguf\\', 'org/name@main', '../..', 'a b?c/', '日本']),
  ).toEqual(['sample', 'model.gguf', 'model.gguf-2', 'name-main', 'model', 'a-b-c', 'model-2']);
});
