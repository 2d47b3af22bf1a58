import { useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { neuronQuery } from '../../api/queries.ts';
import { FilterBar } from '../../components/filter-bar.tsx';
import { ScoreBars } from '../../components/score-bars.tsx';
import { Section } from '../../components/section.tsx';
import { Answer } from '../../components/states.tsx';

const route = getRouteApi('/m/$model/neuron/$layer/$neuron');

export function NeuronPage() {
  const { model, layer, neuron } = route.useParams();
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const query = useQuery(neuronQuery(model, layer, neuron, { ...search, k: 24, bottom: 8 }));
  return (
    <>
      <h1>
        Neuron {layer}:{neuron}
      </h1>
      <FilterBar
        value={search}
        onChange={(change) => navigate({ search: (prev) => ({ ...prev, ...change }), replace: true })}
      />
      <Answer query={query} what="Reading the neuron">
        {({ parts }) =>
          parts.value && (
            <Section title="Value" hint="what it writes">
              <ScoreBars label="Value, top tokens" tokens={parts.value.top} tone="write" model={model} />
            </Section>
          )
        }
      </Answer>
    </>
  );
}
