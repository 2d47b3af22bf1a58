import { useQuery } from '@tanstack/react-query';
import { modelQuery, neuronAsked, neuron as question } from '../api/queries.ts';
import type { NeuronPart } from '../api/types.ts';
import { useWords } from '../api/use-previewed-query.ts';
import { formatCount } from '../format.ts';
import type { NeuronAt } from '../state/neuron-at.ts';
import { type ReadingSearch, wordsOnly } from '../state/reading-search.ts';
import { LitWords } from './lit-words.tsx';
import { PreviewMark } from './preview-mark.tsx';

interface PartWordsProps {
  model: string;
  at: NeuronAt;
  part: NeuronPart;
  sign: '+' | '-';
  /** The token whose rank is told and that is lit. */
  token: number;
  search: ReadingSearch;
  tone: string;
}

/** Further down a rank says little. */
const LOOKED = 100;
const WORDS = 4;

/**
 * The first words of one end of a neuron's part, and which of them a token is: `3rd` of its list. Asked for when it is
 * shown.
 */
export function PartWords({ model, at, part, sign, token, search, tone }: PartWordsProps) {
  const { data: info } = useQuery(modelQuery(model));
  const how = { ...search, ...wordsOnly(info), k: LOOKED, bottom: LOOKED };
  const { data, began, preview } = useWords(question, neuronAsked(model, at, how), {
    preview: search.normalize === undefined,
    enabled: info !== undefined,
  });
  const list = data?.parts[part]?.[sign === '+' ? 'top' : 'bottom'];
  if (!list) return null;
  const rank = list.findIndex(({ id }) => id === token);
  return (
    <>
      <PreviewMark began={began} exact={preview === undefined} />
      <span
        className="number rank"
        title={`Its place in the neuron’s own list of ${part} tokens${how.filters ? ', special ones left out' : ''}`}
      >
        {rank >= 0 ? `#${formatCount(rank + 1)}` : `>${formatCount(list.length)}`}
      </span>
      <LitWords tokens={list.slice(0, WORDS)} lit={new Set([token])} className={sign === '+' ? tone : 'opposite'} />
    </>
  );
}
