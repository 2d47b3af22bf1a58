import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import type { NeuronPart } from '../../api/types.ts';
import { Bar, type Tone } from '../../components/bar.tsx';
import { NeuronLink } from '../../components/neuron-link.tsx';
import { PartWords } from '../../components/part-words.tsx';
import { SaveMenu } from '../../components/save-menu.tsx';
import { formatScore, scoreFormat } from '../../format.ts';
import { neuronText } from '../../state/neuron-at.ts';
import type { ReadingSearch } from '../../state/reading-search.ts';
import { HeadRowWords } from './head-row-words.tsx';
import type { Ends, TokenHead, TokenNeuron } from './queries.ts';

interface PlaceBarsProps<Place> {
  label: string;
  name: string;
  ends: Ends<Place>;
  tone: Tone;
  /** What stands over the other end's rows. */
  opposite: string;
  link: (place: Place, sign: '+' | '-') => ReactNode;
  keyOf: (place: Place) => string;
}

interface Scored {
  score: number;
  share?: number;
  /** Of a preview. */
  margin?: number | undefined;
  shareMargin?: number | undefined;
}

const SHOWN = { top: 12, bottom: 6 };

/** Where a token scores highest and lowest, as links with bars: of its share where there is one, else of its score. */
function PlaceBars<Place extends Scored>(props: PlaceBarsProps<Place>) {
  const { label, name, ends, tone, opposite, link, keyOf } = props;
  const top = ends.top.slice(0, SHOWN.top).filter(({ score }) => score > 0);
  const bottom = ends.bottom.slice(0, SHOWN.bottom).filter(({ score }) => score < 0);
  const shownOf = ({ score, share }: Place): number => (share === undefined ? score : Math.sign(score) * share);
  const all = [...top, ...bottom].map(shownOf);
  const [format, full] = [scoreFormat(all), Math.max(0, ...all.map(Math.abs))];
  const rows = (places: readonly Place[], of: Tone, what: string, sign: '+' | '-') => (
    <table className={`score-bars ${of}`} aria-label={what}>
      <thead className="visually-hidden">
        <tr>
          <th scope="col">place</th>
          <th scope="col">{places[0]?.share === undefined ? 'score' : 'share'}</th>
        </tr>
      </thead>
      <tbody>
        {/* By its place, so that another list in the place of this one moves no row. */}
        {places.map((place, at) => (
          <tr key={at}>
            <td className="place">{link(place, sign)}</td>
            <td>
              <span
                className="number"
                title={place.share === undefined ? undefined : `score ${formatScore(place.score)}`}
              >
                {format(shownOf(place))}
              </span>
              <Bar value={shownOf(place)} max={full} />
              {place.margin !== undefined && (
                <span className="margin">± {format(place.shareMargin ?? place.margin)}</span>
              )}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
  return (
    <>
      {top.length > 0 ? rows(top, tone, label, '+') : <p className="soft least">none</p>}
      {bottom.length > 0 && (
        <>
          <p className="soft least">{opposite}</p>
          {rows(bottom, 'opposite', `${label}: ${opposite}`, '-')}
        </>
      )}
      <SaveMenu
        label={label}
        name={name}
        rows={() =>
          (['top', 'bottom'] as const).flatMap((end) =>
            ends[end].map((place) => ({
              end,
              place: keyOf(place),
              ...(place.share !== undefined && { share: place.share }),
              score: place.score,
              ...(place.margin !== undefined && { preview_margin: place.margin }),
              ...(place.shareMargin !== undefined && { preview_share_margin: place.shareMargin }),
            })),
          )
        }
      />
    </>
  );
}

type BarsProps<Place> = Omit<PlaceBarsProps<Place>, 'link' | 'keyOf'> & { model: string };

interface NeuronBarsProps extends BarsProps<TokenNeuron> {
  part: NeuronPart;
  token: number;
  search: ReadingSearch;
}

/** Neurons with their own words, among which the token is lit, and its rank in them. */
export function NeuronBars({ model, part, token, search, ...props }: NeuronBarsProps) {
  return (
    <PlaceBars
      {...props}
      keyOf={neuronText}
      link={(at, sign) => (
        <>
          <NeuronLink model={model} at={at} />
          <PartWords {...{ model, at, part, sign, token, search }} tone={props.tone} />
        </>
      )}
    />
  );
}

interface HeadBarsProps extends BarsProps<TokenHead> {
  matrix: 'vo' | 'qk';
  /** The token whose row the head's page opens with. */
  token: number;
  search: ReadingSearch;
  /** Without the checkpoint rows of heads cannot be read. */
  live: boolean;
}

export function HeadBars({ model, matrix, token, search, live, ...props }: HeadBarsProps) {
  return (
    <PlaceBars
      {...props}
      keyOf={({ layer, head }) => `${layer}:${head}`}
      link={({ layer, head }) => (
        <>
          <Link
            className="mono"
            to="/m/$model/head/$layer/$head"
            params={{ model, layer, head }}
            search={{ id: token, matrix }}
          >
            {`${layer}:${head}`}
          </Link>
          {live && <HeadRowWords {...{ model, layer, matrix, token, search }} index={head} />}
        </>
      )}
    />
  );
}
