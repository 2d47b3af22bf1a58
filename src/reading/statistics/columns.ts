import { type NullName, type StatisticFacts, type StatisticKind, statisticsOf } from './catalogue.ts';
import { falseDiscoveries } from './drawn.ts';

/** A column of the atlas: a statistic's value, or its z, p or q against one of its nulls. */
export interface StatisticColumn {
  readonly name: string;
  readonly title: string;
  readonly statistic: string;
  readonly what: 'value' | 'z' | 'p' | 'q';
  readonly against?: NullName;
  readonly type: 'INT32' | 'DOUBLE' | 'INT32?' | 'DOUBLE?';
  /** Older atlases have it not: there it is null. */
  readonly later: boolean;
}

/** What a null other than a statistic's first is called in titles. */
const AGAINST = { random: 'random heads', shuffled: 'a shuffled vocabulary', others: 'other heads’ halves' };

/**
 * A statistic's columns. `_z` is against its first null, `_p` and `_q` against that which is the evidence (the first,
 * unless it says otherwise); `_shuffled_z`, `_shuffled_p`, `_others_z` are against another. Against a first null that
 * is no evidence no p is kept.
 */
function columnsOf(kind: StatisticKind, statistic: string, facts: StatisticFacts): StatisticColumn[] {
  const nulls = Object.keys(facts.nulls) as NullName[];
  const evidence = facts.evidence ?? nulls[0];
  const optional = facts.optional === true || facts.later === true;
  const column = (
    end: string,
    title: string,
    own: Pick<StatisticColumn, 'what' | 'against'>,
    { mayLack = true, later = true } = {},
  ): StatisticColumn => ({
    name: statistic + end,
    title: facts.title + title,
    statistic,
    ...own,
    type: `${facts.whole ? 'INT32' : 'DOUBLE'}${mayLack ? '?' : ''}`,
    later: later || facts.later === true,
  });
  return [
    column('', '', { what: 'value' }, { mayLack: optional, later: false }),
    ...nulls.flatMap((against, i) => {
      const [end, beside] = i === 0 ? ['', ''] : [`_${against}`, ` against ${AGAINST[against]}`];
      // From the beginning there was the z of what is drawn at random or shuffled.
      const z = column(
        `${end}_z`,
        `, z${beside}`,
        { what: 'z', against },
        { mayLack: kind === 'heads' || optional || i > 0, later: i > 0 && against === 'others' },
      );
      if (against === evidence)
        return [
          z,
          column('_p', ', p', { what: 'p', against }),
          column('_q', ', q: false discoveries with as small a p', { what: 'q', against }),
        ];
      return i === 0 ? [z] : [z, column(`${end}_p`, `, p${beside}`, { what: 'p', against })];
    }),
  ];
}

const all = (kind: StatisticKind): ReadonlyMap<string, readonly StatisticColumn[]> =>
  new Map(statisticsOf(kind).map(([name, facts]) => [name, columnsOf(kind, name, facts)]));

/** Every statistic's columns, in order. */
export const COLUMNS: Readonly<Record<StatisticKind, ReadonlyMap<string, readonly StatisticColumn[]>>> = {
  heads: all('heads'),
  neurons: all('neurons'),
};

/** The same columns for people, who look for a value's nulls beside it. */
export const ROW_COLUMNS: Readonly<Record<StatisticKind, readonly StatisticColumn[]>> = {
  heads: listed('heads'),
  neurons: listed('neurons'),
};

/** The columns of an atlas's table of statistics, in the order of its files: what was added later stands behind. */
export const TABLE_COLUMNS: Readonly<Record<StatisticKind, readonly StatisticColumn[]>> = {
  heads: kept('heads'),
  neurons: kept('neurons'),
};

function listed(kind: StatisticKind): StatisticColumn[] {
  return statisticsOf(kind).flatMap(([name, { elsewhere }]) => (elsewhere ? [] : COLUMNS[kind].get(name)!));
}

function kept(kind: StatisticKind): StatisticColumn[] {
  const own = listed(kind);
  return [...own.filter(({ later }) => !later), ...own.filter(({ later }) => later)];
}

/** A column by its name. */
export const columnNamed = (kind: StatisticKind, name: string): StatisticColumn | undefined =>
  [...COLUMNS[kind].values()].flat().find((column) => column.name === name);

/** A statistic beside its nulls: of one unit, or of many as arrays. */
export type Measured<T> = { value: T } & { [N in NullName]?: { z: T; p: T } };

/** A statistic as its columns; its q needs all units, and is not among them. */
export function flattened<T>(
  kind: StatisticKind,
  statistic: string,
  measured: Measured<T>,
): Record<string, T | undefined> {
  const own = COLUMNS[kind].get(statistic)!.filter(({ what }) => what !== 'q');
  return Object.fromEntries(
    own.map(({ name, what, against }) => [
      name,
      what === 'value' ? measured.value : measured[against!]?.[what as 'z' | 'p'],
    ]),
  );
}

/** A statistic of one unit from the columns of its row: null where it has none. */
export function unflattened(
  kind: StatisticKind,
  statistic: string,
  row: Readonly<Record<string, unknown>>,
): Measured<number> {
  const measured: Record<string, unknown> = {};
  for (const { name, what, against } of COLUMNS[kind].get(statistic)!) {
    if (what === 'value') measured.value = row[name];
    else if (what === 'z' && row[name] != null) measured[against!] = { z: row[name], p: undefined };
    else if (what === 'p' && measured[against!]) (measured[against!] as { p: unknown }).p = row[name];
  }
  return measured as unknown as Measured<number>;
}

/** The p that is a statistic's evidence, and the q that is counted from it over all units: the columns' names. */
export function evidenceOf(kind: StatisticKind, statistic: string): { p: string; q: string } | undefined {
  const own = COLUMNS[kind].get(statistic) ?? [];
  const q = own.find(({ what }) => what === 'q');
  const p = own.find(({ what, against }) => what === 'p' && against === q?.against);
  return q && p && { p: p.name, q: q.name };
}

/** False discoveries to expect, for each statistic of which `p` gives all units' evidence. */
export function discoveries(
  kind: StatisticKind,
  p: (column: string) => ArrayLike<number> | undefined,
): Record<string, Float64Array> {
  const found: Record<string, Float64Array> = {};
  for (const statistic of COLUMNS[kind].keys()) {
    const evidence = evidenceOf(kind, statistic);
    const of = evidence && p(evidence.p);
    if (of) found[evidence.q] = falseDiscoveries(of);
  }
  return found;
}
