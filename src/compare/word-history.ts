import { defaultEngine } from '../engine/select.ts';
import { WeightscopeError } from '../errors.ts';
import type { Model, Parameter } from '../model/types.ts';
import { rowsKept, tokenOf } from '../reading/applied.ts';
import { embedding, embeddingOf } from '../reading/embedding.ts';
import { expertOf } from '../reading/parameters.ts';
import { divisorOf } from '../reading/rank.ts';
import type { NeuronPart, ReadOptions, Token } from '../reading/types.ts';
import { picked } from './operands.ts';

export interface WordHistoryOptions extends ReadOptions {
  /** Words of each list that are compared; default 10. */
  k?: number;
  /** Neurons of each layer and part, evenly spaced; default 32, 0: all. */
  neurons?: number;
  /** How many of those whose words moved most are listed; default 6. */
  list?: number;
}

/** How the first words of neurons differ from one model to the next. */
export interface WordHistory {
  readonly models: readonly string[];
  readonly k: number;
  /** Every layer and part that was looked at, in the order of the model. */
  readonly layers: readonly LayerWords[];
  /** The same of all layers whose numbers are stored in the same types. */
  readonly types: readonly TypeWords[];
  /** The neurons whose words moved most, most first. */
  readonly moved: readonly MovedNeuron[];
}

/** What became of the first k words from a model to the next one, over some neurons. */
export interface WordStep {
  /** Neurons whose first k words, as a set, are not the same. */
  readonly changed: number;
  /** Neurons whose first word is another. */
  readonly first: number;
  /** The share of the first k words that stayed among them, on average. */
  readonly kept: number;
}

export interface LayerWords {
  readonly layer: number;
  readonly expert?: number;
  readonly part: NeuronPart;
  /** Neurons that were compared. */
  readonly neurons: number;
  /** How each model stores them: `F16`, `Q4_1`. */
  readonly types: readonly string[];
  readonly steps: readonly WordStep[];
}

export interface TypeWords {
  readonly types: readonly string[];
  readonly neurons: number;
  readonly steps: readonly WordStep[];
}

export interface MovedNeuron {
  readonly layer: number;
  readonly expert?: number;
  readonly neuron: number;
  readonly part: NeuronPart;
  /** The share of the first k words that stayed, step by step. */
  readonly kept: readonly number[];
  /** The step in which fewest stayed, from 0: from the model of this number to the next. */
  readonly when: number;
  /** The first words in each model. */
  readonly words: readonly (readonly Token[])[];
}

/** A place of a list that is shorter than k, as filters make it. */
const NONE = 0xffffffff;

const FEED_FORWARD = /^layer\.(\d+)\.ff\.(?:\w+\.)?(key|up|value)$/;

/** One layer's part: which of its neurons are looked at, and their words in each model, [neuron * k + place]. */
interface Looked {
  readonly name: string;
  readonly index: readonly number[];
  readonly words: Uint32Array[];
}

/**
 * Reads the first words of the same neurons in every model, each with its own E and normaliser, as `readNeuron` would,
 * and says how many stayed from one to the next: what a quantised copy has lost, or when in a training run words moved.
 * By cosine unless `normalize` says otherwise. Tokens are compared by their numbers: `ARGUMENT_INVALID` where the
 * models have not as many, or share no feed-forward layer.
 */
export async function wordHistory(models: readonly Model[], options: WordHistoryOptions = {}): Promise<WordHistory> {
  const { neurons = 32, list = 6 } = options;
  const k = Math.min(options.k ?? 10, models[0].dimensions.vocab);
  const looked = lookedAt(models, neurons);
  for (const [i, model] of models.entries()) {
    const progress = (done: number, what: string) => options.progress?.((i + done) / models.length, what);
    await readWords(model, looked, k, { ...options, progress });
  }
  const all = looked.map((one) => ({
    one,
    kept: keptOf(one, k),
    types: models.map((model) => typeOf(model, one.name)),
  }));
  const layers = all.map(({ one, kept, types }): LayerWords => {
    const { layer, expert, part } = placeOf(models[0], one.name);
    return {
      layer,
      ...(expert !== undefined && { expert }),
      part,
      neurons: one.index.length,
      types,
      steps: kept.map(stepOf),
    };
  });
  const byType = new Map<string, typeof all>();
  for (const each of all) byType.set(String(each.types), [...(byType.get(String(each.types)) ?? []), each]);
  const types = [...byType.values()].map((of): TypeWords => {
    const steps = of[0].kept.map((_, step) => stepOf(of.flatMap(({ kept }) => kept[step])));
    return { types: of[0].types, neurons: of.reduce((sum, { one }) => sum + one.index.length, 0), steps };
  });
  const moved = all
    .flatMap(({ one, kept }) =>
      one.index.map((neuron, i) => ({ one, i, neuron, kept: kept.map((step) => step[i].kept) })),
    )
    .map((each) => ({ ...each, least: Math.min(...each.kept) }))
    .filter(({ least }) => least < 1)
    .sort((x, y) => x.least - y.least)
    .slice(0, list)
    .map(({ one, i, neuron, kept, least }): MovedNeuron => {
      const words = one.words.map((of, m) =>
        [...of.subarray(i * k, i * k + k)]
          .filter((token) => token !== NONE)
          .map((token) => tokenOf(models[m], token, options.labels)),
      );
      return { ...placeOf(models[0], one.name), neuron, kept, when: kept.indexOf(least), words };
    });
  return { models: models.map(({ name }) => name), k, layers, types, moved };
}

