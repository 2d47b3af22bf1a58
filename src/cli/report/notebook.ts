import type { NotebookReading } from '../../reading/notebook.ts';
import type { NotebookCheck } from '../../reading/notebook-check.ts';
import { neuronText } from '../../reading/place.ts';
import type { Report } from '../output/report.ts';
import { headGroups, headReport } from './head.ts';
import { neuronGroups, neuronReport } from './neuron.ts';
import { appliedLine } from './reading.ts';

/** The notebook's tables, one after the other. */
export function notebookReport(reading: NotebookReading): Report {
  const { model, compat, neurons, heads } = reading;
  const first = [...neurons, ...heads][0];
  const titled = <T extends object>(title: string, [head, ...rest]: T[]) => [{ ...head, title }, ...rest];
  return {
    title: `the notebook on ${model}`,
    applied: [
      ...(first ? appliedLine(first.normalize, first.applied) : []),
      ...(compat ? ["the notebook's quirks repeated: VO ordered by QK, smallest first"] : []),
    ],
    groups: [
      ...neurons.flatMap((one) => titled(`Neuron ${neuronText(one)}`, neuronGroups(one))),
      ...heads.flatMap((one) => titled(`Head ${one.layer}:${one.head}`, headGroups(one))),
    ],
    notes: first?.applied.notes ?? [],
    json: reading,
    *records() {
      for (const one of neurons) yield* neuronReport(one).records();
      for (const one of heads) yield* headReport(one).records();
    },
  };
}

/** What the notebook printed beside what is read here. */
export function checkReport(model: string, checks: readonly NotebookCheck[]): Report {
  const agreeing = checks.filter(({ agrees }) => agrees).length;
  return {
    title: `the notebook's printed outputs on ${model}`,
    applied: [`${agreeing} of ${checks.length} agree`],
    groups: [
      {
        blocks: [
          {
            columns: [
              { name: '', shown: true },
              { name: 'what', shown: true },
              { name: 'printed', shown: true, flexible: true },
              { name: 'read here', shown: true, flexible: true },
            ],
            rows: checks.map(({ what, expected, found, agrees }) => [agrees ? '✓' : '✗', what, expected, found]),
          },
        ],
      },
    ],
    notes: [],
    json: { model, checks },
    records: () => checks.map((check) => ({ model, ...check })),
  };
}
