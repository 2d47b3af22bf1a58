import { type KeyboardEvent, useMemo, useRef, useState } from 'react';
import type { Applied, Token, TokenPair } from '../../api/types.ts';
import type { Tone } from '../../components/bar.tsx';
import { SaveMenu } from '../../components/save-menu.tsx';
import { useWidth } from '../../components/use-width.ts';
import { sampleInWords } from '../../export/figure.ts';
import { formatCount, formatScore, plural } from '../../format.ts';
import type { PairIds } from '../../state/pair.ts';
import { chooseLinks, curve, layOut, type PlacedToken } from './bipartite.ts';
import type { HeadSearch } from './search.ts';

type Side = 'first' | 'second';

interface DrawingProps {
  name: string;
  /** Of a picture: `Head 1:5: pairs of QK`. */
  title: string;
  pairs: readonly TokenPair[];
  /** What stands above either column: `query token`. */
  headings: Record<Side, string>;
  /** Of a preview: what its normalisers were taken from. */
  sample: Applied['preview'];
  /** Which pairs of words are not listed. */
  excluded: HeadSearch['exclude'];
  tone: Tone;
  /** The token whose row or column is read beside the drawing. */
  chosen: { id: number; side: Side } | undefined;
  onChoose: (id: number, side: Side) => void;
  /** The pair that is looked at: where it is listed it is drawn, and lit. */
  pair: PairIds | undefined;
}

const MOST_TOKENS = 26;
/** More curves are a hairball, in which none can be followed. */
const MOST_LINKS = 120;
const ROW = 17;
const TOP = 24;
/** Of DejaVu Sans Mono and its like, at 12 px. */
const CHARACTER = 7.25;

/** The strongest pairs as curves between two columns of tokens, laid out so that few of them cross. */
export function Drawing({
  name,
  title,
  pairs,
  headings,
  sample,
  excluded,
  tone,
  chosen,
  onChoose,
  pair,
}: DrawingProps) {
  const holder = useRef<HTMLDivElement>(null);
  const width = Math.min(520, useWidth(holder));
  const [lit, setLit] = useState<{ id: number; side: Side }>();
  const { first: from, second: to } = pair ?? {};
  const isMet = (link: { first: number; second: number }): boolean => link.first === from && link.second === to;
  const links = useMemo(() => {
    const met = pairs.find(({ first, second }) => first.id === from && second.id === to);
    return chooseLinks(met ? [met, ...pairs.filter((one) => one !== met)] : pairs, MOST_TOKENS, MOST_LINKS);
  }, [pairs, from, to]);
  const met = links.find(isMet);
  const anyMet = met !== undefined;
  const laid = useMemo(() => layOut(links), [links]);
  const tokens = useMemo(() => tokensOf(pairs), [pairs]);
  const label = (id: number): string => tokens.get(id)?.label ?? `#${id}`;
  const margin = Math.round(width * 0.3);
  const height = TOP + ROW * Math.max(laid.first.length, laid.second.length);
  const y = (row: number): number => TOP + ROW * row + ROW / 2 - 4;
  const marked = lit ?? chosen;
  const isLit = (link: { first: number; second: number }): boolean =>
    lit ? link[lit.side] === lit.id : !anyMet || isMet(link);
  const column = (side: Side, placed: readonly PlacedToken[]) => (
    <TokenColumn
      side={side}
      heading={headings[side]}
      placed={placed}
      tokens={tokens}
      x={side === 'first' ? margin : width - margin}
      y={y}
      space={margin - 4}
      chosen={chosen?.side === side ? chosen.id : undefined}
      onLight={(id) => setLit(id === undefined ? undefined : { id, side })}
      onChoose={(id) => onChoose(id, side)}
    />
  );
  return (
    <figure className={`drawing ${tone}`} ref={holder}>
      {width > 0 && (
        <svg viewBox={`0 0 ${width} ${height}`} width={width} height={height} data-lit={marked?.id}>
          <title>{`${plural(links.length, 'pair')}, ${headings.first} to ${headings.second}`}</title>
          <g fill="none" stroke={`var(--${tone})`}>
            {laid.links.map((link) => (
              <path
                key={`${link.first}:${link.second}`}
                d={curve(margin + 8, y(link.firstRow), width - margin - 8, y(link.secondRow))}
                data-met={isMet(link) || undefined}
                strokeWidth={isMet(link) ? 3.6 : 3.6 * link.strength}
                opacity={
                  isMet(link) ? 1 : (0.4 + 0.45 * link.strength) * (isLit(link) ? 1 : anyMet && !lit ? 0.3 : 0.12)
                }
              >
                <title>{`${label(link.first)} → ${label(link.second)}  ${formatScore(link.score)}`}</title>
              </path>
            ))}
          </g>
          {column('first', laid.first)}
          {column('second', laid.second)}
        </svg>
      )}
      <SaveMenu
        label={`drawing of ${plural(links.length, 'pair')}`}
        name={`${name}-drawing`}
        rows={() =>
          links.map(({ first, second, score }) => ({
            ...{ first: label(first), second: label(second), score },
            ...(sample && { preview_margin: marginOf(pairs, first, second) }),
          }))
        }
        figure={{
          title,
          what: `the ${plural(links.length, 'strongest pair')} of ${formatCount(pairs.length)} listed${sampleInWords(sample)}${met ? `; one is lit: ${label(met.first)} → ${label(met.second)}, score ${formatScore(met.score)}` : ''}`,
          axes: `left: ${headings.first}; right: ${headings.second}; width of a line: score, from ${range(links)}`,
          legend: [{ tone, label: `${headings.first} → ${headings.second}` }],
          normalised: 'freq',
          excluded,
          svg: () => holder.current?.querySelector('svg'),
        }}
      />
    </figure>
  );
}

