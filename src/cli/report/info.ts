import type { Engine } from '../../engine/engine.ts';
import { alike, type LayerShape, layerShapes } from '../../model/layers.ts';
import type { Model } from '../../model/types.ts';
import { VECTOR_KINDS } from '../../reading/parameters.ts';
import { unusedInWords, unusedOf } from '../../reading/unused.ts';
import type { Report } from '../output/report.ts';
import { bytes, plural, thousands } from './reading.ts';

/** What a checkpoint is, from its headers. */
export function infoReport(
  model: Model,
  engine: Pick<Engine, 'name' | 'description'>,
  cachedNormalisers: readonly string[],
): Report {
  const facts = { ...infoOf(model, engine), cachedNormalisers };
  const { dimensions: size, tokenizer, files } = facts;
  const unread = unreadLine(facts.unread);
  const rows = [
    [
      'architecture',
      facts.modelType === facts.architecture ? facts.architecture : `${facts.architecture} (${facts.modelType})`,
    ],
    ['layers', thousands(size.layers)],
    ['width', thousands(size.hidden)],
    ['neurons', byLayer(facts.layers, ({ feedForward }) => feedForward, neuronsLine)],
    ['heads', byLayer(facts.layers, ({ attention }) => attention, headsLine)],
    ...(facts.layers.some(({ recurrent }) => recurrent)
      ? [['recurrent', byLayer(facts.layers, ({ recurrent }) => recurrent, recurrentLine)]]
      : []),
    ['vocabulary', vocabularyLine(facts)],
    ['tokenizer', tokenizer ? tokenizer.kind : 'none: token ids are shown, filters need one'],
    ['weights', `${thousands(facts.numbers)} numbers in ${plural(facts.tensors, 'tensor')}, ${bytes(facts.bytes)}`],
    ['types', facts.types.map(({ dtype, bytes: n }) => `${dtype} ${percent(n, facts.bytes)}`).join(', ')],
    ...(unread ? [['not read', unread]] : []),
    ['files', files.join(', ')],
    ['normalisers', cachedNormalisers.length ? `cached: ${cachedNormalisers.join(', ')}` : 'none cached yet'],
    ['engine', `${engine.name}: ${engine.description}`],
  ];
  return {
    title: facts.model,
    applied: [],
    groups: [
      {
        blocks: [
          {
            columns: [
              { name: 'what', faint: true },
              { name: 'is', flexible: true, wraps: true },
            ],
            rows,
          },
        ],
      },
    ],
    notes: facts.notes,
    json: facts,
    records: () => [facts],
  };
}

function infoOf(model: Model, engine: Pick<Engine, 'name' | 'description'>) {
  const types = new Map<string, { dtype: string; tensors: number; bytes: number }>();
  const sources = new Set<string>();
  let numbers = 0;
  let total = 0;
  for (const { dtype, shape, source, start, end } of model.tensors.values()) {
    const type = types.get(dtype) ?? { dtype, tensors: 0, bytes: 0 };
    type.tensors++;
    type.bytes += end - start;
    types.set(dtype, type);
    total += end - start;
    numbers += shape.reduce((product, size) => product * size, 1);
    sources.add(source.name);
  }
  const { vocabulary } = model;
  return {
    model: model.name,
    architecture: model.architecture,
    modelType: model.modelType,
    dimensions: model.dimensions,
    layers: layerShapes(model),
    tokenizer: vocabulary
      ? { kind: vocabulary.kind, tokens: vocabulary.tokens, special: countSpecial(model), padding: countPadding(model) }
      : null,
    numbers,
    tensors: model.tensors.size,
    bytes: total,
    types: [...types.values()].sort((a, b) => b.bytes - a.bytes),
    files: [...sources],
    engine: { name: engine.name, description: engine.description },
    fingerprint: model.fingerprint,
    unread: [...(model.unread ?? [])],
    notes: [...model.notes, ...unusedInWords(unusedOf(model), VECTOR_KINDS)],
  };
}

