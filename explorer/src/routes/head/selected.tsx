import { useRouter } from '@tanstack/react-router';
import type { Applied as AppliedTo, MatrixReading, Token, TokenPair } from '../../api/types.ts';
import { notesBelow } from '../../components/applied-note.tsx';
import { Stale } from '../../components/stale.tsx';
import { Empty, Note } from '../../components/states.tsx';
import { linkTo } from '../../share/link.ts';
import { useCopy } from '../../share/use-copy.ts';
import { pairText, parsePair } from '../../state/pair.ts';
import type { HeadChange } from './controls.tsx';
import { Counters } from './counters.tsx';
import { Drawing } from './drawing.tsx';
import { MATRICES } from './matrices.ts';
import { PairLine } from './pair-line.tsx';
import { PairsTable } from './pairs-table.tsx';
import type { HeadPlace } from './queries.ts';
import { matrixOf } from './search.ts';
import { TokenRow } from './token-row.tsx';

interface SelectedProps {
  place: HeadPlace;
  reading: MatrixReading;
  applied: AppliedTo;
  /** The pairs are no preview: what is read beside them may be exact too. */
  exact: boolean;
  /** They began as a preview. */
  held: boolean;
  /** An answer to the question before, while the next one is on its way. */
  stale: boolean;
  file: string;
  onChange: (change: HeadChange) => void;
}

/** What the selection selects: as a drawing and as a table; one token's row; the counters. */
export function Selected({ place, reading, applied, exact, held, stale, file, onChange }: SelectedProps) {
  const { pairs, counters, above, below } = reading;
  const { search, model } = place;
  const { preview: sample } = applied;
  const { headings, tone, name } = MATRICES[matrixOf(search)];
  const side = search.side ?? 'first';
  const pair = parsePair(search.pair);
  const chosen = search.id ?? pair?.[side] ?? pairs[0]?.[side].id;
  const { said, copy } = useCopy();
  const router = useRouter();
  const onLink = ({ first, second }: TokenPair): void => {
    const one = pairText({ first: first.id, second: second.id });
    const params = { model, layer: place.layer, head: place.head };
    const to = '/m/$model/head/$layer/$head';
    const { pathname, searchStr } = router.buildLocation({ to, params, search: { ...search, pair: one } });
    void copy('link', linkTo(`${pathname}${searchStr}`));
    onChange({ pair: one, id: undefined, side: undefined });
  };
  return (
    <>
      <div className="pair-place">
        {pair && (
          <PairLine
            place={place}
            ids={pair}
            pairs={pairs}
            exact={exact}
            onLeave={() => onChange({ pair: undefined })}
          />
        )}
        <span role="status" className="soft">
          {said}
        </span>
      </div>
      <Stale className="columns selected" when={stale}>
        {pairs.length === 0 ? (
          <Empty>No pair is left. Move the threshold, or take a filter away.</Empty>
        ) : (
          <>
            <Drawing
              name={file}
              title={`Head ${place.layer}:${place.head}: pairs of ${name}`}
              pairs={pairs}
              sample={sample}
              excluded={search.exclude}
              headings={headings}
              tone={tone}
              pair={pair}
              chosen={chosen === undefined ? undefined : { id: chosen, side }}
              onChoose={(id, from) => onChange({ id, side: from === 'second' ? 'second' : undefined })}
            />
            <PairsTable
              label={`${name} pairs`}
              name={`${file}-pairs`}
              model={model}
              pairs={pairs}
              headings={headings}
              tone={tone}
              chosen={pair && pairText(pair)}
              onLink={onLink}
            />
          </>
        )}
        <div className="beside">
          <TokenRow
            place={place}
            token={tokenOf(pairs, chosen)}
            exact={exact}
            tone={tone}
            name={file}
            onChange={onChange}
          />
          <Applied place={place} applied={applied} />
          {pairs.length > 0 && (
            <Counters
              counters={counters}
              headings={headings}
              of={`${above !== undefined || below !== undefined ? 'over all that are counted' : 'over the listed pairs'}${sample ? ', in the preview' : ''}`}
              sample={sample}
              held={held}
              name={file}
            />
          )}
        </div>
      </Stale>
    </>
  );
}

/** A token by its id, with its label where the list has it: the row itself brings it in any case. */
function tokenOf(pairs: readonly TokenPair[], id: number | undefined): Token | undefined {
  if (id === undefined) return undefined;
  const pair = pairs.find(({ first, second }) => first.id === id || second.id === id);
  return pair ? (pair.first.id === id ? pair.first : pair.second) : { id, token: '', label: `#${id}` };
}

function Applied({ place, applied }: { place: HeadPlace; applied: AppliedTo }) {
  const { normalize = 'freq', fold } = place.search;
  const [w1, w2] = matrixOf(place.search) === 'vo' ? ['V', 'O'] : ['Q', 'K'];
  const side = (index: string, w: string) => (
    <>
      {normalize === 'freq' && '('}E<sub>{index}</sub>
      {normalize === 'freq' && (
        <>
          /f<sub>{w}</sub>)
        </>
      )}
    </>
  );
  return (
    <Note title="What was applied">
      <p>
        Score = {side('i', w1)} W<sub>{w1}</sub> W<sub>{w2}</sub>
        {w2 === 'K' && 'ᵀ'} {side('j', w2)}ᵀ
        {normalize === 'cosine' && (
          <>
            {' '}
            / |E<sub>i</sub>| |E<sub>j</sub>|
          </>
        )}
      </p>
      <p>
        Norms {fold ? 'folded in' : 'not folded in'}
        {w1 === 'Q' && '; positions left out'}.
      </p>
      {notesBelow(applied).map((note) => (
        <p key={note}>{note}</p>
      ))}
    </Note>
  );
}
