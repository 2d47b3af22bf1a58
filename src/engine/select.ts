import { WeightscopeError } from '../errors.ts';
import type { Engine } from './engine.ts';

type Open = () => Promise<Engine>;

/** Engines by name, best first; each is imported only when asked for. */
let engines: [name: string, open: Open][] = [
  ['wasm', async () => (await import('./wasm/wasm.ts')).wasmEngine()],
  ['reference', async () => (await import('./reference/reference.ts')).referenceEngine()],
];

/** Adds an engine that is better than those there are, where it can run: the Node door adds `native`. */
export const addEngine = (name: string, open: Open): void => {
  engines = [[name, open], ...engines.filter(([other]) => other !== name)];
};

/** Names that {@link openEngine} takes, of all engines that this program knows, the best first. */
export const engineNames = (): string[] => engines.map(([name]) => name);

/**
 * Opens the engine called `name`; the caller closes it. Throws `ENGINE_UNAVAILABLE` where there is none or it cannot
 * run.
 */
export const openEngine = async (name: string): Promise<Engine> => {
  const engine = engines.find(([known]) => known === name);
  if (!engine) {
    throw new WeightscopeError(
      'ENGINE_UNAVAILABLE',
      `Expected an engine, one of ${engineNames().join(', ')}, got "${name}".`,
    );
  }
  return engine[1]();
};

/** `WEIGHTSCOPE_ENGINE`, in Node; a browser has no environment. */
const wanted = (): string | undefined => globalThis.process?.env?.WEIGHTSCOPE_ENGINE || undefined;

const described = (engine: Engine, why: string): Engine => ({ ...engine, description: engine.description + why });

/**
 * The first engine that opens. One that is not here is passed over in silence, one that is here and broken with a
 * warning; the description says which and why.
 */
export const openBest = async (): Promise<Engine> => {
  const name = wanted();
  if (name) return described(await openEngine(name), '; WEIGHTSCOPE_ENGINE names it');
  let failure: unknown;
  let why = '';
  for (const candidate of engineNames()) {
    try {
      return described(await openEngine(candidate), why);
    } catch (error) {
      failure = error;
      const absent = error instanceof WeightscopeError && error.code === 'ENGINE_UNAVAILABLE';
      why += `; ${candidate} ${absent ? 'is not installed' : 'does not load'}`;
      if (!absent) console.warn(`${(error as Error).message} Going on without the ${candidate} engine.`);
    }
  }
  throw new WeightscopeError('ENGINE_UNAVAILABLE', 'No engine runs here.', { cause: failure });
};

let shared: Promise<Engine> | undefined;

/**
 * The best engine that runs here (or the one `WEIGHTSCOPE_ENGINE` names), opened once per process and never to be
 * closed by its users.
 */
export const defaultEngine = (): Promise<Engine> => {
  shared ??= openBest();
  return shared;
};
