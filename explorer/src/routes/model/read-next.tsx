import { Link } from '@tanstack/react-router';
import type { Entry } from '../../../../src/questions/standouts.ts';
import type { ModelInfo } from '../../api/types.ts';
import { NeuronLink } from '../../components/neuron-link.tsx';
import { formatScore } from '../../format.ts';
import type { Extremes } from './columns.ts';
import { HeadWords, NeuronWords } from './look-line.tsx';

interface ReadNextProps {
  info: ModelInfo;
  heads: Extremes | undefined;
  neurons: Extremes | undefined;
}

/** The extremes of what is drawn: places worth a visit. */
export function ReadNext({ info, heads, neurons }: ReadNextProps) {
  if (!heads && !neurons) return null;
  return (
    <nav className="note read-next" aria-label="Read next">
      <h2>Read next</h2>
      {heads && <Group title="highest" kind="head" entries={heads.highest} found={heads} info={info} />}
      {heads && <Group title="lowest" kind="head" entries={heads.lowest.slice(0, 2)} found={heads} info={info} />}
      {neurons && <Group title="highest" kind="neuron" entries={neurons.highest} found={neurons} info={info} />}
      {neurons && (
        <Group title="lowest" kind="neuron" entries={neurons.lowest.slice(0, 2)} found={neurons} info={info} />
      )}
    </nav>
  );
}

interface GroupProps {
  title: string;
  kind: 'head' | 'neuron';
  entries: readonly Entry[];
  found: Extremes;
  info: ModelInfo;
}

function Group({ title, kind, entries, found, info }: GroupProps) {
  const model = info.id;
  return (
    <>
      <h3>
        {title} {found.what}
      </h3>
      <ul>
        {entries.map(({ layer, index, value }) => (
          <li key={`${layer}:${index}`}>
            {kind === 'head' ? (
              <Link
                className="place"
                to="/m/$model/head/$layer/$head"
                params={{ model, layer, head: index }}
                search={{ matrix: found.part === 'qk' ? 'qk' : 'vo' }}
                preload={false}
              >
                head {layer}:{index}
              </Link>
            ) : (
              <NeuronLink className="place" model={model} at={{ layer, neuron: index }} preload={false}>
                neuron {layer}:{index}
              </NeuronLink>
            )}{' '}
            <span className="number">{formatScore(value)}</span>{' '}
            {kind === 'head' ? (
              <HeadWords info={info} layer={layer} head={index} matrix={found.part === 'qk' ? 'qk' : 'vo'} />
            ) : (
              <NeuronWords info={info} at={{ layer, neuron: index }} k={3} />
            )}
          </li>
        ))}
      </ul>
    </>
  );
}
