import { parseRelations } from '../reading/relations/relation.ts';
import { RELATIONS } from '../reading/relations/relations.ts';
import { rankRelations } from '../reading/statistics/relations.ts';
import { listing } from './atlas.ts';
import { MATRICES } from './options.ts';
import { as, choice, flag, headPlace, layers, model, READING, reading, whole, words } from './parameters.ts';
import { question } from './question.ts';
import { CompositionRows, RelationRows, Relations } from './results.ts';
import { columnsOf } from './table.ts';

// Its answer lists heads: no tokens to be written in a style, and no entries to be compared with.
const { label: _label, compareFold: _compareFold, ...how } = reading;

export const relations = question({
  name: 'relations',
  title: 'Heads by how strongly they turn words into others',
  path: '/api/models/{model}/relations',
  place: model,
  parameters: {
    pairs: words('Word pairs by relation, as JSON: {"capitals": [["France", "Paris"]]}', {
      max: 20_000,
      cli: {
        argument: true,
        value: 'file',
        sentence: 'Relations as JSON',
        file: ['the relations', 'give a JSON file of word pairs'],
      },
    }),
    layers: layers('Only the heads of these layers, such as 0,2-3', { cli: { value: 'ranges' } }),
    matrix: choice('Whose best tokens', MATRICES, { default: 'vo', more: '`vo` is what the head writes' }),
    among: whole('A pair counts when its second word is among so many best tokens', { default: 10 }),
    suppressed: flag('Order by the share among the worst tokens instead'),
    k: whole('How many heads per relation', { min: 1, default: 5 }),
    ...how,
    normalize: as(reading.normalize, { cli: { value: 'how', group: READING, default: 'none' } }),
  },
  result: Relations,
  call: async (model, { pairs, layers, matrix, among, suppressed, k }, options) => {
    const given = pairs === undefined ? RELATIONS : parseRelations(pairs);
    const found = await rankRelations(model, given, { ...options, layers, matrix, k: among, suppressed });
    return {
      ...found,
      relations: found.relations.map((relation) => ({ ...relation, heads: relation.heads.slice(0, k) })),
    };
  },
  sources: {},
  command: {
    name: 'relations',
    summary: 'which heads turn countries into capitals, or any words into others',
    description:
      'Scores every head by the share of word pairs whose second word is among the first word’s best (MAPS, Elhelo and Geva 2025),\n' +
      'beside what random heads and shuffled pairs give. Without a file: the pairs that ship with weightscope, capitals, plurals,\n' +
      'past tense, opposites, first letter. A file is JSON: {"capitals": [["France", "Paris"], …], …}.',
  },
});

export const relationRows = question({
  name: 'relationRows',
  title: 'Heads of an atlas by how strongly they implement a relation between words',
  path: '/api/models/{model}/atlas/relations',
  place: model,
  parameters: {
    relation: words('Only this, such as capitals', { cli: { value: 'name' } }),
    sort: words('promoted, suppressed, or either with _p, _q, _above, _copying_p …', {
      default: 'promoted',
      cli: { value: 'column' },
    }),
    ...listing,
  },
  result: RelationRows,
  sources: {
    atlas: async (atlas, { model: _, ...options }) => ({
      sort: options.sort,
      relations: await atlas.relations(options),
    }),
  },
  table: ({ relations }) => columnsOf(relations),
  atlasCommand: { name: 'relations', summary: 'heads by how strongly they implement a relation between words' },
});

export const compositions = question({
  name: 'compositions',
  title: 'Pairs of heads by how much of what one writes the other reads',
  path: '/api/models/{model}/atlas/compositions',
  place: model,
  parameters: {
    from: headPlace('Only what this head writes, LAYER:HEAD', { cli: { value: 'head' } }),
    to: headPlace('Only what this head reads', { cli: { value: 'head' } }),
    kind: choice('Only as query, key or value', ['q', 'k', 'v']),
    sort: choice('In order of', ['score', 'z', 'p'], { default: 'score', cli: { value: 'column' } }),
    ascending: flag('Smallest first'),
    k: whole('How many', { min: 1, default: 20 }),
  },
  result: CompositionRows,
  sources: {
    atlas: async (atlas, { model: _, ...options }) => ({ compositions: await atlas.compositions(options) }),
  },
  table: ({ compositions }) => columnsOf(compositions),
  atlasCommand: {
    name: 'compositions',
    summary: 'pairs of heads by how much of what one writes the other reads',
  },
});
