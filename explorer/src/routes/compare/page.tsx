import { useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { modelsQuery } from '../../api/queries.ts';
import type { ModelInfo } from '../../api/types.ts';
import { Pill } from '../../components/pill.tsx';
import { Answer, Empty } from '../../components/states.tsx';
import { WhatIsThis } from '../../guide/what-is-this.tsx';
import { OpenAnother } from '../open/open-another.tsx';
import { Aligned } from './aligned.tsx';
import { ByAtlas, OneCheckpoint } from './by-atlas.tsx';
import { ChangedHeads } from './changed-heads.tsx';
import { Changes } from './changes.tsx';
import { AMONG, type CompareSearch, type Shown } from './search.ts';
import './compare.css';

const route = getRouteApi('/compare');

export function ComparePage() {
  const models = useQuery(modelsQuery());
  return (
    <article aria-labelledby="compare-title">
      <h1 id="compare-title">Compare</h1>
      <p className="page-line">What two models, or a model and itself with an adapter, have different.</p>
      <WhatIsThis>
        Two models
        {models.data && models.data.models.length > 1 && (
          <>
            , such as {models.data.models[0]!.id} and {models.data.models[1]!.id},
          </>
        )}{' '}
        are compared row by row: how far each has moved, and which words it reads and writes before and after.
      </WhatIsThis>
      <Answer query={models} what="Asking for the models">
        {({ models, opens }) => <Pair models={models} opens={opens} />}
      </Answer>
    </article>
  );
}

/** What can be shown, with what it is called. */
const VIEWS: readonly [Shown, string][] = [
  ['changes', 'what changed'],
  ['pairs', 'head by head'],
  ['alignment', 'alignment'],
];
const ATLAS_VIEWS: readonly [Shown, string][] = [
  ['neurons', 'neurons'],
  ['heads', 'heads'],
];

/** The choice of both, and what is shown of them. */
function Pair({ models, opens }: { models: readonly ModelInfo[]; opens: boolean }) {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const onChange = (change: CompareSearch): void => {
    void navigate({ search: (previous) => ({ ...previous, ...change }), resetScroll: false });
  };
  const a = models.find(({ id }) => id === search.a) ?? models[0]!;
  const b = models.find(({ id }) => id === search.b) ?? models.find(({ id }) => id !== a.id);
  const choice = (label: string, chosen: ModelInfo, pick: (id: string) => void) => (
    <label>
      <span className="soft">{label}</span>{' '}
      <select value={chosen.id} onChange={(event) => pick(event.currentTarget.value)}>
        {models.map(({ id, name }) => (
          <option key={id} value={id} title={name}>
            {id}
          </option>
        ))}
      </select>
    </label>
  );
  const another = opens && <OpenAnother base={a} opened={(id) => onChange({ a: a.id, b: id, nth: undefined })} />;
  if (!b)
    return (
      <>
        <Empty>
          One model is open{search.b === undefined ? '' : ` (${search.b} is not any more)`}, and a comparison takes two.{' '}
          {opens ? (
            'Open the other one:'
          ) : (
            <>
              Start the explorer with both: <code>weightscope explore A B</code>
            </>
          )}
        </Empty>
        {another}
        <OnTheCommandLine />
      </>
    );
  return (
    <>
      <div className="compare-controls">
        {choice('a', a, (id) => onChange({ a: id, nth: undefined }))}
        {choice('b', b, (id) => onChange({ b: id, nth: undefined }))}
        <button
          type="button"
          className="pill"
          title="Exchange a and b"
          onClick={() => onChange({ a: b.id, b: a.id, nth: undefined })}
        >
          swap
        </button>
      </div>
      {opens && (
        <details className="another">
          <summary>open another model as b</summary>
          {another}
        </details>
      )}
      {a.id === b.id ? (
        <Empty>Choose two different models.</Empty>
      ) : (
        <Views key={`${a.id} ${b.id}`} a={a} b={b} search={search} onChange={onChange} />
      )}
    </>
  );
}

interface ViewsProps {
  a: ModelInfo;
  b: ModelInfo;
  search: CompareSearch;
  onChange: (change: CompareSearch) => void;
}

/** Live views ask both checkpoints; those by atlas their lists. */
function Views({ a, b, search, onChange }: ViewsProps) {
  const live = a.live && b.live;
  const atlases = a.atlas !== null && b.atlas !== null;
  const usual: Shown = live && !(atlases && a.fingerprint === b.fingerprint) ? 'changes' : 'neurons';
  const shown = search.show ?? usual;
  const pills = (views: readonly [Shown, string][]) =>
    views.map(([view, name]) => (
      <Pill key={view} pressed={shown === view} onClick={() => onChange({ show: view === usual ? undefined : view })}>
        {name}
      </Pill>
    ));
  return (
    <>
      <div className="compare-controls">
        {live && (
          // biome-ignore lint/a11y/useSemanticElements: pills in a line, not a form.
          <div role="group" aria-label="What is compared">
            {pills(VIEWS)}
          </div>
        )}
        {(atlases || !live) && (
          // biome-ignore lint/a11y/useSemanticElements: likewise.
          <div role="group" aria-label="What of the atlases is compared">
            <span className="soft">by atlas:</span> {pills(ATLAS_VIEWS)}
          </div>
        )}
      </div>
      {a.fingerprint === b.fingerprint && <OneCheckpoint a={a} b={b} />}
      {shown === 'neurons' || shown === 'heads' ? (
        <ByAtlas
          a={a}
          b={b}
          among={search.among ?? AMONG}
          heads={shown === 'heads'}
          onAmong={(among) => onChange({ among })}
        />
      ) : live ? (
        <>
          {shown === 'changes' && <Changes a={a} b={b} />}
          {shown === 'pairs' && <ChangedHeads a={a} b={b} search={search} onChange={onChange} />}
          {shown === 'alignment' && <Aligned a={a} b={b} search={search} onChange={onChange} />}
        </>
      ) : (
        <Empty>
          This takes the weights of both, and of {a.live ? b.id : a.id} only an atlas is open: open its model.
        </Empty>
      )}
    </>
  );
}

const COMMANDS = [
  ['weightscope atlas build A -o A-atlas', 'reads every neuron and head of a model once, which this page compares'],
  ['weightscope diff A B', 'what training changed, of a model and what it was tuned from: parameters, neurons, heads'],
  ['weightscope align A B', 'which layers of two models say the same, over the tokens that both know'],
  ['weightscope kinship A B', 'whether two models stem from one another'],
] as const;

/** What compares two models without a page. */
function OnTheCommandLine() {
  return (
    <section>
      <h2>In a terminal</h2>
      <dl className="commands">
        {COMMANDS.map(([command, what]) => (
          <div key={command}>
            <dt>
              <code>{command}</code>
            </dt>
            <dd className="soft">{what}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}
