import { useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { tokenRowsQuery } from '../api/queries.ts';
import type { NeuronPart, ScoredToken, TokenRows } from '../api/types.ts';
import type { Tone } from '../components/bar.tsx';
import { Pill } from '../components/pill.tsx';
import { Answer, ErrorState, Loading } from '../components/states.tsx';
import { type NeuronAt, neuronFile, neuronText } from '../state/neuron-at.ts';
import type { ReadingSearch } from '../state/reading-search.ts';
import { FlatMap } from './flat-map.tsx';
import { decodeRows, type Method } from './layout.ts';
import { SpaceMap } from './space-map.tsx';
import { useLayout } from './use-layout.ts';
import './token-map.css';

interface TokenMapProps {
  model: string;
  at: NeuronAt;
  part: NeuronPart;
  tone: Tone;
  search: ReadingSearch;
  method: Method;
  space: boolean;
  /** Whether scores are there at once: what needs a pass over all layers waits for it. */
  ready: boolean;
  onChange: (change: { map?: 'umap' | undefined; space?: true | undefined }) => void;
}

/** A map of a neuron's best tokens: those near each other are alike in embedding space. */
export function TokenMap({ model, at, part, search, ready, onChange, ...how }: TokenMapProps) {
  const query = useQuery({ ...tokenRowsQuery(model, at, part, search), enabled: ready });
  return (
    <div className="token-map">
      {/* biome-ignore lint/a11y/useSemanticElements: pills in a line, not a form. */}
      <div role="group" aria-label="Map" className="choices">
        <Pill pressed={how.method === 'tsne'} onClick={() => onChange({ map: undefined })}>
          t-SNE
        </Pill>
        <Pill pressed={how.method === 'umap'} onClick={() => onChange({ map: 'umap' })}>
          UMAP
        </Pill>
        <Pill pressed={!how.space} onClick={() => onChange({ space: undefined })}>
          2D
        </Pill>
        <Pill pressed={how.space} onClick={() => onChange({ space: true })}>
          3D
        </Pill>
      </div>
      <div className="token-map-room">
        <Answer query={query} what="Fetching the tokens’ embeddings">
          {(data) => (
            <Drawing
              data={data}
              name={`${neuronFile(at)}-${part}-map`}
              place={`Neuron ${neuronText(at)}, ${part}`}
              {...how}
            />
          )}
        </Answer>
      </div>
    </div>
  );
}

interface DrawingProps {
  data: TokenRows;
  name: string;
  place: string;
  tone: Tone;
  method: Method;
  space: boolean;
}

function Drawing({ data, name, place, tone, method, space }: DrawingProps) {
  const rows = useMemo(() => decodeRows(data.rows), [data]);
  const { layout, error } = useLayout(rows, data.width, method, space ? 3 : 2);
  if (error) return <ErrorState error={error} />;
  if (!layout || layout.dimensions !== (space ? 3 : 2)) return <Loading what="Laying the map out" />;
  const label = `Map of ${data.tokens.length} tokens by ${method === 'tsne' ? 't-SNE' : 'UMAP'}, from ${firstLabels(data.tokens)} on`;
  const drawing = { tokens: data.tokens, points: layout.points, tone, label, name, place };
  return (
    <div aria-busy={layout.done < 1} data-settled={layout.done === 1}>
      {space ? <SpaceMap {...drawing} /> : <FlatMap {...drawing} />}
    </div>
  );
}

function firstLabels(tokens: readonly ScoredToken[]): string {
  return tokens
    .slice(0, 3)
    .map(({ label }) => label)
    .join(', ');
}
