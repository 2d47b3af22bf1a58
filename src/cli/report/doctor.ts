import type { Health } from '../../compare/doctor.ts';
import type { Report } from '../output/report.ts';
import { plural, thousands } from './reading.ts';

const ORDER = ['fault', 'risk', 'note'] as const;

/** What was found, the worst first, then the thresholds that it was held against. */
export function doctorReport(health: Health): Report {
  const { model, findings, rows, checks } = health;
  const sorted = ORDER.flatMap((level) => findings.filter((one) => one.level === level));
  const count = (level: (typeof ORDER)[number]): number => findings.filter((one) => one.level === level).length;
  return {
    title: `health of ${model}`,
    applied: [plural(count('fault'), 'fault'), plural(count('risk'), 'risk'), plural(count('note'), 'note')],
    groups: [
      {
        blocks: [
          {
            columns: [
              { name: 'level' },
              { name: 'what', wraps: true, flexible: true },
              { name: 'such as', wraps: true, flexible: true, faint: true },
            ],
            rows: sorted.map(({ level, what, examples }) => [level, what, examples.join(', ')]),
          },
        ],
      },
      {
        title: 'Thresholds',
        blocks: [
          {
            columns: [
              { name: 'table', shown: true },
              { name: 'rows', shown: true, align: 'right' },
              ...['median length', 'short below', 'long above', 'cosine with unused above'].map(
                (name) => ({ name, shown: true, align: 'right' }) as const,
              ),
            ],
            rows: rows.map(({ table, rows: n, length, unused }) => [
              table,
              thousands(n),
              ...[length.median, length.low, length.high].map((x) => x.toPrecision(3)),
              unused ? unused.high.toPrecision(3) : 'no unused known',
            ]),
          },
        ],
      },
    ],
    notes: [`Looked at: ${checks.join('; ')}.`],
    json: health,
    records: () => sorted.map((one) => ({ model, ...one })),
  };
}