function lookedAt(models: readonly Model[], most: number): Looked[] {
  const [first, ...others] = models;
  const sizes = new Set(models.map(({ dimensions }) => dimensions.vocab));
  if (sizes.size > 1)
    throw new WeightscopeError(
      'ARGUMENT_INVALID',
      `Expected models with as many tokens as one another to compare their neurons' words, got ${[...sizes].join(' and ')}.`,
    );
  const found = [...first.parameters].flatMap(([name, { count, shape }]): Looked[] => {
    if (!FEED_FORWARD.test(name)) return [];
    if (others.some(({ parameters }) => String(parameters.get(name)?.shape) !== String(shape))) return [];
    const taken = most === 0 ? count : Math.min(most, count);
    return [{ name, index: Array.from({ length: taken }, (_, i) => Math.floor((i * count) / taken)), words: [] }];
  });
  if (found.length > 0) return found;
  throw new WeightscopeError(
    'ARGUMENT_INVALID',
    `Expected models that have feed-forward layers of one shape, got ${models.map(({ name }) => name).join(', ')}.`,
  );
}

function placeOf(model: Model, name: string): { layer: number; expert?: number; part: NeuronPart } {
  const [, layer, part] = FEED_FORWARD.exec(name)!;
  const expert = expertOf(model, name);
  return { layer: Number(layer), ...(expert !== undefined && { expert }), part: part as NeuronPart };
}

const typeOf = ({ parameters, tensors }: Model, name: string): string =>
  [...new Set(parameters.get(name)!.tensors.map((tensor) => tensors.get(tensor)?.dtype ?? '?'))].join('+');

async function readWords(
  model: Model,
  looked: readonly Looked[],
  k: number,
  options: WordHistoryOptions,
): Promise<void> {
  const { normalize = 'cosine', signal, progress } = options;
  const engine = options.engine ?? (await defaultEngine());
  for (const [i, { name, index, words }] of looked.entries()) {
    progress?.(i / looked.length, `words of ${name}`);
    const kind = `ff.${placeOf(model, name).part}` as const;
    const e = await embedding(model, embeddingOf(kind, options.embedding), signal);
    // A cosine's order is that of dot products over the lengths of E's rows, whatever the neuron's own.
    const { divisor } = await divisorOf(
      model,
      Float32Array.of(1),
      { normalize, kind },
      { ...options, progress: undefined },
    );
    const x = await neuronsOf(model.parameters.get(name)!, index, signal);
    const mask = await rowsKept(model, kind, 'tokens', options);
    const { top } = await engine.topRows(x, e, { k, divisor, mask, signal });
    const list = new Uint32Array(index.length * k).fill(NONE);
    for (let row = 0; row < index.length; row++)
      list.set(top!.index.subarray(row * top!.k, (row + 1) * top!.k), row * k);
    words.push(list);
  }
}

/** Some of a parameter's vectors, those that are not finite as 0. */
async function neuronsOf(parameter: Parameter, index: readonly number[], signal?: AbortSignal) {
  const { count, width, name } = parameter;
  const data = await parameter.read(0, count, signal, { finite: false });
  for (let i = 0; i < data.length; i++) if (data[i] - data[i] !== 0) data[i] = 0;
  return picked({ data, rows: count, columns: width, name }, index);
}

interface Kept {
  readonly kept: number;
  readonly first: boolean;
}

/** Of every step and neuron: the share of the first k words that stayed, and whether the first did. */
function keptOf({ index, words }: Looked, k: number): Kept[][] {
  return words.slice(1).map((after, step) =>
    index.map((_, i) => {
      const [from, to] = [i * k, (i + 1) * k];
      const [one, two] = [words[step].subarray(from, to), after.subarray(from, to)];
      const there = new Set(two);
      const stayed = one.reduce((sum, token) => sum + (there.has(token) ? 1 : 0), 0);
      return { kept: stayed / k, first: one[0] === two[0] };
    }),
  );
}

function stepOf(of: readonly Kept[]): WordStep {
  const count = (holds: (one: Kept) => boolean): number => of.filter(holds).length;
  return {
    changed: count(({ kept }) => kept < 1),
    first: count(({ first }) => !first),
    kept: of.reduce((sum, { kept }) => sum + kept, 0) / of.length,
  };
}
