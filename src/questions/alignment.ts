import { ALIGNED, type AlignedKind, SPACES } from '../compare/aligned.ts';
import type { Stitching } from '../compare/stitch.ts';
import { as, choice, flag, model, reading, second, whole } from './parameters.ts';
import { question } from './question.ts';
import { Alignment, Kinship, Stitch } from './results.ts';
import { columnsOf } from './table.ts';

const kinds = Object.keys(ALIGNED) as AlignedKind[];
const embedding = as(reading.embedding, { cli: { value: 'which', usual: 'unembed' } });
const seed = whole('Which random draws', { max: 2 ** 31 - 1, default: 0 });
const draws = (of: string) =>
  whole(`How many ${of} the p-values stand against; 0: none`, { max: 9999, default: 99, cli: { value: 'n' } });

export const align = question({
  name: 'align',
  title: 'Two models’ layers aligned over the tokens they share',
  path: '/api/models/{model}/alignment',
  place: model,
  parameters: {
    ...second,
    kind: choice('Which vectors are compared', kinds, { default: 'value' }),
    by: choice('What is correlated: scores for the shared tokens, or the vectors’ own numbers', SPACES, {
      default: 'embedding',
    }),
    k: whole('How many of the best matched vectors', { default: 10 }),
    neurons: flag('Match the vectors of matched layers one to one, too'),
    sample: whole('At most so many vectors of a layer, drawn at random; default all', {
      min: 1,
      cli: { sentence: 'At most so many vectors of a layer, drawn at random', usual: 'all' },
    }),
    draws: draws('permuted vocabularies'),
    seed,
    embedding,
    foldNorm: as(reading.foldNorm, { cli: {} }),
  },
  result: Alignment,
  sources: {},
  call: async (a, { kind, by, k, neurons, sample, draws, seed }, options, b) => {
    const { alignModels } = await import('../compare/align.ts');
    return alignModels(a, b, { ...options, kind, space: by, k, neurons, sample, draws, seed });
  },
  table: ({ layersA, layersB, means, null: chance }) =>
    columnsOf(
      layersA.flatMap((a, i) =>
        layersB.map((b, j) => ({ layer_a: a, layer_b: b, mean: means[i][j], p: chance?.p[i][j] })),
      ),
      ['layer_a', 'layer_b', 'mean', 'p'],
    ),
  command: {
    name: 'align',
    summary: 'the layers of two models side by side, over the tokens they share',
    description:
      'Correlates the scores that vectors of two models give to the tokens that both have, all pairs of vectors, and shows\n' +
      'the mean of |correlation| for each layer of MODEL (rows) and of OTHER (columns), with the matching of layers.\n' +
      '-o heat.svg draws it.',
  },
});

export const kinship = question({
  name: 'kinship',
  title: 'Whether two models stem from one another, by their weights',
  path: '/api/models/{model}/kinship',
  place: model,
  parameters: {
    ...second,
    sample: whole('Neurons of a layer that are matched, drawn at random', { min: 3, max: 4096, default: 256 }),
    draws: draws('permuted bases'),
    seed,
    pairs: flag('Match every layer of the first with every one of the second, as where they have not as many layers'),
    embedding,
  },
  result: Kinship,
  sources: {},
  call: async (a, { sample, draws, seed, pairs }, options, b) => {
    const { kinship } = await import('../compare/kinship.ts');
    return kinship(a, b, { ...options, sample, draws, seed, ...(pairs && { pairs }) });
  },
  command: {
    name: 'kinship',
    summary: 'whether two models stem from one another',
    description:
      'Matches neurons of two models by their weights and tests whether the matching keeps their order, or is the same by\n' +
      'two vectors of each neuron (Zhu et al. 2025, Independence Tests for Language Models), with distances by layer.',
  },
});

export const stitch = question({
  name: 'stitch',
  title: 'Linear maps from one model’s space to another’s',
  path: '/api/models/{model}/stitching',
  place: model,
  parameters: {
    ...second,
    seed: as(seed, { sentence: 'Which vectors are tried' }),
    embedding: choice('The table that ties both models', ['unembed', 'embed'], {
      cli: { value: 'which', usual: 'unembed' },
    }),
  },
  result: Stitch,
  sources: {
    weights: async (a, { seed, embedding }, options, { second: b }) => {
      const { stitch } = await import('../compare/stitch.ts');
      return stitchingFacts(await stitch(a, b!, { ...options, seed, embedding }));
    },
  },
});

/** A stitching without its numbers. */
export function stitchingFacts({ tokens, scores, fingerprints: _, ...rest }: Stitching) {
  const facts = ({ matrix, ...map }: Stitching['tokens']) => ({
    shape: [matrix.rows, matrix.columns] as [number, number],
    ...map,
  });
  return { ...rest, tokens: facts(tokens), scores: facts(scores) };
}
