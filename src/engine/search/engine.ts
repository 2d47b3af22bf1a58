import { WeightscopeError } from '../../errors.ts';
import type { Engine } from '../engine.ts';
import { matmul } from './matmul/matmul.ts';
import { columnMeans } from './means/means.ts';
import { topPairs } from './pairs/pairs.ts';
import { rising } from './progress.ts';
import { topRows } from './rows/rows.ts';
import type { Sessions } from './session.ts';

/** The engine that searches with what `sessions` provides: the same logic over any kernels. */
export const searchEngine = (
  name: string,
  description: string,
  sessions: Sessions & { close?(): Promise<void> },
): Engine => {
  let closed = false;
  const open = (): Sessions => {
    if (closed) throw new WeightscopeError('ENGINE_FAILED', `The ${name} engine was closed; open a new one.`);
    return sessions;
  };
  return {
    name,
    description,
    topRows: async (x, e, options) => topRows(open(), x, e, rising(options)),
    topPairs: async (a, b, options) => topPairs(open(), a, b, rising(options)),
    columnMeans: async (x, e, options) => columnMeans(open(), x, e, options && rising(options)),
    matmul: async (a, b, options) => matmul(open(), a, b, options && rising(options)),
    close: async () => {
      closed = true;
      await sessions.close?.();
    },
  };
};
