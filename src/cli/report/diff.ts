import type { ParameterChange } from '../../compare/changes.ts';
import type { ModelDiff } from '../../compare/diff.ts';
import type { Group, Report } from '../output/report.ts';
import { changePictures } from './diff-pictures.ts';
import { sideGroups, wordGroups } from './diff-words.ts';
import { percent, plural } from './reading.ts';

/** Two models compared, in the habit of `git diff --stat`: a line for each thing that differs, then words. */
export function diffReport(found: ModelDiff): Report {
  const { a, b, same, parameters, overall } = found;
  const count = (verdict: ParameterChange['verdict']): number =>
    parameters.filter((one) => one.verdict === verdict).length;
  const [changed, rounded, reordered] = [count('changed'), count('rounding'), count('reordered')];
  return {
    title: `${b} against ${a}`,
    applied: same
      ? ['nothing differs']
      : [
          ...(parameters.length === 0
            ? ['no parameter has one shape in both, so that none is compared']
            : [
                `${changed} of ${plural(parameters.length, 'parameter')} differ`,
                ...(reordered > 0 ? [`${reordered} in order alone`] : []),
                ...(rounded > 0 ? [`${rounded} by no more than rounding`] : []),
                ...OVERALL[overall.verdict](percent(overall.relative)),
              ]),
        ],
    groups: same ? [] : [...sideGroups(found), ...headerGroups(found), ...changeGroups(found), ...wordGroups(found)],
    pictures: () => changePictures(found),
    notes: [...found.notes, ...(parameters.length === 0 ? [OTHER_SHAPES] : []), ...notFinite(parameters)],
    json: found,
    records: () => parameters.map(({ vectors: _, heads: __, ...row }) => ({ a, b, ...row })),
  };
}

const OTHER_SHAPES =
  'For models of other shapes `weightscope align` finds which layers and neurons say the same, and `weightscope kinship` ' +
  'whether one stems from the other.';

/** What is said of all numbers together. */
const OVERALL: Record<ModelDiff['overall']['verdict'], (relative: string) => string[]> = {
  same: () => ['every number of them is the same'],
  reordered: () => ['the same but for the order of neurons or heads'],
  rounding: () => ['the same but for rounding'],
  nearly: (relative) => [`nearly equal: all changes are ${relative} of the numbers, less than BF16 rounds away`],
  changed: (relative) => [`all changes are ${relative} of the numbers`],
};

function headerGroups({ headers, a, b }: ModelDiff): Group[] {
  const named = (names: readonly string[], where: string): string[][] =>
    names.map((name) => [name, where === a ? 'there' : '', where === a ? '' : 'there']);
  const rows = [
    ...headers.config.map(({ name, a: x, b: y }) => [`config ${name}`, x || 'none', y || 'none']),
    ...headers.types.map(({ type, a: x, b: y }) => [`tensors of ${type}`, String(x), String(y)]),
    ...headers.reshaped.map(({ name, a: x, b: y }) => [name, x, y]),
    ...named(headers.onlyA, a),
    ...named(headers.onlyB, b),
  ];
  const groups: Group[] = [];
  if (rows.length > 0)
    groups.push({
      title: 'Headers',
      blocks: [
        {
          columns: [
            { name: 'what', shown: true, flexible: true },
            { name: 'A', shown: true, flexible: true },
            { name: 'B', shown: true, flexible: true },
          ],
          rows,
        },
      ],
    });
  if (headers.tokens.length > 0) groups.push({ title: 'Tokens', text: headers.tokens.join(' '), blocks: [] });
  return groups;
}

/** Kinds of parameters, each over all its layers. */
function changeGroups({ parameters, reordered }: ModelDiff): Group[] {
  const kinds = new Map<string, ParameterChange[]>();
  const sized = parameters.filter(({ verdict }) => verdict !== 'same' && verdict !== 'reordered');
  for (const one of sized) kinds.set(one.kind, [...(kinds.get(one.kind) ?? []), one]);
  const most = Math.max(
    ...[...kinds.values()].flat().map(({ relative }) => (Number.isFinite(relative) ? relative : 0)),
  );
  const rows = [...kinds].map(([kind, of]) => {
    const largest = of.reduce((best, one) => (one.relative > best.relative ? one : best));
    const total = parameters.filter((one) => one.kind === kind).length;
    const changed = of.filter(({ verdict }) => verdict === 'changed');
    const numbers = of.reduce((sum, { count, width }) => sum + count * width, 0);
    return [
      kind,
      changed.length > 0 ? `${changed.length} of ${total}` : 'rounding',
      percent(of.reduce((sum, { moved }) => sum + moved, 0) / numbers),
      percent(largest.typical),
      percent(largest.relative),
      total > 1 ? largest.name : '',
      largest.rounding === undefined ? '' : percent(largest.rounding),
      '+'.repeat(Math.max(1, Math.round((20 * Math.min(largest.relative, most)) / (most || 1)))),
    ];
  });
  const groups: Group[] = [];
  if (rows.length > 0)
    groups.push({
      title: 'Sizes of the changes, relative',
      text: 'How many of the numbers are others; length of the change over length of the parameter: the median of its layers, the largest, what rounding to the coarser type gives.',
      blocks: [
        {
          columns: [
            { name: 'parameter', shown: true },
            { name: 'differ', shown: true, align: 'right', faint: true },
            { name: 'numbers', shown: true, align: 'right', faint: true },
            { name: 'median', shown: true, align: 'right' },
            { name: 'largest', shown: true, align: 'right' },
            { name: 'in', shown: true, faint: true, flexible: true },
            { name: 'rounding', shown: true, align: 'right', faint: true },
            { name: 'largest, as a bar', shown: true },
          ],
          rows,
        },
      ],
    });
  if (reordered.length > 0)
    groups.push({
      title: 'Order of neurons and heads',
      text: reordered.map(orderInWords).join(' '),
      blocks: [],
    });
  return groups;
}

function orderInWords({ layer, units, moved, count, keyValue, equivalent }: ModelDiff['reordered'][number]): string {
  const groups = keyValue ? `, and ${keyValue.moved} of ${plural(keyValue.count, 'key-value head')}` : '';
  const so = equivalent
    ? 'the layer does the same.'
    : 'the layer does the same only where positions are not told by a head’s number.';
  return `The ${units} of ${layer} are the same in another order (${moved} of ${count} stand elsewhere${groups}): ${so}`;
}

function notFinite(parameters: readonly ParameterChange[]): string[] {
  const found = parameters.filter((one) => one.notFinite > 0);
  if (found.length === 0) return [];
  const total = found.reduce((sum, one) => sum + one.notFinite, 0);
  const names = found.map(({ name }) => name);
  const more = names.length > 3 ? ` and ${names.length - 3} others` : '';
  return [
    `${plural(total, 'number')} that ${total === 1 ? 'is' : 'are'} not finite in one or both, in ` +
      `${names.slice(0, 3).join(', ')}${more}: sizes leave them out, and these parameters are not read as words.`,
  ];
}
