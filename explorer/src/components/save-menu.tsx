import { useParams } from '@tanstack/react-router';
import { lazy, Suspense, useState } from 'react';
import type { Figure } from '../export/figure.ts';
import { copyText, download } from '../save.ts';
import { toCsv, toTsv } from '../table-text.ts';
import { useStale } from './stale.tsx';
import './save-menu.css';

const ExportDialog = lazy(() => import('../export/export-dialog.tsx'));

export type SavedRow = Record<string, string | number | boolean | null | undefined>;

interface SaveMenuProps {
  /** What is saved, as it is announced: `key tokens`. */
  label: string;
  /** File name without its ending; the model's name comes before it. */
  name: string;
  /** The table, or the plot's data, when it is asked for. */
  rows?: () => readonly SavedRow[];
  /** The JSON to save, where it is more than the rows. */
  json?: () => unknown;
  /** The drawing; a picture is offered with it. */
  figure?: Figure | undefined;
  /** Texts of other kinds, made when they are asked for. */
  texts?: readonly SavedText[];
}

export interface SavedText {
  /** What the button says: `report, HTML`. */
  what: string;
  /** The file's name is `name` and this: `.html`. */
  ending: string;
  type: string;
  make: () => Promise<string>;
}

/** Copies or saves a table or plot; every one has this beneath it. */
export function SaveMenu({ label, name: place, rows, json, figure, texts }: SaveMenuProps) {
  const { model } = useParams({ strict: false });
  const name = model === undefined ? place : `${model}-${place}`;
  const [drawn, setDrawn] = useState<Figure>();
  const [said, setSaid] = useState('');
  const stale = useStale();
  const run = (what: string, action: () => Promise<unknown> | unknown) => async () => {
    try {
      await action();
      setSaid(what);
    } catch (error) {
      setSaid(`not saved: ${error instanceof Error ? error.message : String(error)}`);
    }
    setTimeout(() => setSaid(''), 2500);
  };
  const data = json ?? rows;
  return (
    <>
      {/* A fieldset, so that all of it can be off while another answer is on its way. */}
      <fieldset
        className="save-menu"
        aria-label={`Save ${label}`}
        disabled={stale}
        title={stale ? 'When the new reading is there' : undefined}
      >
        {rows && <Action what="copy" of={label} onClick={run('copied', () => copyText(toTsv(rows())))} />}
        {rows && (
          <Action
            what="CSV"
            of={label}
            onClick={run('saved', () => download(`${name}.csv`, toCsv(rows()), 'text/csv'))}
          />
        )}
        {data && (
          <Action
            what="JSON"
            of={label}
            onClick={run('saved', () =>
              download(`${name}.json`, `${JSON.stringify(data(), null, 1)}\n`, 'application/json'),
            )}
          />
        )}
        {texts?.map(({ what, ending, type, make }) => (
          <Action
            key={what}
            what={what}
            of={label}
            onClick={run('saved', async () => download(`${name}${ending}`, await make(), type))}
          />
        ))}
        {figure && <Action what="picture" of={label} onClick={() => setDrawn(figure)} />}
        <span role="status">{said}</span>
      </fieldset>
      {drawn && (
        <Suspense>
          <ExportDialog figure={drawn} name={name} close={() => setDrawn(undefined)} />
        </Suspense>
      )}
    </>
  );
}

function Action({ what, of, onClick }: { what: string; of: string; onClick: () => void }) {
  return (
    <button type="button" aria-label={`${what}: ${of}`} onClick={onClick}>
      {what}
    </button>
  );
}
