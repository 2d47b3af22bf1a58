import { useQuery } from '@tanstack/react-query';
import { similarQuery } from '../../api/queries.ts';
import type { NeuronPart, SimilarNeuron } from '../../api/types.ts';
import { Bar } from '../../components/bar.tsx';
import { type Column, DataTable } from '../../components/data-table.tsx';
import { NeuronLink } from '../../components/neuron-link.tsx';
import { Section } from '../../components/section.tsx';
import { Answer, Empty } from '../../components/states.tsx';
import { TokenText } from '../../components/token-text.tsx';
import { formatScore } from '../../format.ts';
import { type NeuronAt, neuronFile, neuronText } from '../../state/neuron-at.ts';

interface SimilarNeuronsProps {
  model: string;
  at: NeuronAt;
  part: NeuronPart;
}

export function SimilarNeurons({ model, at, part }: SimilarNeuronsProps) {
  const query = useQuery(similarQuery(model, at, part));
  const columns: Column<SimilarNeuron>[] = [
    {
      id: 'neuron',
      header: 'neuron',
      width: '76px',
      value: neuronText,
      cell: (one) => <NeuronLink className="place" model={model} at={one} />,
    },
    {
      id: 'cosine',
      header: 'cosine',
      width: '56px',
      numeric: true,
      value: ({ cosine }) => cosine,
      cell: ({ cosine }) => formatScore(cosine),
    },
    {
      id: 'bar',
      header: '',
      width: '64px',
      value: () => undefined,
      cell: ({ cosine }) => <Bar value={cosine} max={1} />,
    },
    {
      id: 'top',
      header: 'its first tokens',
      value: ({ top }) => top,
      cell: ({ top = '' }) => (
        <span className="token">
          <TokenText label={top} />
        </span>
      ),
    },
  ];
  return (
    <Section title="Similar neurons" hint={query.data ? `by the cosine of their ${part}s’ ${query.data.measure}` : ''}>
      <div className={query.isPending ? 'similar-room' : undefined}>
        <Answer query={query} what="Looking for similar neurons">
          {({ neurons }) =>
            neurons.length === 0 ? (
              <Empty>No other neuron is like it.</Empty>
            ) : (
              <DataTable
                label="Similar neurons"
                name={`similar-to-${neuronFile(at)}-${part}`}
                columns={neurons.some(({ top }) => top) ? columns : columns.slice(0, -1)}
                rows={neurons}
                rowKey={(one) => `${one.layer}:${one.expert}:${one.neuron}`}
                visible={12}
              />
            )
          }
        </Answer>
      </div>
    </Section>
  );
}
