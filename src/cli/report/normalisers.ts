import type { Model } from '../../model/types.ts';
import { errorInWords } from '../../reading/applied.ts';
import { errorOf } from '../../reading/normalisers.ts';
import type { EmbeddingChoice } from '../../reading/types.ts';
import type { Report } from '../output/report.ts';
import { embeddingInWords } from './reading.ts';

export interface NormalisersApplied {
  foldNorm?: boolean;
  embedding?: EmbeddingChoice;
}

/** Each normaliser as its range: which tokens answer to almost everything and which to nothing is in the file. */
export function normalisersReport(
  model: Model,
  normalisers: ReadonlyMap<string, Float64Array>,
  { foldNorm = false, embedding }: NormalisersApplied,
): Report {
  const summaries = [...normalisers].map(([name, f]) => ({ name, ...summary(f), error: errorOf(f) }));
  const ends = (id: number) => model.vocabulary?.label(id) ?? `#${id}`;
  return {
    title: `normalisers of ${model.name}`,
    applied: [
      'freq: a mean over all layers per token',
      foldNorm ? 'norm folded in' : 'norm not folded in',
      ...embeddingInWords(embedding),
    ],
    groups: [
      {
        blocks: [
          {
            columns: [
              { name: 'name', shown: true },
              { name: 'of', shown: true, faint: true },
              ...['least', 'median', 'mean', 'most'].map((name) => ({ name, align: 'right', shown: true }) as const),
              { name: 'least token', shown: true, faint: true, flexible: true },
              { name: 'most token', shown: true, faint: true, flexible: true },
            ],
            rows: summaries.map(({ name, least, median, mean, most, leastId, mostId }) => [
              name,
              name.startsWith('ff') ? 'relu' : 'abs',
              ...[least, median, mean, most].map((value) => value.toPrecision(4)),
              ends(leastId),
              ends(mostId),
            ]),
          },
        ],
      },
    ],
    notes: [...model.notes, ...approximations(normalisers)],
    json: {
      model: model.name,
      applied: { foldNorm, embedding: embedding ?? 'unembed' },
      tokens: model.dimensions.vocab,
      normalisers: Object.fromEntries(summaries.map(({ name, ...rest }) => [name, rest])),
    },
    records: () => summaries.map((one) => ({ model: model.name, ...one })),
  };
}

/** One note a normaliser that is not exact. */
function approximations(normalisers: ReadonlyMap<string, Float64Array>): string[] {
  return [...normalisers].flatMap(([name, f]) => {
    const error = errorOf(f);
    return error === undefined ? [] : [`${name} is approximate: ${errorInWords(error)}.`];
  });
}

function summary(f: Float64Array) {
  let leastId = 0;
  let mostId = 0;
  let sum = 0;
  for (let id = 0; id < f.length; id++) {
    if (f[id] < f[leastId]) leastId = id;
    if (f[id] > f[mostId]) mostId = id;
    sum += f[id];
  }
  const sorted = Float64Array.from(f).sort();
  const middle = sorted.length >> 1;
  const median = sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
  return { least: f[leastId], median, mean: sum / f.length, most: f[mostId], leastId, mostId };
}
