/**
 * `aside`: it only adorns what is read, such as the words of a card. `last`: it would keep others waiting, as a pass
 * over all layers does, and begins alone, when nothing else is asked.
 */
export type Turn = 'usual' | 'aside' | 'last';

/** Runs a question when its turn comes. Aborting `signal` while it waits takes it out of the line. */
export type Turns = <T>(run: () => Promise<T>, signal: AbortSignal, turn?: Turn) => Promise<T>;

interface Waiting {
  turn: Turn;
  begin: () => void;
}

/**
 * A browser keeps six connections to one server, and a question to a large model may hold one for minutes: with all six
 * taken nothing more comes, neither the next page's script nor a look whether the server is there. So questions stand
 * in line: `most` at once, of which `asides` may be such as only adorn the page.
 */
export function takeTurns(most: number, asides: number): Turns {
  const line: Waiting[] = [];
  const running = { all: 0, aside: 0 };
  const mayBegin = ({ turn }: Waiting): boolean => {
    if (turn === 'last') return running.all === 0 && line.every((other) => other.turn === 'last');
    return running.all < most && (turn === 'usual' || running.aside < asides);
  };
  const next = (): void => {
    for (let at = line.findIndex(mayBegin); at >= 0; at = line.findIndex(mayBegin)) line.splice(at, 1)[0]!.begin();
  };
  const count = (turn: Turn, by: 1 | -1): void => {
    running.all += by;
    if (turn === 'aside') running.aside += by;
  };
  return async (run, signal, turn = 'usual') => {
    await new Promise<void>((resolve, reject) => {
      const leave = (): void => {
        line.splice(line.indexOf(waiting), 1);
        reject(signal.reason);
      };
      const waiting = {
        turn,
        begin: () => {
          signal.removeEventListener('abort', leave);
          count(turn, 1);
          resolve();
        },
      };
      if (signal.aborted) return reject(signal.reason);
      signal.addEventListener('abort', leave, { once: true });
      line.push(waiting);
      next();
    });
    try {
      return await run();
    } finally {
      count(turn, -1);
      next();
    }
  };
}

/** The page's own: two connections stay free for scripts and for looking at the server. */
export const inTurn = takeTurns(4, 2);
