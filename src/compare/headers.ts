import { WeightscopeError } from '../errors.ts';
import type { Model } from '../model/types.ts';
import { sharedInWords, sharedTokens } from './shared-tokens.ts';

/** What differs before any number is read. */
export interface HeaderDiff {
  /** No difference in what follows. */
  readonly same: boolean;
  readonly config: readonly { readonly name: string; readonly a: string; readonly b: string }[];
  /** How many tensors are stored in which types, where that differs. */
  readonly types: readonly { readonly type: string; readonly a: number; readonly b: number }[];
  /** Parameters of one alone, and those of another shape. */
  readonly onlyA: readonly string[];
  readonly onlyB: readonly string[];
  readonly reshaped: readonly { readonly name: string; readonly a: string; readonly b: string }[];
  /** What differs between the tokenizers, in words. */
  readonly tokens: readonly string[];
}

/** Entries that say how a file came about and nothing of the model. */
const ASIDE =
  /^(_name_or_path|transformers_version|torch_dtype|dtype|use_cache|general\.|tokenizer\.|quantization_config)/;

/** Compares config, tokenizer, names, shapes and types of two models; reads no weights. */
export function headersOf(a: Model, b: Model): HeaderDiff {
  const config = configDiff(a, b);
  const onlyA = [...a.parameters.keys()].filter((name) => !b.parameters.has(name));
  const onlyB = [...b.parameters.keys()].filter((name) => !a.parameters.has(name));
  const reshaped = [...a.parameters].flatMap(([name, { shape }]) => {
    const other = b.parameters.get(name)?.shape;
    return other && String(other) !== String(shape) ? [{ name, a: shape.join(' × '), b: other.join(' × ') }] : [];
  });
  const tokens = tokensDiff(a, b);
  const types = typesDiff(a, b);
  const same = config.length + onlyA.length + onlyB.length + reshaped.length + tokens.length + types.length === 0;
  return { same, config, types, onlyA, onlyB, reshaped, tokens };
}

/** Two formats write one config in their own words: only what both say is compared then. */
function configDiff(a: Model, b: Model): HeaderDiff['config'] {
  const [one, two] = [a.config, b.config];
  const both = 'general.architecture' in one !== 'general.architecture' in two;
  const text = (value: unknown): string => (value === undefined ? '' : stringOf(value));
  return [...new Set([...Object.keys(one), ...Object.keys(two)])]
    .filter((name) => !ASIDE.test(name) && (!both || (name in one && name in two)) && name !== 'architectures')
    .filter((name) => text(one[name]) !== text(two[name]))
    .map((name) => ({ name, a: text(one[name]), b: text(two[name]) }));
}

const MAX_SHOWN = 200;

function stringOf(value: unknown): string {
  const text = JSON.stringify(value, (_, one) => (typeof one === 'bigint' ? String(one) : one)) ?? '';
  return text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}…` : text;
}

function tokensDiff(a: Model, b: Model): string[] {
  const [one, two] = [a.vocabulary, b.vocabulary];
  if (!one !== !two) return [`Only ${one ? a.name : b.name} has a tokenizer that is read.`];
  if (!one || !two || a.vocabulary === b.vocabulary) return [];
  try {
    return sharedInWords(a, b, sharedTokens(a, b));
  } catch (error) {
    if (!(error instanceof WeightscopeError)) throw error;
    return [`No token of ${a.name} is a token of ${b.name}: rows of embed and unembed are compared as they stand.`];
  }
}

function typesDiff(a: Model, b: Model): HeaderDiff['types'] {
  const count = ({ tensors }: Model): Map<string, number> => {
    const found = new Map<string, number>();
    for (const { dtype, partOf } of tensors.values())
      if (partOf === undefined) found.set(dtype, (found.get(dtype) ?? 0) + 1);
    return found;
  };
  const [one, two] = [count(a), count(b)];
  return [...new Set([...one.keys(), ...two.keys()])]
    .map((type) => ({ type, a: one.get(type) ?? 0, b: two.get(type) ?? 0 }))
    .filter((each) => each.a !== each.b);
}
