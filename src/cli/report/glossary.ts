import { WeightscopeError } from '../../errors.ts';
import { GLOSSARY, termOf, termOfParameter } from '../../guide/glossary.ts';
import { areMeant, related } from '../../nearest.ts';
import type { Report } from '../output/report.ts';

/** So many near words are named. */
const MOST = 4;

/** One term of the glossary, or all where `name` is empty. `flags`: other words that can be asked for. */
export function glossaryReport(name: string, flags: readonly string[] = []): Report {
  const found = termOf(name) ?? termOfParameter(name);
  if (name && !found) {
    const words = [...GLOSSARY.flatMap(({ name, also = [] }) => [name, ...also]), ...flags];
    const of = (word: string) => termOf(word) ?? word;
    const near = related(name, words).filter((word, i, all) => all.findIndex((one) => of(one) === of(word)) === i);
    throw new WeightscopeError(
      'USAGE',
      `Expected a word of the glossary or a flag, got ${quote(name)}${areMeant(near.slice(0, MOST))}; ` +
        '`weightscope explain` shows all words.',
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