interface TokenColumnProps {
  side: Side;
  heading: string;
  placed: readonly PlacedToken[];
  tokens: ReadonlyMap<number, Token>;
  x: number;
  y: (row: number) => number;
  space: number;
  chosen: number | undefined;
  onLight: (id: number | undefined) => void;
  onChoose: (id: number) => void;
}

/** One stop of the tab key; arrows go up and down in it, Enter reads the token's row or column. */
function TokenColumn(props: TokenColumnProps) {
  const { side, heading, placed, tokens, x, y, space, chosen, onLight, onChoose } = props;
  const group = useRef<SVGGElement>(null);
  const [at, setAt] = useState(0);
  const stop = Math.min(at, placed.length - 1);
  const anchor = side === 'first' ? 'end' : 'start';
  const go = (event: KeyboardEvent, row: number): void => {
    const to = { ArrowUp: row - 1, ArrowDown: row + 1, Home: 0, End: placed.length - 1 }[event.key];
    if (to !== undefined && placed[to]) {
      setAt(to);
      group.current?.querySelectorAll<SVGElement>('[role=button]')[to]?.focus();
    } else if (event.key === 'Enter' || event.key === ' ') onChoose(placed[row].id);
    else return;
    event.preventDefault();
  };
  return (
    // biome-ignore lint/a11y/useSemanticElements: there is no <fieldset> in SVG.
    // biome-ignore lint/a11y/noInteractiveElementToNoninteractiveRole: a <g> is nothing by itself.
    <g ref={group} role="group" aria-label={`${heading}s`} textAnchor={anchor} fontSize="12">
      <text x={x} y={10} fill="var(--soft)" fontSize="11" fontFamily="var(--sans)">
        {heading}
      </text>
      {placed.map(({ id, row }) => {
        const token = tokens.get(id)!;
        const label = fitted(token.label, space);
        return (
          // biome-ignore lint/a11y/useSemanticElements: there is no <button> in SVG.
          <g
            key={id}
            role="button"
            tabIndex={row === stop ? 0 : -1}
            aria-label={`${side === 'first' ? 'row' : 'column'} of ${token.label}`}
            aria-pressed={chosen === id}
            className="choice"
            onKeyDown={(event) => go(event, row)}
            onClick={() => onChoose(id)}
            onMouseEnter={() => onLight(id)}
            onMouseLeave={() => onLight(undefined)}
            onFocus={() => {
              setAt(row);
              onLight(id);
            }}
            onBlur={() => onLight(undefined)}
          >
            <rect
              x={side === 'first' ? x - space : x}
              y={y(row) - ROW / 2}
              width={space}
              height={ROW}
              fill="transparent"
            />
            <text x={x} y={y(row) + 4} fontFamily="var(--mono)" fill="var(--ink)">
              {label}
            </text>
          </g>
        );
      })}
    </g>
  );
}

/** A label cut to the space it has; its end says so. */
function fitted(label: string, space: number): string {
  const most = Math.floor(space / CHARACTER);
  const characters = [...label];
  return characters.length <= most ? label : `${characters.slice(0, most - 1).join('')}…`;
}

function tokensOf(pairs: readonly TokenPair[]): Map<number, Token> {
  return new Map(pairs.flatMap(({ first, second }) => [[first.id, first] as const, [second.id, second] as const]));
}

const marginOf = (pairs: readonly TokenPair[], first: number, second: number): number | undefined =>
  pairs.find((pair) => pair.first.id === first && pair.second.id === second)?.margin;

function range(links: readonly { score: number }[]): string {
  const scores = links.map(({ score }) => score);
  return `${formatScore(Math.min(...scores))} to ${formatScore(Math.max(...scores))}`;
}