/** One line where all layers are alike, else a line for each kind of layer. */
function byLayer<T>(
  layers: readonly LayerShape[],
  part: (layer: LayerShape) => T | undefined,
  line: (part: T) => string,
): string {
  const groups = alike(layers.map(part));
  if (groups.length === 0) return 'none';
  return groups
    .map(({ layers: at, value }) =>
      at.length === layers.length ? line(value) : `${line(value)} (${layersInWords(at)} of ${layers.length})`,
    )
    .join('; ');
}

function neuronsLine({ neurons, gated, experts, shared }: NonNullable<LayerShape['feedForward']>): string {
  const parts = gated ? ', gated: key, up, value' : ': key, value';
  const beside = shared ? ` and ${thousands(shared)} in a shared one (expert ${experts})` : '';
  return `${thousands(neurons)} a layer${experts ? ` in each of ${thousands(experts)} experts${beside}` : ''}${parts}`;
}

function headsLine({ heads, kvHeads, qk, vo }: NonNullable<LayerShape['attention']>): string {
  const size = qk === vo ? `${qk} dimensions` : `${qk} dimensions in QK and ${vo} in VO`;
  return `${thousands(heads)} a layer of ${size}${kvHeads === heads ? '' : ` sharing ${plural(kvHeads, 'key-value head')}`}`;
}

const recurrentLine = (): string => 'directions in and out';

/** `layer 0`, `layers 0–3, 5`. */
function layersInWords(layers: readonly number[]): string {
  const runs: [first: number, last: number][] = [];
  for (const layer of layers) {
    const run = runs.at(-1);
    if (run && run[1] === layer - 1) run[1] = layer;
    else runs.push([layer, layer]);
  }
  const shown = runs.slice(0, 6).map(([first, last]) => (first === last ? `${first}` : `${first}–${last}`));
  return `${layers.length === 1 ? 'layer' : 'layers'} ${shown.join(', ')}${runs.length > shown.length ? ' …' : ''}`;
}

/** Tensors that no parameter is made of: their names, numbers of layers and experts as `*`. */
function unreadLine(names: readonly string[]): string | undefined {
  if (names.length === 0) return undefined;
  const groups = new Map<string, number>();
  for (const name of names) {
    const alike = name.replace(/(^|\.)\d+(?=\.)/g, '$1*');
    groups.set(alike, (groups.get(alike) ?? 0) + 1);
  }
  const shown = [...groups].slice(0, 6).map(([name, n]) => (n === 1 ? name : `${name} (${n})`));
  const rest = groups.size > shown.length ? ` and ${groups.size - shown.length} more` : '';
  return `${plural(names.length, 'tensor')} that no parameter is made of: ${shown.join(', ')}${rest}`;
}

type Info = ReturnType<typeof infoOf>;

function vocabularyLine({ dimensions, tokenizer }: Info): string {
  const rows = `${plural(dimensions.vocab, 'row')} of E`;
  if (!tokenizer) return rows;
  const parts = [`${thousands(tokenizer.special)} special`];
  if (tokenizer.padding) parts.push(`${thousands(tokenizer.padding)} without a token`);
  return `${rows}, ${plural(tokenizer.tokens, 'token')}: ${parts.join(', ')}`;
}

const countSpecial = (model: Model): number => countRows(model, (id) => model.vocabulary!.isSpecial(id));
const countPadding = (model: Model): number => countRows(model, (id) => model.vocabulary!.isPadding(id));

function countRows(model: Model, has: (id: number) => boolean): number {
  let n = 0;
  for (let id = 0; id < model.dimensions.vocab; id++) if (has(id)) n++;
  return n;
}

function percent(part: number, whole: number): string {
  const value = whole === 0 ? 0 : (100 * part) / whole;
  return value > 0 && value < 0.1 ? '< 0.1 %' : `${value.toFixed(1)} %`;
}
