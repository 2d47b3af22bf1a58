import type { AlignReading } from '../../compare/align.ts';
import type { KinshipReading, LayerKinship } from '../../compare/kinship.ts';
import type { stitchingFacts } from '../../questions/alignment.ts';
import { printable } from '../../quote.ts';
import type { Block, Column, Group, Report } from '../output/report.ts';
import { heatMapSvg } from './heat-svg.ts';
import { plural, probability, thousands } from './reading.ts';

/** Tables of numbers are this wide at most; larger ones are drawn by shades. */
const NUMBERED = 11;
/** Characters across: neighbouring layers are taken together where there are more. */
const ACROSS = 72;
const SHADES = ['·', '░', '▒', '▓', '█'];

export function alignReport(found: AlignReading): Report {
  const { a, b, kind, space, size, layersA, layersB, means, matching, onDiagonal, null: chance } = found;
  const over = space === 'embedding' ? plural(size, 'shared token') : plural(size, 'number');
  const matched = matching.map((pair) => [layersA.indexOf(pair.a), layersB.indexOf(pair.b)] as const);
  const share = `${matching.filter((pair) => pair.a === pair.b).length} of ${matching.length}`;
  return {
    title: `${kind} vectors of ${a} (rows) and ${b} (columns)`,
    applied: [
      `mean |correlation| over ${over}`,
      ...(found.sample === null ? [] : [`${found.sample} vectors a layer`]),
      `chance ${found.chance.toFixed(3)}`,
    ],
    groups: [
      {
        blocks: [layersA.length <= NUMBERED && layersB.length <= NUMBERED ? numbers(found, matched) : shades(found)],
      },
      {
        title: 'matching',
        text: `Layers matched one to one (*), so that the sum of means is largest: ${share} matched layers have one number.`,
        blocks: chance ? [tests(found, chance, onDiagonal)] : [],
      },
      ...(found.best.length > 0 ? [bestGroup(found)] : []),
      ...(found.neurons ? [neuronsGroup(found.neurons)] : []),
    ],
    notes: found.notes,
    json: found,
    *records() {
      for (const [i, layerA] of layersA.entries())
        for (const [j, layerB] of layersB.entries()) {
          const isMatched = matched.some(([p, q]) => p === i && q === j);
          yield {
            layer_a: layerA,
            layer_b: layerB,
            mean: means[i][j],
            ...(chance && { p: chance.p[i][j] }),
            matched: isMatched,
          };
        }
    },
    picture: () =>
      heatMapSvg({
        title: printable(`${kind} vectors in ${space} space: mean |correlation|`),
        subtitle: printable(`${over} · ${share} matched layers on the diagonal`),
        rowName: printable(`layer of ${shortName(a)}`),
        columnName: printable(`layer of ${shortName(b)}`),
        rows: layersA,
        columns: layersB,
        values: means,
        framed: matched,
        frame: 'matched one to one, so that the sum is largest',
      }),
  };
}

/** The last part of a path. */
const shortName = (name: string): string => name.replace(/\/+$/, '').split('/').pop()!.slice(0, 40) || name;

function numbers({ layersA, layersB, means }: AlignReading, matched: readonly (readonly [number, number])[]): Block {
  const isMatched = (i: number, j: number) => matched.some(([p, q]) => p === i && q === j);
  return {
    columns: [
      { name: '', align: 'right', shown: true, faint: true },
      ...layersB.map((layer): Column => ({ name: `${layer} `, align: 'right', shown: true, gap: 1 })),
    ],
    rows: layersA.map((layer, i) => [
      `${layer}`,
      ...layersB.map((_, j) => `${means[i][j].toFixed(3).replace(/^0/, '')}${isMatched(i, j) ? '*' : ' '}`),
    ]),
  };
}

/** One or two characters a cell, of five shades. */
function shades({ layersA, layersB, means }: AlignReading): Block {
  const step = Math.ceil(layersB.length / ACROSS);
  const down = Math.ceil(layersA.length / ACROSS);
  const wide = layersB.length * 2 <= ACROSS ? 2 : 1;
  const grouped = (rows: readonly (readonly number[])[], by: number) =>
    Array.from({ length: Math.ceil(rows.length / by) }, (_, i) => rows.slice(i * by, (i + 1) * by));
  const cells = grouped(means, down).map((rows) =>
    Array.from({ length: Math.ceil(layersB.length / step) }, (_, j) => {
      const values = rows.flatMap((row) => row.slice(j * step, (j + 1) * step));
      return values.reduce((sum, x) => sum + x, 0) / values.length;
    }),
  );
  const all = cells.flat();
  const [low, high] = [Math.min(...all), Math.max(...all)];
  const shade = (x: number) =>
    SHADES[Math.min(SHADES.length - 1, Math.floor(((x - low) / (high - low || 1)) * SHADES.length))];
  const together = step * down > 1 ? `; ${down} x ${step} layers a cell` : '';
  return {
    heading: `${SHADES[0]} ${low.toFixed(3)}  to  ${SHADES[SHADES.length - 1]} ${high.toFixed(3)}${together}`,
    columns: [{ name: 'layer', align: 'right', faint: true }, { name: 'means' }],
    rows: cells.map((row, i) => [`${layersA[i * down]}`, row.map((x) => shade(x).repeat(wide)).join('')]),
  };
}

