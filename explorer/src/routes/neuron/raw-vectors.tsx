import { useQuery } from '@tanstack/react-query';
import { rawVectorQuery } from '../../api/queries.ts';
import type { NeuronPart } from '../../api/types.ts';
import { SaveMenu } from '../../components/save-menu.tsx';
import { Section } from '../../components/section.tsx';
import { Answer } from '../../components/states.tsx';
import { formatCount, formatScore } from '../../format.ts';
import type { NeuronAt } from '../../state/neuron-at.ts';

interface RawVectorsProps {
  model: string;
  at: NeuronAt;
  part: NeuronPart;
}

/** The numbers themselves. */
export function RawVectors({ model, at, part }: RawVectorsProps) {
  const query = useQuery(rawVectorQuery(model, at, part));
  return (
    <Section title="Raw vector" hint={`of the ${part}`}>
      <Answer query={query} what="Fetching the vector">
        {({ name, values, width, norm }) => (
          <>
            <p>
              <code>{name}</code>{' '}
              <span className="soft">
                {formatCount(width)} numbers of length {formatScore(norm)}
              </span>
            </p>
            <p className="raw-vector mono">
              {values
                .slice(0, 24)
                .map((value) => value.toPrecision(4))
                .join('  ')}
              {width > 24 && ' …'}
            </p>
            <SaveMenu
              label="raw vector"
              name={name.replaceAll(':', '-')}
              rows={() => values.map((value, dimension) => ({ dimension, value }))}
              json={() => values}
            />
          </>
        )}
      </Answer>
    </Section>
  );
}
