import { WeightscopeError } from '../../errors.ts';
import { GLOSSARY, termOf, termOfParameter } from '../../guide/glossary.ts';
import { meant } from '../../nearest.ts';
import type { Report } from '../output/report.ts';

/** One term of the glossary, or all where `name` is empty. `flags`: other words that can be asked for. */
export function glossaryReport(name: string, flags: readonly string[] = []): Report {
  const found = termOf(name) ?? termOfParameter(name);
  if (name && !found) {
    const words = [...GLOSSARY.flatMap(({ name, also = [] }) => [name, ...also]), ...flags];
    const known = GLOSSARY.map((term) => term.name).join(', ');
    throw new WeightscopeError(
      'USAGE',
      `Expected a word of the glossary or a flag, got ${quote(name)}${meant(name, words)}; it has ${known}.`,
    );
  }
  const terms = found ? [found] : [...GLOSSARY];
  return {
    title: found ? found.name : 'Words of weightscope',
    applied: [],
    groups: found
      ? [{ text: found.meaning, blocks: [] }]
      : [
          {
            blocks: [
              {
                columns: [{ name: 'word' }, { name: 'meaning', wraps: true }],
                rows: terms.map(({ name, meaning }) => [name, meaning]),
              },
            ],
          },
        ],
    notes: found ? [`More: docs/${found.more}.`] : [],
    json: found ?? terms,
    records: () => terms,
  };
}

const quote = (text: string): string => JSON.stringify(text.slice(0, 100));
