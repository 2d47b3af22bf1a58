import { useQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import { modelQuery } from '../../api/queries.ts';
import type { ModelInfo } from '../../api/types.ts';
import { type Column, DataTable } from '../../components/data-table.tsx';
import { Pill } from '../../components/pill.tsx';
import { Section } from '../../components/section.tsx';
import { Slider } from '../../components/slider.tsx';
import { Stale } from '../../components/stale.tsx';
import { Answer, Empty } from '../../components/states.tsx';
import { formatP, formatScore } from '../../format.ts';
import { WhatIsThis } from '../../guide/what-is-this.tsx';
import { HeadWords } from '../model/look-line.tsx';
import { type Arc, arcsQuery, fromOf, groupsOf, toOf } from './arcs.ts';
import { Drawing } from './drawing.tsx';
import { ARCS, type CircuitSearch, joinPins, KINDS, type Kind, MOST_ARCS, splitPins } from './search.ts';
import './circuit.css';

const route = getRouteApi('/m/$model/circuit');

const READS: Record<Kind, string> = {
  q: 'the later head’s queries read it: it decides from where the head looks',
  k: 'the later head’s keys read it: it decides what the head looks at',
  v: 'the later head’s values read it: the head carries it on',
};

export function CircuitPage() {
  const { model } = route.useParams();
  const info = useQuery(modelQuery(model));
  return (
    <article aria-labelledby="circuit-title">
      <h1 id="circuit-title">Circuit</h1>
      <p className="page-line">Which heads read what earlier heads write.</p>
      <WhatIsThis>
        Each dot is a head. What a head writes stays in the residual stream, where later heads can read it. An arc joins
        two heads whose matrices fit each other far better than random ones do; its width is z, the deviations from
        chance. A click pins a head and shows its arcs alone.
      </WhatIsThis>
      <Answer query={info} what="Opening the model">
        {(data) =>
          (data.atlas?.tables.find(({ name }) => name === 'head_compositions')?.rows ?? 0) > 0 ? (
            <Circuit info={data} />
          ) : (
            <Empty>
              Compositions of heads are kept in an atlas with statistics:{' '}
              <code>weightscope atlas build {placeOf(data)} -o DIR --what heads,statistics</code>, then{' '}
              <code>weightscope explore {placeOf(data)} DIR</code>.
            </Empty>
          )
        }
      </Answer>
    </article>
  );
}

/** What an atlas is built of: where one is open already, the model may be called by its folder. */
const placeOf = ({ name, atlas }: ModelInfo): string => (atlas && name !== 'sample' ? 'MODEL' : name);

function Circuit({ info }: { info: ModelInfo }) {
  const { kind = 'k', arcs: count = ARCS, pins } = route.useSearch();
  const navigate = route.useNavigate();
  const pinned = splitPins(pins);
  const onChange = (change: { [K in keyof CircuitSearch]?: CircuitSearch[K] | undefined }, replace = false): void => {
    void navigate({ search: (old) => ({ ...old, ...change }), replace, resetScroll: false });
  };
  const query = useQuery({ ...arcsQuery(info.id, kind, count, pinned), placeholderData: (before) => before });
  const toggle = (head: string): void =>
    onChange({ pins: joinPins(pinned.includes(head) ? pinned.filter((pin) => pin !== head) : [...pinned, head]) });
  return (
    <>
      <div className="circuit-controls">
        {/* biome-ignore lint/a11y/useSemanticElements: pills in a line, not a form. */}
        <div role="group" aria-label="What reads">
          {KINDS.map((one) => (
            <Pill
              key={one}
              pressed={one === kind}
              title={READS[one]}
              onClick={() => onChange({ kind: one === 'k' ? undefined : one })}
            >
              {one.toUpperCase()}
            </Pill>
          ))}
        </div>
        <Slider
          label="arcs"
          min={10}
          max={MOST_ARCS}
          step={10}
          value={count}
          format={String}
          onChange={(arcs) => onChange({ arcs: arcs === ARCS ? undefined : arcs }, true)}
        />
        {pinned.map((pin) => (
          <Pill key={pin} pressed title="Take the pin away" onClick={() => toggle(pin)}>
            {pin} ×
          </Pill>
        ))}
      </div>
      <p className="page-line">
        {kind.toUpperCase()}: {READS[kind]}.
      </p>
      <Answer query={query} what="Asking the atlas">
        {(arcs) => (
          <Stale when={query.isPlaceholderData}>
            <Drawing
              model={info.id}
              layers={info.layers}
              heads={info.heads}
              arcs={arcs}
              pins={new Set(pinned)}
              kind={kind.toUpperCase()}
              onPin={toggle}
            />
            {pinned.length === 0 ? (
              <Section title="The strongest" hint="a click on a head above pins it">
                <Arcs label="Strongest compositions" arcs={arcs} info={info} />
              </Section>
            ) : (
              <div className="circuit-groups">
                {groupsOf(arcs, pinned).map(({ pin, reads, isRead }) => (
                  <Section key={pin} title={`Head ${pin}`} hint={<Words info={info} place={pin} />}>
                    <Arcs label={`Head ${pin} reads`} arcs={reads} info={info} side="from" />
                    <Arcs label={`Head ${pin} is read by`} arcs={isRead} info={info} side="to" />
                  </Section>
                ))}
              </div>
            )}
          </Stale>
        )}
      </Answer>
    </>
  );
}

interface ArcsProps {
  label: string;
  arcs: readonly Arc[];
  info: ModelInfo;
  /** Only the head at this end: the other one is the pinned head. */
  side?: 'from' | 'to';
}

function Arcs({ label, arcs, info, side }: ArcsProps) {
  const head = (end: 'from' | 'to'): Column<Arc> => {
    const of = end === 'from' ? fromOf : toOf;
    return {
      id: end,
      header: end === 'from' ? 'writes' : 'reads',
      value: of,
      cell: (arc) => <Words info={info} place={of(arc)} link />,
    };
  };
  const columns: Column<Arc>[] = [
    ...(side === 'to' ? [] : [head('from')]),
    ...(side === 'from' ? [] : [head('to')]),
    { id: 'z', header: 'z', value: ({ z }) => z, cell: ({ z }) => formatScore(z), numeric: true, width: '60px' },
    {
      id: 'p',
      header: 'p',
      value: ({ p }) => p ?? undefined,
      cell: ({ p }) => (p === null ? '–' : formatP(p)),
      numeric: true,
      width: '60px',
    },
  ];
  if (arcs.length === 0) return <p className="soft">{label}: none of the strongest.</p>;
  return (
    <>
      {side && <h3 className="soft">{label}</h3>}
      <DataTable
        label={label}
        name={label.toLowerCase().replaceAll(/[ :]/g, '-')}
        columns={columns}
        rows={arcs}
        rowKey={(arc) => `${fromOf(arc)} ${toOf(arc)}`}
        visible={side ? 8 : 12}
      />
    </>
  );
}

function Words({ info, place: at, link = false }: { info: ModelInfo; place: string; link?: boolean }) {
  const [layer, head] = at.split(':').map(Number) as [number, number];
  return (
    <>
      {link && (
        <>
          <Link
            className="place"
            to="/m/$model/head/$layer/$head"
            params={{ model: info.id, layer, head }}
            search={{ matrix: 'vo' }}
            preload={false}
          >
            {at}
          </Link>{' '}
        </>
      )}
      <HeadWords info={info} layer={layer} head={head} matrix="vo" />
    </>
  );
}