function tests(found: AlignReading, chance: NonNullable<AlignReading['null']>, onDiagonal: number): Block {
  const all = found.means.flat();
  const mean = all.reduce((sum, x) => sum + x, 0) / all.length;
  return {
    heading: `against ${plural(chance.draws, 'permuted vocabulary', 'permuted vocabularies')}`,
    columns: [
      { name: 'statistic', shown: true },
      { name: 'found', align: 'right', shown: true },
      { name: 'chance', align: 'right', shown: true, faint: true },
      { name: 'p', align: 'right', shown: true },
    ],
    rows: [
      ['mean over all layers', mean.toFixed(3), chance.mean.toFixed(3), probability(chance.pMean)],
      ['share on the diagonal', onDiagonal.toFixed(2), '', probability(chance.pDiagonal)],
    ],
  };
}

function bestGroup({ best, bestInMatched }: AlignReading) {
  return {
    title: 'best matched vectors',
    text: `Of each vector the one that correlates most, over all layers; ${(100 * bestInMatched).toFixed(0)} % are in the matched layer.`,
    blocks: [
      {
        columns: [
          { name: 'first', align: 'right', shown: true },
          { name: 'second', align: 'right', shown: true },
          { name: 'correlation', align: 'right', shown: true, faint: true },
        ] satisfies Column[],
        rows: best.map(({ a, b, correlation }) => [
          `${a.layer}:${a.index}`,
          `${b.layer}:${b.index}`,
          correlation.toFixed(3),
        ]),
      },
    ],
  };
}

function neuronsGroup(neurons: NonNullable<AlignReading['neurons']>) {
  return {
    title: 'vectors matched one to one',
    blocks: [
      {
        columns: [
          { name: 'layers', shown: true },
          { name: 'vectors', align: 'right', shown: true },
          { name: 'mean correlation', align: 'right', shown: true },
          { name: 'same index', align: 'right', shown: true },
        ] satisfies Column[],
        rows: neurons.map(({ a, b, pairs, mean, onDiagonal }) => [
          `${a} ~ ${b}`,
          thousands(pairs.length),
          mean.toFixed(3),
          `${(100 * onDiagonal).toFixed(0)} %`,
        ]),
      },
    ],
  };
}

const decimals = (x: number): string => (Number.isNaN(x) ? '' : x.toFixed(3));

/** A p-value that is smaller than any number of a computer is not 0. */
const pValue = (p: number | null | undefined): string => (p === 0 ? '< 1e-300' : probability(p));

export function kinshipReport(found: KinshipReading): Report {
  const { a, b, spaces, basis, pairs, distances } = found;
  const rank = (of: LayerKinship['order']) => (of ? [decimals(of.rho), pValue(of.p)] : ['', '']);
  return {
    title: `kinship of ${a} and ${b}`,
    applied: [`${plural(found.layers, 'layer')}`, `${found.sample} neurons a layer at most`],
    groups: [
      {
        title: verdict(found),
        blocks: [
          {
            columns: [
              { name: 'test', shown: true },
              { name: 'space', shown: true, faint: true },
              { name: 'p', align: 'right', shown: true },
              { name: 'exact', shown: true, faint: true },
              { name: 'finds', shown: true, flexible: true },
            ],
            rows: [
              ...spaces.flatMap(({ space, other, order, match }) => [
                ['order', space, pValue(order), 'yes', 'copies whose neurons keep their order'],
                [
                  'match',
                  space,
                  pValue(match),
                  'no',
                  `permuted ${space === 'embedding' ? 'and rotated ' : ''}copies, by key and ${other}`,
                ],
              ]),
              ...(pairs
                ? [['match', 'embedding', pValue(pairs.least), 'no', 'kin layers, whichever numbers they have']]
                : []),
              ...(basis ? [['basis', 'feature', pValue(basis.p), 'yes', 'permuted copies, in one basis']] : []),
            ],
          },
        ],
      },
      ...spaces.map(({ space, other, layers }) => ({
        title: `matched neurons in ${space} space`,
        blocks: [
          {
            columns: [
              { name: 'layer', align: 'right', shown: true },
              { name: 'neurons', align: 'right', shown: true, faint: true },
              { name: 'mean corr', align: 'right', shown: true },
              { name: 'order ρ', align: 'right', shown: true },
              { name: 'p', align: 'right', shown: true, faint: true },
              { name: `key~${other} ρ`, align: 'right', shown: true },
              { name: 'p', align: 'right', shown: true, faint: true },
            ] satisfies Column[],
            rows: layers.map((one) => [
              `${one.layer}`,
              thousands(one.matched),
              one.mean.toFixed(3),
              ...rank(one.order),
              ...rank(one.match),
            ]),
          },
        ],
      })),
      ...(pairs ? [pairsGroup(pairs)] : []),
      {
        title: 'distances of the weights',
        blocks: [
          {
            columns: [
              { name: 'layer', align: 'right', shown: true },
              { name: '|A - B| / |A|', align: 'right', shown: true },
              { name: 'cosine', align: 'right', shown: true },
              { name: 'compared', align: 'right', shown: true, faint: true },
              { name: 'left out', align: 'right', shown: true, faint: true },
            ],
            rows: distances.map(({ layer, distance, cosine, compared, left }) => [
              layer === null ? 'none' : `${layer}`,
              distance.toPrecision(3),
              decimals(cosine),
              `${compared}`,
              left > 0 ? `${left}` : '',
            ]),
          },
        ],
      },
    ],
    notes: found.notes,
    json: found,
    *records() {
      for (const { space, other, layers } of spaces)
        for (const { layer, matched, mean, order, match } of layers)
          yield {
            space,
            layer,
            matched,
            mean,
            order_rho: order?.rho ?? null,
            order_p: order?.p ?? null,
            match_with: other,
            match_rho: match.rho,
            match_p: match.p,
          };
    },
  };
}

