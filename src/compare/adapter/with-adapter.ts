import { WeightscopeError } from '../../errors.ts';
import type { TensorInfo } from '../../formats/tensor.ts';
import { fingerprint } from '../../model/fingerprint.ts';
import { formatOfModel, rebind } from '../../model/open.ts';
import type { Model } from '../../model/types.ts';
import { quote } from '../../quote.ts';
import { readVocabulary } from '../../vocabulary/read.ts';
import type { Vocabulary } from '../../vocabulary/types.ts';
import { changed } from './change.ts';
import { type Fit, fitOf } from './fit.ts';
import type { Adapter } from './open.ts';

/**
 * A model with an adapter put into its weights, as PEFT's `merge_and_unload` would leave it, made as it is read:
 * nothing is written or held whole. Readings are normalised as the base's are, so that both compare. Closing it closes
 * both. Throws `FORMAT_UNSUPPORTED`, `TENSOR_MISSING` and `TENSOR_SHAPE` where any module of the adapter does not fit
 * the base.
 */
export async function withAdapter(base: Model, adapter: Adapter, signal?: AbortSignal): Promise<Model> {
  const fit = fitOf(base, adapter);
  refuseUnfit(fit, base, adapter);
  const tensors = mergedTensors(base, fit);
  const config = grownConfig(base, tensors, fit);
  const bound = rebind(base, tensors, config);
  const vocabulary = await vocabularyOf(base, adapter, bound.dimensions.vocab, signal);
  const sameRows = bound.dimensions.vocab === base.dimensions.vocab;
  const own = new Set(bound.notes);
  return {
    ...base,
    ...bound,
    name: `${base.name} with ${adapter.name}`,
    config,
    tensors,
    vocabulary,
    fingerprint: fingerprint({ base: base.fingerprint, adapter: adapterPrint(adapter) }, adapter.tensors),
    cache: undefined,
    derived: true,
    notes: [
      ...bound.notes,
      ...base.notes.filter((note) => !own.has(note)),
      ...notesOf(base, adapter, fit, sameRows),
      ...(sameRows ? [] : vocabularyNote(base, vocabulary, bound.dimensions.vocab)),
    ],
    ...(sameRows && { normalisedAs: base }),
    close: async () => {
      await Promise.all([base.close(), adapter.close()]);
    },
  };
}

/** What of the config decides the numbers: of every module its scale. */
const adapterPrint = ({ config, modules }: Adapter): unknown =>
  modules.map(({ name }) => [name, config.alphaOf(name), config.rankOf(name), config.rsLora, config.tokensOf(name)]);

export function refuseUnfit({ problems }: Fit, base: Model, adapter: Adapter): void {
  if (formatOfModel(base) === 'gguf')
    throw new WeightscopeError(
      'FORMAT_UNSUPPORTED',
      `Expected a base as PEFT knows it (config.json and safetensors) for the adapter ${quote(adapter.name)}, found ${quote(base.name)}, a GGUF file, whose tensors have other names and orders; name the checkpoint that it was converted from.`,
    );
  const [first] = problems;
  if (first)
    throw new WeightscopeError(
      'TENSOR_MISSING',
      `Expected every module of the adapter ${quote(adapter.name)} in ${quote(base.name)}, but ${problems.length} of ${adapter.modules.length} cannot be used, ${quote(first.module)} first: ${first.reason}; \`weightscope adapter\` lists all.`,
    );
}

/** The base's tensors with the adapter's changes, made as they are read. */
export function mergedTensors(base: Model, { changes }: Fit): Map<string, TensorInfo> {
  const tensors = new Map(base.tensors);
  for (const { tensor, base: info, replacement, changes: made } of changes) {
    const start = replacement ? { ...replacement, name: tensor } : info;
    if (start) tensors.set(tensor, changed(start, made));
  }
  return tensors;
}

/** The base's config, with as many tokens as the embeddings have. */
export function grownConfig(base: Model, tensors: ReadonlyMap<string, TensorInfo>, { changes }: Fit) {
  const grown = changes.find(
    ({ replacement, base: info }) => replacement && info && replacement.shape[0] > info.shape[0],
  );
  return grown ? { ...base.config, vocab_size: tensors.get(grown.tensor)!.shape[0] } : base.config;
}

/** The base's; where there are more rows than it has, the tokenizer beside the adapter. */
async function vocabularyOf(
  base: Model,
  { folder }: Adapter,
  size: number,
  signal?: AbortSignal,
): Promise<Vocabulary | undefined> {
  if (size === base.dimensions.vocab) return base.vocabulary;
  return (await readVocabulary(folder, size, base.config, signal)).vocabulary;
}

function vocabularyNote(base: Model, vocabulary: Vocabulary | undefined, size: number): string[] {
  const rows = `The adapter has ${size} rows of E, ${size - base.dimensions.vocab} more than the base`;
  return [vocabulary ? `${rows}; tokens are those of its own tokenizer.` : `${rows}, and no tokenizer: ids are shown.`];
}

function notesOf(base: Model, adapter: Adapter, { changes, notes }: Fit, sameRows: boolean): string[] {
  const kinds = new Map<string, number>();
  for (const { changes: made, replacement } of changes) {
    if (replacement) kinds.set('whole', (kinds.get('whole') ?? 0) + 1);
    for (const { kind } of made) kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
  }
  const counted = [...kinds].map(([kind, count]) => `${count} by ${kind === 'whole' ? 'tensors of its own' : kind}`);
  const said = [`The adapter ${adapter.name} is put into the weights: ${counted.join(', ')}.`, ...notes];
  if (sameRows) said.push(`Scores are normalised as those of ${base.name} are, without the adapter.`);
  return said;
}
