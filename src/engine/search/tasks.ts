import type { KernelMemory } from '../kernels.ts';
import { matmulTask } from './matmul/matmul-task.ts';
import { packTask } from './means/pack-task.ts';
import { pairSumTask } from './means/pair-sum-task.ts';
import { sumTask } from './means/sum-task.ts';
import { normTask } from './norm-task.ts';
import { pairTask } from './pairs/pair-task.ts';
import { prepareTask } from './pairs/prepare-task.ts';
import { screenTask } from './pairs/screen-task.ts';
import { listTask } from './rows/list-task.ts';
import { roundTask } from './rows/round-task.ts';
import { rowTask } from './rows/row-task.ts';

/** Units of work that a lane runs over the shared memory: plain data in, plain data out. */
const tasks = {
  pairs: pairTask,
  prepare: prepareTask,
  screen: screenTask,
  round: roundTask,
  rows: rowTask,
  lists: listTask,
  columns: sumTask,
  matmul: matmulTask,
  norms: normTask,
  pack: packTask,
  pairSums: pairSumTask,
};

export type TaskName = keyof typeof tasks;
export type TaskArguments<N extends TaskName> = Parameters<(typeof tasks)[N]>[2];
export type TaskResult<N extends TaskName> = ReturnType<(typeof tasks)[N]>;

export const runTask = <N extends TaskName>(
  name: N,
  memory: KernelMemory,
  scratch: number,
  args: TaskArguments<N>,
): TaskResult<N> => {
  // The table's type relates each name to its own arguments, which TypeScript cannot follow through a union of names.
  const task = tasks[name] as (memory: KernelMemory, scratch: number, args: TaskArguments<N>) => TaskResult<N>;
  return task(memory, scratch, args);
};