/** Below this, what chance alone would give is not worth a thought. */
const SURE = 1e-6;
/** A layer that has a kin is marked. */
const SURE_OF_LAYER = 0.001;

/** Of each layer of the first the layer of the second that is its kin, if one is. */
function pairsGroup({ sample, layersB, best }: NonNullable<KinshipReading['pairs']>): Group {
  const sure = best.filter(({ p }) => p < SURE_OF_LAYER);
  return {
    title: 'layers that are kin',
    text:
      `${sample} neurons of each layer of the first, matched with all of every layer of the second in embedding space: of each ` +
      `layer the one with the smallest p, which is times ${layersB.length}, as it was chosen. ${sure.length} of ${best.length} ` +
      `have a kin layer (*), p below ${SURE_OF_LAYER}.`,
    blocks: [
      {
        columns: [
          { name: 'first', align: 'right', shown: true },
          { name: 'second', align: 'right', shown: true },
          { name: 'ρ', align: 'right', shown: true },
          { name: 'p', align: 'right', shown: true, faint: true },
        ] satisfies Column[],
        rows: best.map((one) => [
          `${one.a}`,
          `${one.b}${one.p < SURE_OF_LAYER ? '*' : ' '}`,
          decimals(one.rho),
          pValue(one.p),
        ]),
      },
    ],
  };
}

function verdict({ spaces, basis, pairs }: KinshipReading): string {
  if (spaces.some(({ order }) => order !== null && order < SURE))
    return 'Related: neurons stand in one order, which independent training does not give.';
  if (spaces.some(({ match }) => match < SURE))
    return 'Related, it seems: the same neurons match by two vectors each (this p is not exact).';
  if (pairs && pairs.least < SURE)
    return 'Related, it seems: layers of other numbers have the same neurons (this p is not exact).';
  if (basis && basis.p <= 1 / (basis.draws + 1) && basis.draws >= 99)
    return 'Perhaps related: keys are alike in one basis more than in any permuted one.';
  return 'No sign of kinship.';
}

type StitchReading = ReturnType<typeof stitchingFacts>;

export function stitchReport(found: StitchReading): Report {
  const map = (name: string, formula: string, { shape, condition, dropped }: StitchReading['tokens']) => [
    name,
    formula,
    `${shape.join(' x ')}`,
    condition.toPrecision(3),
    dropped > 0 ? `${dropped}` : '',
  ];
  return {
    title: `from the space of ${found.a} to that of ${found.b}`,
    applied: [plural(found.size, 'shared token'), `tied by ${found.embedding}`],
    groups: [
      {
        blocks: [
          {
            columns: [
              { name: 'map', shown: true },
              { name: 'formula', shown: true },
              { name: 'shape', shown: true },
              { name: 'condition', align: 'right', shown: true },
              { name: 'dropped', align: 'right', shown: true, faint: true },
            ],
            rows: [map('T', 'E_B · pinv(E_A)', found.tokens), map('S', 'pinv(E_Bᵀ) · E_Aᵀ', found.scores)],
          },
        ],
      },
      {
        title: 'what a vector keeps',
        text: 'The cosine of a vector with itself, there and back; the correlation of its scores with those of its translation.',
        blocks: [
          {
            columns: [
              { name: 'vectors', shown: true },
              { name: 'tried', align: 'right', shown: true, faint: true },
              { name: 'T there and back', align: 'right', shown: true },
              { name: 'T scores', align: 'right', shown: true },
              { name: 'S there and back', align: 'right', shown: true },
              { name: 'S scores', align: 'right', shown: true },
            ],
            rows: found.kinds.map(({ kind, vectors, tokens, scores }) => [
              kind,
              thousands(vectors),
              ...[tokens, scores].flatMap((kept) => [kept.roundTrip.toFixed(3), kept.scores.toFixed(3)]),
            ]),
          },
        ],
      },
    ],
    notes: found.notes,
    json: found,
    *records() {
      for (const { kind, vectors, tokens, scores } of found.kinds) yield { kind, vectors, tokens, scores };
    },
  };
}
