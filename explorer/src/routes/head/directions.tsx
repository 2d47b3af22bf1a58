import { rectY, ruleY } from '@observablehq/plot';
import { useCallback } from 'react';
import type { Spectrum } from '../../api/types.ts';
import { PlotFigure } from '../../components/plot-figure.tsx';
import { SaveMenu } from '../../components/save-menu.tsx';
import type { Tone } from '../../components/score-bars.tsx';
import { Answer, Note } from '../../components/states.tsx';
import { TokenLabel } from '../../components/token-label.tsx';
import { formatScore } from '../../format.ts';
import type { HeadAnswers } from './use-head.ts';

interface DirectionsProps {
  query: HeadAnswers['spectrum'];
  model: string;
  headings: { first: string; second: string };
  tone: Tone;
  name: string;
}

/** The head's first singular directions, and spans of directions that cannot be told apart, as words. */
export function Directions({ query, model, headings, tone, name }: DirectionsProps) {
  return (
    <Answer query={query} progress={query.progress} what="Finding the head’s directions">
      {(spectrum) => (
        <div className="directions">
          <div>
            <table className={`direction-table ${tone}`} aria-label="Singular directions as words">
              <thead>
                <tr className="soft">
                  <th scope="col">value</th>
                  <th scope="col">{headings.first}</th>
                  <th scope="col">{headings.second}</th>
                </tr>
              </thead>
              <tbody>{spectrum.directions.map((direction) => directionRow(direction, model))}</tbody>
            </table>
            <SaveMenu
              label="directions"
              name={`${name}-directions`}
              rows={() => savedRows(spectrum)}
              json={() => spectrum}
            />
          </div>
          <div>
            <SingularValues spectrum={spectrum} tone={tone} name={name} />
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
type DirectionTokens = Direction['left'];

function directionRow(direction: Direction, model: string) {
  const { start, end, values, left, right } = direction;
  const span = end - start > 1;
  return (
    <tr key={start}>
      <th scope="row">
        <span className="number">
          {span ? `${formatScore(values[0])}–${formatScore(values[values.length - 1])}` : formatScore(values[0])}
        </span>
        <span className="soft">{span ? `span of ${end - start}` : `direction ${start + 1}`}</span>
      </th>
      <Words tokens={left} model={model} />
      <Words tokens={right} model={model} />
    </tr>
  );
}

function Words({ tokens: { top, bottom }, model }: { tokens: DirectionTokens; model: string }) {
  return (
    <td>
      {[top, bottom].map(
        (end, index) =>
          end.length > 0 && (
            <p key={index} className={index === 0 ? '' : 'opposite'}>
              {end.map((token) => (
                <TokenLabel key={token.id} token={token} model={model} />
              ))}
            </p>
          ),
      )}
    </td>
  );
}

function SingularValues({ spectrum, tone, name }: { spectrum: Spectrum; tone: Tone; name: string }) {
  const options = useCallback(() => {
    const bars = spectrum.values.map((value, index) => ({ index, value }));
    const read = Math.max(0, ...spectrum.directions.map(({ end }) => end));
    return {
      height: 72,
      marginTop: 4,
      marginBottom: 4,
      marginLeft: 0,
      marginRight: 0,
      x: { axis: null },
      y: { axis: null },
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
  }, [spectrum, tone]);
  return (
    <PlotFigure
      label={`${spectrum.values.length} singular values, from ${formatScore(spectrum.values[0] ?? 0)} down`}
      name={`${name}-singular-values`}
      rows={() => spectrum.values.map((value, index) => ({ index, value }))}
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
