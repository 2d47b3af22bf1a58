import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { SaveMenu } from '../../components/save-menu.tsx';
import { Bar, type Tone } from '../../components/score-bars.tsx';
import { scoreFormat } from '../../format.ts';
import type { Ends, TokenHead, TokenNeuron } from './queries.ts';

interface PlaceBarsProps<Place> {
  label: string;
  name: string;
  ends: Ends<Place>;
  tone: Tone;
  /** What stands over the other end's rows. */
  opposite: string;
  link: (place: Place) => ReactNode;
  keyOf: (place: Place) => string;
}

const SHOWN = { top: 12, bottom: 6 };

/** Where a token scores highest and lowest, as links with bars. */
function PlaceBars<Place extends { score: number }>(props: PlaceBarsProps<Place>) {
  const { label, name, ends, tone, opposite, link, keyOf } = props;
  const top = ends.top.slice(0, SHOWN.top).filter(({ score }) => score > 0);
  const bottom = ends.bottom.slice(0, SHOWN.bottom).filter(({ score }) => score < 0);
  const all = [...top, ...bottom].map(({ score }) => score);
  const [format, full] = [scoreFormat(all), Math.max(0, ...all.map(Math.abs))];
  const rows = (places: readonly Place[], of: Tone, what: string) => (
    <table className={`score-bars ${of}`} aria-label={what}>
      <thead className="visually-hidden">
        <tr>
          <th scope="col">place</th>
          <th scope="col">score</th>
        </tr>
      </thead>
      <tbody>
        {places.map((place) => (
          <tr key={keyOf(place)}>
            <td className="place">{link(place)}</td>
            <td>
              <span className="number">{format(place.score)}</span>
              <Bar value={place.score} max={full} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
  return (
    <>
      {top.length > 0 ? rows(top, tone, label) : <p className="soft least">none</p>}
      {bottom.length > 0 && (
        <>
          <p className="soft least">{opposite}</p>
          {rows(bottom, 'opposite', `${label}: ${opposite}`)}
        </>
      )}
      <SaveMenu
        label={label}
        name={name}
        rows={() =>
          (['top', 'bottom'] as const).flatMap((end) =>
            ends[end].map((place) => ({ end, place: keyOf(place), score: place.score })),
          )
        }
      />
    </>
  );
}

type BarsProps<Place> = Omit<PlaceBarsProps<Place>, 'link' | 'keyOf'> & { model: string };

export function NeuronBars({ model, ...props }: BarsProps<TokenNeuron>) {
  return (
    <PlaceBars
      {...props}
      keyOf={({ layer, neuron, expert }) => (expert > 0 ? `${layer}:${expert}:${neuron}` : `${layer}:${neuron}`)}
      link={({ layer, neuron, top }) => (
        <>
          <Link className="mono" to="/m/$model/neuron/$layer/$neuron" params={{ model, layer, neuron }}>
            {`${layer}:${neuron}`}
          </Link>
          {top && <span className="soft also">{top}</span>}
        </>
      )}
    />
  );
}

interface HeadBarsProps extends BarsProps<TokenHead> {
  matrix: 'vo' | 'qk';
  /** The token whose row the head's page opens with. */
  token: number;
}

export function HeadBars({ model, matrix, token, ...props }: HeadBarsProps) {
  return (
    <PlaceBars
      {...props}
      keyOf={({ layer, head }) => `${layer}:${head}`}
      link={({ layer, head }) => (
        <Link
          className="mono"
          to="/m/$model/head/$layer/$head"
          params={{ model, layer, head }}
          search={{ id: token, ...(matrix === 'vo' && { matrix }) }}
        >
          {`${layer}:${head}`}
        </Link>
      )}
    />
  );
}
