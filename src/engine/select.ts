import { WeightscopeError } from '../errors.ts';
import type { Engine } from './engine.ts';

/** Engines by name, best first; each is imported only when asked for. */
const ENGINES: Record<string, () => Promise<Engine>> = {
  wasm: async () => (await import('./wasm/wasm.ts')).wasmEngine(),
  reference: async () => (await import('./reference/reference.ts')).referenceEngine(),
};

export const engineNames = (): string[] => Object.keys(ENGINES);

/** Opens the engine called `name`; the caller closes it. Throws `ENGINE_UNAVAILABLE` where there is none or it cannot run. */
export const openEngine = async (name: string): Promise<Engine> => {
  if (!Object.hasOwn(ENGINES, name)) {
    throw new WeightscopeError(
      'ENGINE_UNAVAILABLE',
      `Expected an engine, one of ${engineNames().join(', ')}, got "${name}".`,
    );
  }
  return ENGINES[name]();
};

/** `WEIGHTSCOPE_ENGINE`, in Node; a browser has no environment. */
const wanted = (): string | undefined => globalThis.process?.env?.WEIGHTSCOPE_ENGINE || undefined;

const openBest = async (): Promise<Engine> => {
  const name = wanted();
  if (name) return openEngine(name);
  let failure: unknown;
  for (const candidate of engineNames()) {
    try {
      return await openEngine(candidate);
    } catch (error) {
      failure = error;
    }
  }
  throw new WeightscopeError('ENGINE_UNAVAILABLE', 'No engine runs here.', { cause: failure });
};

let shared: Promise<Engine> | undefined;

/** The best engine that runs here (or the one `WEIGHTSCOPE_ENGINE` names), opened once per process and never to be closed by its users. */
export const defaultEngine = (): Promise<Engine> => {
  shared ??= openBest();
  return shared;
};
