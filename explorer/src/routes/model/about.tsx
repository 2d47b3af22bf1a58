import { Link } from '@tanstack/react-router';
import type { ModelInfo } from '../../api/types.ts';
import { Note } from '../../components/states.tsx';
import { isSite } from '../../site/site.ts';

const EMBEDDING: Record<string, string> = { embed: 'input embedding', own: 'embedding of their side' };

/** In words: what was folded and normalised, and what the numbers come from. */
export function AboutModel({ info }: { info: ModelInfo }) {
  const { atlas, building, live, tied, tokenizer, engine, notes, problem } = info;
  return (
    <Note title="What was applied">
      {atlas ? (
        <p>
          The atlas lists {String(atlas.settings.top)} tokens per vector and sign,{' '}
          {atlas.settings.normalize === 'none' ? 'not normalised' : `normalised by ${String(atlas.settings.normalize)}`}
          , {atlas.settings.foldNorm ? 'with each layer’s norm gain folded in' : 'with no norm folded in'}; tokens are
          rows of the {EMBEDDING[String(atlas.settings.embedding)] ?? 'unembedding'}.
        </p>
      ) : (
        <p>
          No atlas is open: statistics are computed from the weights when they are asked for, with no norm folded in.
          {building && ` An atlas is being built: ${building.what}, ${Math.floor(building.done * 100)} %.`}
        </p>
      )}
      {problem && <p>{problem}</p>}
      <p>
        {tied === null
          ? ''
          : tied
            ? 'Input and output embedding are one matrix. '
            : 'Input and output embedding differ. '}
        {tokenizer ? `The tokenizer is ${tokenizer.kind}. ` : 'There is no tokenizer: tokens are shown as ids. '}
        {live ? '' : 'The checkpoint itself is not open. '}
        {engine && `Engine: ${engine.name}.`}
      </p>
      {notes.map((note) => (
        <p key={note}>{note}</p>
      ))}
      {/* Every page of a site ends with it. */}
      {!isSite && (
        <p>
          <Link to="/open">open another model</Link>
        </p>
      )}
    </Note>
  );
}
