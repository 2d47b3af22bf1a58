import type { ModelSeries } from '../../compare/series.ts';
import type { Report } from '../output/report.ts';
import { wordPictures } from './diff-pictures.ts';
import { percent, plural } from './reading.ts';
import { wordHistoryGroups } from './word-history.ts';

/** Checkpoints in their order: how far the numbers moved in each step, and which neurons' words moved when. */
export function seriesReport(found: ModelSeries): Report {
  const { models, steps, words } = found;
  const kinds = [...new Set(steps.flatMap((step) => step.kinds.map(({ kind }) => kind)))];
  return {
    title: `${models[0]} to ${models[models.length - 1]}`,
    applied: [`${plural(models.length, 'checkpoint')} in order`],
    groups: [
      {
        title: 'How far the numbers moved',
        text: `Length of the change over length of the parameters, in every step. ${models.map((name, i) => `${i + 1} is ${name}`).join(', ')}.`,
        blocks: [
          {
            columns: [
              { name: 'parameter', shown: true },
              ...steps.map((_, i) => ({ name: `${i + 1} → ${i + 2}`, shown: true, align: 'right' }) as const),
            ],
            rows: [
              ['all', ...steps.map(({ overall }) => percent(overall.relative))],
              ...kinds.map((kind) => [
                kind,
                ...steps.map((step) => {
                  const own = step.kinds.find((one) => one.kind === kind);
                  return own ? percent(own.relative) : '';
                }),
              ]),
            ],
          },
        ],
      },
      ...wordHistoryGroups(words),
    ],
    notes: [],
    pictures: () => wordPictures(words),
    json: found,
    records: () =>
      steps.map(({ a, b, overall, kinds: of }) => ({
        a,
        b,
        all: overall.relative,
        ...Object.fromEntries(of.map(({ kind, relative }) => [kind, relative])),
      })),
  };
}
