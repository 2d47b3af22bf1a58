import { useQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import { useState } from 'react';
import { modelQuery } from '../../api/queries.ts';
import type { ModelInfo } from '../../api/types.ts';
import { Answer } from '../../components/states.tsx';
import { formatCount, plural } from '../../format.ts';
import { WhatIsThis } from '../../guide/what-is-this.tsx';
import { AboutModel } from './about.tsx';
import { Begin } from './begin.tsx';
import type { Extremes } from './columns.ts';
import { HeadsPart } from './heads-part.tsx';
import { type Look, LookLine } from './look-line.tsx';
import { NeuronsPart } from './neurons-part.tsx';
import { ReadNext } from './read-next.tsx';
import './model.css';

const route = getRouteApi('/m/$model/');

/** Models of so few layers have room for heads and neurons side by side. */
const SHALLOW = 12;

export function ModelPage() {
  const { model } = route.useParams();
  const info = useQuery(modelQuery(model));
  return (
    <Answer query={info} what="Opening the model">
      {(data) => <ModelMap key={data.id} info={data} />}
    </Answer>
  );
}

function ModelMap({ info }: { info: ModelInfo }) {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const [look, setLook] = useState<Look>();
  const [heads, setHeads] = useState<Extremes>();
  const [neurons, setNeurons] = useState<Extremes>();
  const [neuronsFailed, setNeuronsFailed] = useState(false);
  const set = (change: { heads?: string; neurons?: string }) =>
    navigate({ search: (old) => ({ ...old, ...change }), resetScroll: false });
  return (
    <>
      <h1>{info.id}</h1>
      <p className="page-line">
        {factsOf(info)}
        {info.live && (
          <>
            {' '}
            <Link to="/m/$model/map" params={{ model: info.id }} preload={false}>
              on a map
            </Link>
          </>
        )}
      </p>
      <WhatIsThis>
        A model’s weights, read without running it: each row of numbers is compared with the vector of every word that
        the model knows. Below are its heads and its neurons, each a square or a place in a drawing, coloured by a
        number that says where to look; a click leads to the words.
      </WhatIsThis>
      <Begin info={info} heads={heads} neurons={neurons} />
      <div className="model-page">
        <div className={info.layers <= SHALLOW ? 'model-map shallow' : 'model-map'}>
          {info.heads > 0 && (
            <HeadsPart
              info={info}
              chosen={search.heads}
              onChoose={(chosen) => set({ heads: chosen })}
              onLook={setLook}
              onFound={setHeads}
              wait={info.neurons > 0 && !neurons && !neuronsFailed}
            />
          )}
          {info.neurons > 0 && (
            <NeuronsPart
              info={info}
              chosen={search.neurons}
              layer={search.layer}
              onChoose={(chosen) => set({ neurons: chosen })}
              onLook={setLook}
              onFound={setNeurons}
              onFailed={setNeuronsFailed}
            />
          )}
          <LookLine info={info} look={look} />
        </div>
        <div className="model-margin">
          <ReadNext info={info} heads={heads} neurons={neurons} />
          <AboutModel info={info} />
        </div>
      </div>
    </>
  );
}

/** `llama · 30 layers of 9 heads (3 kv) and 1,536 neurons · width 576 · 49,152 tokens` */
function factsOf({ architecture, layers, heads, kvHeads, neurons, experts, hidden, vocab, gated }: ModelInfo): string {
  return [
    architecture,
    `${plural(layers, 'layer')} of ${plural(heads, 'head')}${kvHeads === heads ? '' : ` (${kvHeads} kv)`} and ${
      experts > 0 ? `${plural(experts, 'expert')} with ` : ''
    }${plural(neurons, gated ? 'gated neuron' : 'neuron')}`,
    `width ${formatCount(hidden)}`,
    `${formatCount(vocab)} tokens`,
  ].join(' · ');
}
