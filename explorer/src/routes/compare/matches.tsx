import type { Alignment, ModelInfo } from '../../api/types.ts';
import { type Column, DataTable } from '../../components/data-table.tsx';
import { NeuronLink } from '../../components/neuron-link.tsx';
import { Section } from '../../components/section.tsx';
import { formatP, formatScore } from '../../format.ts';

interface MatchesProps {
  alignment: Alignment;
  a: ModelInfo;
  b: ModelInfo;
}

/** Layers matched one to one, so that the sum of means is largest. */
export function Matching({ alignment: { matching, layersA, layersB, kind, ...rest }, a, b }: MatchesProps) {
  type Row = (typeof matching)[number];
  const p = (row: Row) => rest.null?.p[layersA.indexOf(row.a)]?.[layersB.indexOf(row.b)];
  const columns: Column<Row>[] = [
    { id: 'a', header: a.id, value: (row) => row.a, numeric: true, width: 'minmax(48px, 160px)' },
    { id: 'b', header: b.id, value: (row) => row.b, numeric: true, width: 'minmax(48px, 160px)' },
    {
      id: 'mean',
      header: 'mean',
      value: ({ mean }) => mean,
      cell: ({ mean }) => formatScore(mean),
      numeric: true,
      width: '64px',
    },
    {
      id: 'p',
      header: 'p',
      value: p,
      cell: (row) => {
        const found = p(row);
        return found === undefined ? '–' : formatP(found);
      },
      numeric: true,
      width: '64px',
    },
  ];
  return (
    <Section title="Matched layers" hint="one to one, with the largest sum of means">
      <DataTable
        label="Matched layers"
        name={`${a.id}-${b.id}-${kind}-matching`}
        columns={columns}
        rows={matching}
        rowKey={(row) => row.a}
        visible={12}
      />
    </Section>
  );
}

/** Kinds whose vectors are neurons of a feed-forward layer; those of attention have no page of their own. */
const OF_NEURONS = ['key', 'up', 'value'];

/** Of each vector of a the one of b that correlates most; the best of all. */
export function BestMatches({ alignment: { best, bestInMatched, kind }, a, b }: MatchesProps) {
  type Row = (typeof best)[number];
  const of = (model: ModelInfo, side: 'a' | 'b'): Column<Row> => ({
    id: side,
    header: model.id,
    value: (row) => `${row[side].layer}:${row[side].index}`,
    cell: (row) => {
      const { layer, index } = row[side];
      const text = `${layer}:${index}`;
      if (!OF_NEURONS.includes(kind) || model.experts > 0) return <span className="mono">{text}</span>;
      return <NeuronLink model={model.id} at={{ layer, neuron: index }} />;
    },
    width: 'minmax(64px, 160px)',
  });
  if (best.length === 0) return null;
  return (
    <Section
      title="Best matched vectors"
      hint={`over all layers; ${Math.round(100 * bestInMatched)} % of all best matches are in the matched layer`}
    >
      <DataTable
        label="Best matched vectors"
        name={`${a.id}-${b.id}-${kind}-best`}
        columns={[
          of(a, 'a'),
          of(b, 'b'),
          {
            id: 'correlation',
            header: 'correlation',
            value: ({ correlation }) => correlation,
            cell: ({ correlation }) => formatScore(correlation),
            numeric: true,
            width: '80px',
          },
        ]}
        rows={best}
        rowKey={(row) => `${row.a.layer}:${row.a.index}`}
        visible={12}
      />
    </Section>
  );
}
