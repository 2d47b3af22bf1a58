import { useState } from 'react';
import { copyText, download, pngOf, svgText } from '../save.ts';
import { toCsv, toTsv } from '../table-text.ts';
import './save-menu.css';

export type SavedRow = Record<string, string | number | boolean | null | undefined>;

interface SaveMenuProps {
  /** What is saved, as it is announced: `key tokens`. */
  label: string;
  /** File name without its ending. */
  name: string;
  /** The table, or the plot's data, when it is asked for. */
  rows?: () => readonly SavedRow[];
  /** The JSON to save, where it is more than the rows. */
  json?: () => unknown;
  /** The plot; SVG and PNG are offered with it. */
  svg?: () => SVGSVGElement | null | undefined;
  /** A drawing on a canvas; PNG is offered with it. */
  canvas?: () => HTMLCanvasElement | null | undefined;
}

/** Copies or saves a table or plot; every one has this beneath it. */
export function SaveMenu({ label, name, rows, json, svg, canvas }: SaveMenuProps) {
  const [said, setSaid] = useState('');
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
    // biome-ignore lint/a11y/useSemanticElements: a fieldset is for forms.
    <div className="save-menu" role="group" aria-label={`Save ${label}`}>
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
      {svg && (
        <Action
          what="SVG"
          of={label}
          onClick={run('saved', () => download(`${name}.svg`, svgText(required(svg())), 'image/svg+xml'))}
        />
      )}
      {(svg || canvas) && (
        <Action
          what="PNG"
          of={label}
          onClick={run('saved', async () =>
            download(`${name}.png`, await pngOf(required(canvas?.() ?? svg?.())), 'image/png'),
          )}
        />
      )}
      <span role="status">{said}</span>
    </div>
  );
}

function Action({ what, of, onClick }: { what: string; of: string; onClick: () => void }) {
  return (
    <button type="button" aria-label={`${what}: ${of}`} onClick={onClick}>
      {what}
    </button>
  );
}

function required<T>(drawing: T | null | undefined): T {
  if (!drawing) throw new Error('there is no drawing yet');
  return drawing;
}
