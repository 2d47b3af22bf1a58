import { WeightscopeError } from '../../errors.ts';
import { JsonError, parseJson, withoutMark } from '../../json.ts';
import { describe, quote } from '../../quote.ts';
import { isMlxConfig, mlxRefused } from './other-tools.ts';
import { byEnding, firstOf, matcher } from './patterns.ts';
import { targetsOf } from './targets.ts';

/** The kinds of adapter that are read; `peft_type` in adapter_config.json. */
const KINDS = ['LORA', 'IA3', 'LOHA', 'LOKR', 'TRAINABLE_TOKENS'] as const;
export type AdapterKind = (typeof KINDS)[number];

/** What adapter_config.json says, as far as it decides the weights (PEFT, `LoraConfig` and its like). */
export interface AdapterConfig {
  readonly kind: AdapterKind;
  /** What a matrix of this rank, in this module, is multiplied by. */
  scaleOf(module: string, rank: number): number;
  /** The rank that the config gives this module. */
  rankOf(module: string): number;
  alphaOf(module: string): number;
  readonly rsLora: boolean;
  readonly dora: boolean;
  /** IA3: whether the module's inputs are scaled in place of its outputs. */
  feedForward(module: string): boolean;
  /** Whether PEFT puts the file's matrices into the module: it leaves out what the config does not choose. */
  targets(module: string): boolean;
  /** The rows of a module that were tuned on their own. */
  tokensOf(module: string): readonly number[] | undefined;
  /** Whether a head that is tied to the embeddings has their matrices (`ensure_weight_tying`). */
  readonly keepsTied: boolean;
  /** Whether the module is one that was tuned whole (`modules_to_save`). */
  brings(module: string): boolean;
  /** The model that it was made for, as the config names it. */
  readonly base: string | undefined;
  /** What a person should know of it. */
  readonly notes: readonly string[];
}

/** Beginnings that take part of the base's weights away, so that the adapter alone says nothing. */
const TAKES_FROM_BASE = /^(pissa|olora|corda|loftq|lora_ga)/i;

/** Settings that change what an adapter does in ways that are not read. */
const UNREAD = {
  layer_replication: 'layers that stand for several',
  alora_invocation_tokens: 'an adapter that works only after certain tokens (aLoRA)',
  use_qalora: 'inputs that are averaged in groups (QA-LoRA)',
  use_bdlora: 'block-diagonal matrices (BD-LoRA)',
  arrow_config: 'a choice among adapters by input (Arrow)',
  target_parameters:
    'LoRA on parameters by their own names (experts, routers), of which its file does not say which matrices are whose, nor which of their sides is which: the code of the model and of PEFT does',
  kasa_config: 'matrices with singular values of their own (KaSA)',
  velora_config: 'compressed inputs (VeLoRA)',
} as const;

/** Reads adapter_config.json. Throws `CONFIG_INVALID`, and `FORMAT_UNSUPPORTED` naming what is not read. */
export function parseAdapterConfig(bytes: Uint8Array, file: string): AdapterConfig {
  const config = objectOf(bytes, file);
  const kind = KINDS.find((known) => known === config.peft_type);
  if (!kind) throw unknownKind(config, file);
  refuseUnread(config, file);
  const notes: string[] = [];
  const alphaName = kind === 'LORA' ? 'lora_alpha' : 'alpha';
  const scaled = kind !== 'IA3' && kind !== 'TRAINABLE_TOKENS';
  if (scaled && typeof config[alphaName] !== 'number')
    notes.push(`The config gives no \`${alphaName}\`: 8 is taken, as PEFT does.`);
  const alpha = numberOf(config, alphaName, 8, file);
  const rank = numberOf(config, 'r', 8, file);
  if (scaled && alpha === 0) notes.push(`\`${alphaName}\` is 0: the adapter's matrices are multiplied by 0.`);
  const ranks = patternsOf(config.rank_pattern, 'rank_pattern', file);
  const alphas = patternsOf(config.alpha_pattern, 'alpha_pattern', file);
  const targets = targetsOf(config, file);
  notes.push(...targets.notes);
  const rsLora = kind === 'LORA' && config.use_rslora === true;
  const alphaOf = (module: string): number => alphas(module) ?? alpha;
  return {
    kind,
    rsLora,
    alphaOf,
    rankOf: (module) => ranks(module) ?? rank,
    scaleOf: (module, own) => alphaOf(module) / (rsLora ? Math.sqrt(own) : own),
    dora: config.use_dora === true,
    feedForward: matcher(config.feedforward_modules, 'feedforward_modules', file),
    tokensOf: tokensOf(kind === 'TRAINABLE_TOKENS' ? config.token_indices : config.trainable_token_indices),
    keepsTied: config.ensure_weight_tying === true,
    targets: targets.has,
    brings: matcher(config.modules_to_save, 'modules_to_save', file),
    base: typeof config.base_model_name_or_path === 'string' ? config.base_model_name_or_path : undefined,
    notes,
  };
}

