/** One of Node's own modules, without an import that a bundler for browsers would trip over; undefined in browsers. */
export const builtin = <T>(name: string): T | undefined =>
  globalThis.process?.getBuiltinModule?.(name) as T | undefined;
