import { rectY, ruleY } from '@observablehq/plot';
import { useCallback } from 'react';
import type { Spectrum } from '../../api/types.ts';
import type { Tone } from '../../components/bar.tsx';
import { PlotFigure } from '../../components/plot-figure.tsx';
import { SaveMenu } from '../../components/save-menu.tsx';
import { Answer, Note } from '../../components/states.tsx';
import { TokenLabel } from '../../components/token-label.tsx';
import { formatScore } from '../../format.ts';
import { directionsSvg } from './directions-picture.ts';
import { MATRICES } from './matrices.ts';
import type { HeadPlace } from './queries.ts';
import { matrixOf } from './search.ts';
import type { HeadAnswers } from './use-head.ts';
import './directions.css';

interface DirectionsProps {
  query: HeadAnswers['spectrum'];
  place: HeadPlace;
  headings: { first: string; second: string };
  tone: Tone;
  name: string;
}

/** The head's first singular directions, and spans of directions that cannot be told apart, as words. */
export function Directions({ query, place, headings, tone, name }: DirectionsProps) {
  const matrix = MATRICES[matrixOf(place.search)].name;
  return (
    <Answer query={query} what="Finding the head’s directions">
      {(spectrum) => (
        <div className="directions">
          <div>
            <ol className="direction-cards" aria-label="Singular directions as words">
              {spectrum.directions.map((direction) => (
                <Card key={direction.start} {...{ direction, headings, tone }} model={place.model} />
              ))}
            </ol>
            <SaveMenu
              label="directions"
              name={`${name}-directions`}
              rows={() => savedRows(spectrum)}
              json={() => spectrum}
              figure={{
                title: `Head ${place.layer}:${place.head}: singular directions of ${matrix}`,
                what: `the first ${spectrum.directions.length}, each with the words of either end`,
                axes: `left: ${headings.first}; right: ${headings.second}; beside each its singular value`,
                legend: [
                  { tone: 'read', label: `one end, ${headings.first}` },
                  { tone, label: `one end, ${headings.second}` },
                  { tone: 'opposite', label: 'the other end, on both sides' },
                ],
                svg: () => directionsSvg(spectrum, tone),
              }}
            />
          </div>
          <div>
            <SingularValues spectrum={spectrum} tone={tone} name={name} title={`Head ${place.layer}:${place.head}`} />
            <Note>
              <p>
                Effective rank {formatScore(spectrum.effectiveRank)} of {spectrum.values.length}. A direction has two
                ends: reading one end on the left writes the same end on the right. Neighbouring values that are nearly
                equal are a span: its directions cannot be told apart, so tokens are ranked by how much of them lies in
                it.
              </p>
            </Note>
          </div>
        </div>
      )}
    </Answer>
  );
}

type Direction = Spectrum['directions'][number];

interface CardProps {
  direction: Direction;
  model: string;
  headings: { first: string; second: string };
  tone: Tone;
}

/** Both ends of a direction: what is read stands left, what is written right; the second end is the opposite pole. */
function Card({ direction: { start, end, values, left, right }, model, headings, tone }: CardProps) {
  const span = end - start > 1;
  const ends = (['top', 'bottom'] as const).filter((one) => left[one].length + right[one].length > 0);
  return (
    <li className="direction-card">
      <h3>
        {span ? `span of ${end - start}` : `direction ${start + 1}`}{' '}
        <span className="number">
          {span ? `${formatScore(values[0]!)}–${formatScore(values[values.length - 1]!)}` : formatScore(values[0]!)}
        </span>
      </h3>
      {ends.map((one) => (
        <div key={one} className="direction-end">
          <Words words={left[one]} tone={one === 'top' ? 'read' : 'opposite'} model={model} label={headings.first} />
          <span className="soft" aria-hidden="true">
            →
          </span>
          <Words words={right[one]} tone={one === 'top' ? tone : 'opposite'} model={model} label={headings.second} />
        </div>
      ))}
    </li>
  );
}

interface WordsProps {
  words: Direction['left']['top'];
  tone: Tone;
  model: string;
  label: string;
}

function Words({ words, tone, model, label }: WordsProps) {
  return (
    <p className={tone} title={label}>
      {words.map((token) => (
        <TokenLabel key={token.id} token={token} model={model} />
      ))}
    </p>
  );
}

interface SingularValuesProps {
  spectrum: Spectrum;
  tone: Tone;
  name: string;
  title: string;
}

function SingularValues({ spectrum, tone, name, title }: SingularValuesProps) {
  const read = Math.max(0, ...spectrum.directions.map(({ end }) => end));
  const options = useCallback(() => {
    const bars = spectrum.values.map((value, index) => ({ index, value }));
    return {
      height: 92,
      marginTop: 8,
      marginBottom: 18,
      marginLeft: 34,
      marginRight: 0,
      x: { label: null, ticks: 4, tickSize: 0 },
      y: { label: null, ticks: 3, tickSize: 0 },
      marks: [
        rectY(bars, {
          x1: 'index',
          x2: ({ index }: { index: number }) => index + 1,
          y: 'value',
          insetLeft: 0.5,
          insetRight: 0.5,
          fill: `var(--${tone})`,
          fillOpacity: ({ index }: { index: number }) => (index < read ? 1 : 0.35),
        }),
        ruleY([0], { stroke: 'var(--line)' }),
      ],
    };
  }, [spectrum, tone, read]);
  return (
    <PlotFigure
      label={`${spectrum.values.length} singular values, from ${formatScore(spectrum.values[0] ?? 0)} down`}
      name={`${name}-singular-values`}
      rows={() => spectrum.values.map((value, index) => ({ index, value }))}
      figure={{
        title: `${title}: its singular values`,
        what: `${spectrum.values.length} singular values, effective rank ${formatScore(spectrum.effectiveRank)}`,
        axes: `across: number of the direction; up: singular value; full colour: the first ${read}, read as words`,
      }}
      options={options}
    />
  );
}

function savedRows({ directions }: Spectrum) {
  return directions.flatMap(({ start, values, left, right }) =>
    (
      [
        ['first', left],
        ['second', right],
      ] as const
    ).flatMap(([side, ends]) =>
      (['top', 'bottom'] as const).flatMap((end) =>
        ends[end].map(({ token, score, z }) => ({
          direction: start + 1,
          value: values[0],
          side,
          end,
          token,
          score,
          z,
        })),
      ),
    ),
  );
}
