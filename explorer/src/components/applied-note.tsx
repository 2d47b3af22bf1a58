import type { Applied, Normalize } from '../api/types.ts';
import { Note } from './states.tsx';

const NORMALISERS: Record<Normalize, string> = {
  freq: 'Each score is divided by the token’s mean over all vectors of this kind (freq), so that common tokens do not win everywhere.',
  none: 'Scores are plain products E x: tokens with long rows of E come first.',
  cosine: 'Scores are cosines between the vector and the token’s row of E.',
};

const EMBEDDING: Record<Applied['embedding'], string> = {
  unembed: 'tokens are rows of the unembedding',
  embed: 'tokens are rows of the input embedding',
  own: 'tokens are rows of the input embedding where they are read, of the unembedding where they are written',
};

/** In words, what was done to get the numbers beside it. */
export function AppliedNote({ applied, normalize }: { applied: Applied; normalize: Normalize }) {
  return (
    <Note title="What was applied">
      <p>{NORMALISERS[normalize]}</p>
      <p>{sentence(applied)}</p>
      {notesBelow(applied).map((note) => (
        <p key={note}>{note}</p>
      ))}
    </Note>
  );
}

/** A preview says so above the lists, where the exact ones leave its room as it is. */
export const notesBelow = ({ notes, preview }: Pick<Applied, 'notes' | 'preview'>): readonly string[] =>
  preview ? notes.slice(1) : notes;

export function sentence({ foldNorm, filters, embedding, approximate }: Applied): string {
  return [
    foldNorm ? 'The layer’s norm gain is folded in' : 'No norm is folded in',
    EMBEDDING[embedding],
    filters.length === 0 ? 'all tokens are shown' : `filters: ${filters.join(', ')}`,
    ...(approximate ? ['the normaliser is approximate'] : []),
  ]
    .join('; ')
    .concat('.');
}
