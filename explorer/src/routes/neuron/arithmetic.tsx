import type { NeuronPart, NeuronReading } from '../../api/types.ts';
import { Section } from '../../components/section.tsx';
import { VectorReader } from '../../components/vector-reader.tsx';
import { type NeuronAt, neuronVectorName } from '../../state/neuron-at.ts';
import type { ReadingSearch } from '../../state/reading-search.ts';
import type { NeuronSearch } from './search.ts';

interface NeuronArithmeticProps {
  model: string;
  at: NeuronAt;
  part: NeuronPart;
  search: NeuronSearch & ReadingSearch;
  /** Its reading: the examples take words from it. */
  first: NeuronReading | undefined;
  onRead: (expression: string) => void;
}

/** Sums of this neuron's vectors with others. */
export function NeuronArithmetic({ model, at, part, search, first, onRead }: NeuronArithmeticProps) {
  const name = neuronVectorName(at, part);
  const token = first?.parts[part]?.top[0];
  return (
    <Section title="Arithmetic" hint="with other neurons, head directions, tokens">
      <VectorReader
        model={model}
        search={search}
        expression={search.vector ?? ''}
        examples={[
          ...(token ? [`${name} - tok:#${token.id}`] : []),
          `${name} - ${neuronVectorName(at, part === 'key' ? 'value' : 'key')}`,
          `-1 * ${name}`,
        ]}
        onRead={onRead}
      />
    </Section>
  );
}
