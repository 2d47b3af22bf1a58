import { WeightscopeError } from '../../errors.ts';

/** What went wrong with a file of an atlas, as ours. */
export function damage(path: string, cause: unknown): WeightscopeError {
  if (cause instanceof WeightscopeError) return cause;
  const what = (cause as Error).message.split('\n')[0];
  return new WeightscopeError('ATLAS_INVALID', `The atlas in ${path} is damaged (${what}); build it again.`, { cause });
}

/** Whatever `attempt` throws, as `ATLAS_INVALID`. */
export async function damaged<T>(path: string, attempt: () => T | Promise<T>): Promise<T> {
  try {
    return await attempt();
  } catch (cause) {
    throw damage(path, cause);
  }
}
