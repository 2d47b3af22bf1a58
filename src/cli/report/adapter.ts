import type { AdapterReading } from '../../compare/adapter/read.ts';
import type { Group, Report } from '../output/report.ts';
import { diffReport } from './diff.ts';
import { percent, plural } from './reading.ts';

/** Whether it fits and what it is multiplied by, then what it changes as `diff` prints it. */
export function adapterReport(found: AdapterReading): Report {
  const { base, adapter, kind, fits, problems, modules, doesNothing, madeFor, changes } = found;
  const dead = modules.filter((module) => module.dead);
  const diff = changes && diffReport(changes);
  // What it does as words comes first, what it is made of after.
  const first = changes?.sides.length ?? 0;
  return {
    title: `${adapter} on ${base}`,
    applied: [
      kind,
      fits
        ? `fits: ${plural(modules.length, 'tensor')} of the base`
        : `does not fit: ${plural(problems.length, 'module')}`,
      ...(doesNothing ? ['does nothing'] : dead.length > 0 ? [`${dead.length} of them unchanged`] : []),
    ],
    groups: [
      ...(fits ? [] : [problemGroup(found)]),
      ...(diff?.groups ?? []).slice(0, first),
      ...tokenGroups(found),
      ...(modules.length > 0 ? [moduleGroup(found)] : []),
      ...(diff?.groups ?? []).slice(first),
    ],
    notes: [...(madeFor === undefined ? [] : [`Its config names ${madeFor} as its base.`]), ...found.notes],
    ...(diff?.pictures && { pictures: diff.pictures }),
    json: found,
    records: () => modules.map(({ kinds, ...module }) => ({ base, adapter, ...module, kinds: kinds.join(' ') })),
  };
}

/** Modules that have one reason as one row, and those after them that have it too without saying it again. */
function problemGroup({ problems }: AdapterReading): Group {
  const reasons = [...new Set(problems.map(({ reason }) => reason))];
  const rows = new Map<string, { shown: string; reason: string; count: number }>();
  for (const { module, reason } of problems) {
    const shown = module.replace(/\.\d+\./g, '.N.');
    const key = JSON.stringify([shown, reason]);
    rows.set(key, { shown: rows.has(key) ? shown : module, reason, count: (rows.get(key)?.count ?? 0) + 1 });
  }
  const sorted = [...rows.values()].sort((a, b) => reasons.indexOf(a.reason) - reasons.indexOf(b.reason));
  return {
    title: 'Modules that cannot be used',
    blocks: [
      {
        columns: [
          { name: 'module', shown: true, flexible: true },
          { name: 'why', shown: true, wraps: true, flexible: true },
        ],
        rows: sorted.map(({ shown, reason, count }, i) => [
          count === 1 ? shown : `${shown} (${count})`,
          reason === sorted[i - 1]?.reason ? 'the same' : reason,
        ]),
      },
    ],
  };
}

/** Moved tokens that are listed. */
const MOVED = 20;

/** Special and chat-template tokens whose own rows are others. */
function tokenGroups({ tokens }: AdapterReading): Group[] {
  if (!tokens || tokens.looked === 0) return [];
  const { looked, moved, template } = tokens;
  const other =
    template === 'other' ? ' The chat template beside it is another than the base’s: ask the model with that one.' : '';
  const ids = new Set(moved.map(({ token }) => token.id));
  const of = `${looked.toLocaleString('en-US')} special and chat-template tokens`;
  if (ids.size === 0)
    return [{ title: 'Tokens of the chat', text: `It moves the rows of none of ${of}.${other}`, blocks: [] }];
  return [
    {
      title: 'Tokens of the chat that it moves',
      text: `It moves the rows of ${ids.size.toLocaleString('en-US')} of ${of}; ${moved.length > MOVED ? `the ${MOVED} that move most` : 'all'}, relative to their length.${other}`,
      blocks: [
        {
          columns: [
            { name: 'token', shown: true, flexible: true },
            { name: 'in', shown: true, faint: true },
            { name: 'moved', shown: true, align: 'right' },
          ],
          rows: moved
            .slice(0, MOVED)
            .map(({ token, table, relative }) => [
              token.label,
              table,
              relative === undefined ? 'new' : percent(relative),
            ]),
        },
      ],
    },
  ];
}

/** Modules that are changed in one way as one row: an adapter has hundreds. */
function moduleGroup({ modules }: AdapterReading): Group {
  const groups = new Map<string, { cells: string[]; count: number; dead: number }>();
  for (const { module, kinds, rank, alpha, scale, dead } of modules) {
    const shown = [module.replace(/\.\d+\./g, '.N.'), kinds.join(', '), rank, alpha, scale];
    const cells = shown.map((x) => (typeof x === 'number' ? String(Number(x.toPrecision(4))) : (x ?? '')));
    const key = JSON.stringify(cells);
    const known = groups.get(key) ?? { cells, count: 0, dead: 0 };
    groups.set(key, { cells, count: known.count + 1, dead: known.dead + (dead ? 1 : 0) });
  }
  return {
    title: 'Modules',
    blocks: [
      {
        columns: [
          { name: 'module', shown: true, flexible: true },
          { name: 'by', shown: true },
          ...['rank', 'alpha', 'scale', 'tensors', 'of zeros'].map(
            (name) => ({ name, shown: true, align: 'right' }) as const,
          ),
        ],
        rows: [...groups.values()].map(({ cells, count, dead }) => [
          ...cells,
          String(count),
          dead > 0 ? String(dead) : '',
        ]),
      },
    ],
  };
}