/** Kinds that are no change of weights, and so cannot be merged: PEFT's prompt learning. */
const VIRTUAL = /^(PREFIX_TUNING|PROMPT_TUNING|P_TUNING|MULTITASK_PROMPT_TUNING|CPT|CARTRIDGE)$/;

function unknownKind(config: Record<string, unknown>, file: string): WeightscopeError {
  if (isMlxConfig(config)) return mlxRefused(file);
  const { peft_type: kind } = config;
  const what = `Expected an adapter of kind ${KINDS.join(', ')} in ${file}, found ${describe(kind)}`;
  if (typeof kind !== 'string')
    return new WeightscopeError('CONFIG_INVALID', `${what}; name an adapter as PEFT saves it.`);
  const why = VIRTUAL.test(kind)
    ? ', which puts tokens of its own before a text and changes no weight; read the base alone.'
    : '; merge it into its base (PEFT: merge_and_unload) and name the result instead.';
  return new WeightscopeError('FORMAT_UNSUPPORTED', what + why);
}

function objectOf(bytes: Uint8Array, file: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = parseJson(withoutMark(bytes), { python: true });
  } catch (cause) {
    if (!(cause instanceof JsonError)) throw cause;
    throw new WeightscopeError('CONFIG_INVALID', `Expected JSON in ${file}, but ${cause.message}; fetch it again.`, {
      cause,
    });
  }
  if (isObject(value)) return value;
  throw new WeightscopeError('CONFIG_INVALID', `Expected a JSON object in ${file}, found ${describe(value)}.`);
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isGiven = (value: unknown): boolean =>
  value !== undefined &&
  value !== null &&
  value !== false &&
  !(Array.isArray(value) && value.length === 0) &&
  !(isObject(value) && Object.keys(value).length === 0);

function refuseUnread(config: Record<string, unknown>, file: string): void {
  const unread = Object.entries(UNREAD).find(([name]) => isGiven(config[name]));
  if (unread)
    throw new WeightscopeError(
      'FORMAT_UNSUPPORTED',
      `Expected an adapter that is added to its base's weights, found \`${unread[0]}\` in ${file}: ${unread[1]}; merge it into its base with PEFT, where it can, and name the result.`,
    );
  const init = config.init_lora_weights;
  if (typeof init !== 'string' || !TAKES_FROM_BASE.test(init)) return;
  throw new WeightscopeError(
    'FORMAT_UNSUPPORTED',
    `Expected an adapter of the base as it is, found one that began by taking part of the base's weights away (init_lora_weights ${quote(init)} in ${file}); save it with PEFT's path_initial_model_for_weight_conversion.`,
  );
}

function numberOf(config: Record<string, unknown>, name: string, usual: number, file: string): number {
  const value = config[name] ?? usual;
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  throw new WeightscopeError(
    'CONFIG_INVALID',
    `Expected \`${name}\` in ${file} to be a number, got ${describe(value)}.`,
  );
}

/** The number that the first matching pattern gives a module. */
function patternsOf(value: unknown, name: string, file: string): (module: string) => number | undefined {
  if (!isObject(value)) return () => undefined;
  const numbers = Object.values(value);
  const wrong = numbers.find((number) => !Number.isFinite(number));
  if (wrong !== undefined)
    throw new WeightscopeError('CONFIG_INVALID', `Expected numbers in \`${name}\` of ${file}, got ${describe(wrong)}.`);
  const first = firstOf(Object.keys(value), name, file);
  return (module) => numbers[first(module)] as number | undefined;
}

function tokensOf(value: unknown): AdapterConfig['tokensOf'] {
  const list = (one: unknown) =>
    Array.isArray(one) && one.every((id) => Number.isInteger(id) && id >= 0) ? (one as number[]) : undefined;
  if (isObject(value)) return byEnding(Object.entries(value).map(([name, one]) => [name, list(one)]));
  const all = list(value);
  return () => all;
}
