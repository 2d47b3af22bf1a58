import { WeightscopeError } from '../../errors.ts';
import { matcher } from './patterns.ts';

/** Which modules PEFT puts an adapter's matrices into when it loads it; it leaves all others out without a word. */
export interface Targets {
  has(module: string): boolean;
  readonly notes: readonly string[];
}

const ALL: Targets = { has: () => true, notes: [] };
const LAYER = /^.*?\.[^.]*\.(\d+)\./;

/**
 * What `target_modules`, `exclude_modules` and `layers_to_transform` choose (PEFT, `check_target_module_exists`). An
 * expression that is not read chooses everything, and a note says so.
 */
export function targetsOf(config: Readonly<Record<string, unknown>>, file: string): Targets {
  const { target_modules: named, exclude_modules: excluded, layers_to_transform: layers, layers_pattern } = config;
  // Without names they are those of the model type, which PEFT's code knows.
  const isNamed = Array.isArray(named) || (typeof named === 'string' && named.toLowerCase() !== 'all-linear');
  let chosen: (module: string) => boolean;
  let left: (module: string) => boolean;
  try {
    chosen = isNamed ? matcher(named, 'target_modules', file) : () => true;
    left = matcher(excluded, 'exclude_modules', file);
  } catch (error) {
    if (!(error instanceof WeightscopeError) || error.code !== 'CONFIG_INVALID') throw error;
    const note = 'Its config chooses modules by an expression that is not read: all modules of its file are taken.';
    return { ...ALL, notes: [note] };
  }
  const numbers = new Set([layers].flat().filter(Number.isInteger));
  const byLayer = Array.isArray(named) && numbers.size > 0;
  const patterns = [layers_pattern].flat().filter((one) => typeof one === 'string' && one !== '') as string[];
  const inLayer = (module: string): boolean => {
    if (!byLayer || (named as unknown[]).includes(module)) return true;
    const found =
      patterns.length === 0
        ? LAYER.exec(module)?.[1]
        : patterns.map((pattern) => numberAfter(module, pattern)).find((number) => number !== undefined);
    return found !== undefined && numbers.has(Number(found));
  };
  return { has: (module) => !left(module) && chosen(module) && inLayer(module), notes: [] };
}

/** The number after the first part of a name that is called so: of `model.layers.3.mlp` after `layers` 3. */
function numberAfter(module: string, part: string): string | undefined {
  const parts = module.split('.');
  const at = parts.findIndex((own, i) => own === part && /^\d+$/.test(parts[i + 1] ?? '') && i + 2 < parts.length);
  return at < 0 ? undefined : parts[at + 1];
}
