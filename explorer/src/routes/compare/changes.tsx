import type { ModelDiff, ModelInfo, ScoredToken } from '../../api/types.ts';
import { type Column, DataTable } from '../../components/data-table.tsx';
import { NeuronLink } from '../../components/neuron-link.tsx';
import { SaveMenu } from '../../components/save-menu.tsx';
import { Section } from '../../components/section.tsx';
import { Answer } from '../../components/states.tsx';
import { TokenLabel } from '../../components/token-label.tsx';
import { formatCount, formatScore, plural } from '../../format.ts';
import { neuronText } from '../../state/neuron-at.ts';
import { Damage } from './damage.tsx';
import { Headers } from './headers.tsx';
import { reportOf } from './report.ts';
import { Sizes } from './sizes.tsx';
import { asText, formatShare, useDiff } from './use-diff.ts';

interface Sides {
  a: ModelInfo;
  b: ModelInfo;
}

/** What changed from a to b, live: in sizes, and what changed most as words. */
export function Changes({ a, b }: Sides) {
  return (
    <Answer query={useDiff(a, b)} what={`Comparing ${a.id} with ${b.id}`}>
      {(diff) => (
        <>
          <p className="page-line">
            <Verdict diff={diff} />
          </p>
          <SaveMenu
            label="comparison"
            name={`${a.id}-${b.id}-diff`}
            json={() => diff}
            texts={[
              { what: 'report, HTML', ending: '.html', type: 'text/html', make: () => reportOf(diff, 'html') },
              { what: 'report, Markdown', ending: '.md', type: 'text/markdown', make: () => reportOf(diff, 'md') },
            ]}
          />
          <div className="compare-sections">
            <Headers headers={diff.headers} a={a} b={b} />
            {diff.parameters.length > 0 && <Sizes diff={diff} name={`${a.id}-${b.id}-sizes`} />}
            {diff.words && <Damage words={diff.words} a={a} b={b} />}
            {diff.reordered.length > 0 && <Reordered rows={diff.reordered} />}
            {diff.directions.length > 0 && <Directions rows={diff.directions} a={a} />}
            {diff.neurons.length > 0 && <Neurons rows={diff.neurons} a={a} b={b} />}
            {diff.rows.length > 0 && <Rows rows={diff.rows} a={a} />}
          </div>
          {diff.notes.map((note) => (
            <p key={note} className="compare-facts soft">
              {note}
            </p>
          ))}
        </>
      )}
    </Answer>
  );
}

function Verdict({ diff: { same, parameters, headers } }: { diff: ModelDiff }) {
  const count = (verdict: string) => parameters.filter((one) => one.verdict === verdict).length;
  if (same) return <>Nothing differs: neither in the headers nor in any number.</>;
  if (parameters.length === 0) return <>No parameter stands in both under one name and shape: only headers compare.</>;
  const [changed, rounding, reordered] = [count('changed'), count('rounding'), count('reordered')];
  return (
    <>
      {changed + rounding + reordered === 0
        ? 'No number differs'
        : `${formatCount(changed)} of ${plural(parameters.length, 'parameter')} changed`}
      {reordered > 0 && `; ${formatCount(reordered)} have the same neurons or heads in another order`}
      {rounding > 0 && `; ${formatCount(rounding)} differ by no more than rounding to the coarser type`}
      {headers.same ? '' : '; the headers differ'}.
    </>
  );
}

function Reordered({ rows }: { rows: ModelDiff['reordered'] }) {
  return (
    <Section title="Neurons and heads in another order" hint="the same neurons and heads, so no change">
      <ul className="plain">
        {rows.map(({ layer, units, moved, count, keyValue, equivalent }) => (
          <li key={layer}>
            {layer}: {formatCount(moved)} of {plural(count, units === 'heads' ? 'head' : 'neuron')} moved
            {keyValue && `, with ${formatCount(keyValue.moved)} of ${plural(keyValue.count, 'key-value head')}`}
            {!equivalent && '; the layer does the same only where positions are not told by a head’s number'}
          </li>
        ))}
      </ul>
    </Section>
  );
}

/** One end of a change: what b has more of, or less. */
export function Words({ tokens, model, tone }: { tokens: readonly ScoredToken[]; model: string; tone: string }) {
  return (
    <span className={`words ${tone}`}>
      {tokens.map((token) => (
        <span key={token.id}>
          <TokenLabel token={token} model={model} />
        </span>
      ))}
    </span>
  );
}

function Directions({ rows, a }: { rows: ModelDiff['directions']; a: ModelInfo }) {
  return (
    <Section title="Directions of what changed most" hint="the first of each, both ends, by cosine">
      <div className="directions">
        {rows.map(({ parameter, share, effectiveRank, random, top, bottom }) => (
          <div key={parameter} className="direction">
            <h3 className="mono">{parameter}</h3>
            <p className="soft">
              {formatShare(share)} of the change (chance {formatShare(random.share)}), effective rank{' '}
              {formatScore(effectiveRank)} (chance {formatScore(random.effectiveRank)})
            </p>
            <p>
              <span className="sign">+</span> <Words tokens={top} model={a.id} tone="write" />
            </p>
            <p>
              <span className="sign">−</span> <Words tokens={bottom} model={a.id} tone="opposite" />
            </p>
          </div>
        ))}
      </div>
    </Section>
  );
}

type NeuronRow = ModelDiff['neurons'][number];

function Neurons({ rows, a, b }: Sides & { rows: readonly NeuronRow[] }) {
  const columns: Column<NeuronRow>[] = [
    {
      id: 'neuron',
      header: 'neuron',
      value: neuronText,
      cell: (row) => (
        <>
          <NeuronLink model={a.id} at={row} />
          &nbsp;·{' '}
          <NeuronLink model={b.id} at={row}>
            b
          </NeuronLink>
        </>
      ),
      title: 'The neuron in a, and in b',
      width: '92px',
    },
    { id: 'part', header: 'part', value: ({ part }) => part, width: '44px' },
    {
      id: 'relative',
      header: 'change',
      title: 'Length of the change over the vector’s own',
      value: ({ relative }) => relative ?? undefined,
      cell: ({ relative }) => formatShare(relative),
      numeric: true,
      width: '64px',
    },
    {
      id: 'more',
      header: 'more of',
      title: 'Tokens that the change points to',
      value: ({ top }) => asText(top),
      cell: ({ top }) => <Words tokens={top} model={a.id} tone="write" />,
    },
    {
      id: 'less',
      header: 'less of',
      title: 'Tokens that the change points away from',
      value: ({ bottom }) => asText(bottom),
      cell: ({ bottom }) => <Words tokens={bottom} model={a.id} tone="opposite" />,
    },
  ];
  return (
    <Section title="Neurons that changed most" hint="what was added to each, as words, both ends, by cosine">
      <DataTable
        label="Neurons that changed most"
        name={`${a.id}-${b.id}-changed-neurons`}
        columns={columns}
        rows={rows}
        rowKey={({ layer, expert, neuron, part }) => `${layer}:${expert}:${neuron}:${part}`}
      />
    </Section>
  );
}

function Rows({ rows, a }: { rows: ModelDiff['rows']; a: ModelInfo }) {
  return (
    <Section title="Tokens whose own rows moved most">
      <ul className="plain">
        {rows.map(({ table, token, relative }) => (
          <li key={`${table}${token.id}`}>
            <TokenLabel token={token} model={a.id} />{' '}
            <span className="soft">
              {table} {formatShare(relative)}
            </span>
          </li>
        ))}
      </ul>
    </Section>
  );
}
