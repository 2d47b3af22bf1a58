import { Link } from '@tanstack/react-router';
import { useEffect } from 'react';
import type { ModelInfo } from '../../api/types.ts';
import { Legend } from '../../components/legend.tsx';
import { SaveMenu } from '../../components/save-menu.tsx';
import { Section } from '../../components/section.tsx';
import { ErrorState, Waiting } from '../../components/states.tsx';
import { plural } from '../../format.ts';
import { ChooseStatistic } from './choose-statistic.tsx';
import type { Extremes } from './columns.ts';
import { gridSvg, legendOf } from './drawings.ts';
import { HeadGrid } from './head-grid.tsx';
import type { Look } from './look-line.tsx';
import { useStatistic } from './use-statistic.ts';

interface HeadsPartProps {
  info: ModelInfo;
  chosen: string | undefined;
  onChoose: (chosen: string) => void;
  onLook: (look: Look) => void;
  onFound: (found: Extremes | undefined) => void;
  /** Until the neurons are drawn: theirs is the quicker question, and the server answers one after another. */
  wait: boolean;
}

const NO_SCALE = { low: 0, high: 0, signed: false };

/** All heads at a glance. */
export function HeadsPart({ info, chosen, onChoose, onLook, onFound, wait }: HeadsPartProps) {
  const { names, namesError, name, part, parts, what, query, drawn } = useStatistic(
    info.id,
    'heads',
    chosen,
    'copying',
    wait,
  );
  useEffect(() => onFound(drawn && { what, part, ...drawn }), [drawn, what, part, onFound]);
  const matrix = part === 'qk' ? 'qk' : 'vo';
  return (
    <Section
      title="Heads"
      hint={
        <>
          layer → right, head ↓ ·{' '}
          <Link to="/m/$model/circuit" params={{ model: info.id }} preload={false}>
            which read which
          </Link>
        </>
      }
    >
      {name !== undefined && (
        <ChooseStatistic
          kind="heads"
          label="Statistic of heads"
          names={names}
          name={name}
          parts={parts}
          part={part}
          onChange={(toName, toPart) => onChoose(`${toPart}.${toName}`)}
        />
      )}
      <HeadGrid
        model={info.id}
        layers={info.layers}
        heads={info.heads}
        values={drawn?.values}
        scale={drawn?.scale ?? NO_SCALE}
        what={what}
        matrix={matrix}
        onLook={(layer, index) =>
          onLook({ kind: 'head', layer, index, matrix, value: drawn?.values[layer]?.[index], what })
        }
      />
      {namesError || query.error ? (
        <ErrorState error={namesError ?? query.error} retry={() => void query.refetch()} />
      ) : drawn ? (
        <div className="under">
          <Legend scale={drawn.scale} />
          <SaveMenu
            label={`${what} of heads`}
            name={`heads-${part}-${name}`}
            rows={() => drawn.entries.map(({ layer, index, value }) => ({ layer, head: index, value }))}
            figure={{
              title: `${info.id}: ${what} of its heads`,
              what: plural(drawn.entries.length, 'head'),
              axes: 'across: layer; down: head',
              legend: legendOf(drawn.scale),
              svg: () => gridSvg(drawn.values, drawn.scale),
            }}
          />
        </div>
      ) : (
        <Waiting query={query} what={`Computing ${what}`} />
      )}
    </Section>
  );
}
