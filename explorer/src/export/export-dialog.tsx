import { useEffect, useMemo, useRef, useState } from 'react';
import { bibtex } from '../../../src/guide/citation.ts';
import { Pill } from '../components/pill.tsx';
import { copyText, download } from '../save.ts';
import { useScheme } from '../style/theme.ts';
import { compose, type Look, type Picture } from './compose.ts';
import { elementOf } from './element.ts';
import { captionOf, type Figure, factsOf } from './figure.ts';
import { pngOf } from './png.ts';
import { print } from './print.ts';
import { useOrigin } from './use-origin.ts';
import './export-dialog.css';

interface ExportDialogProps {
  figure: Figure;
  /** File name without its ending. */
  name: string;
  close: () => void;
}

const PAPERS = [
  ['light', 'light'],
  ['dark', 'dark'],
  ['transparent', 'transparent'],
] as const;
const WIDTHS = { least: 20, most: 600, column: 85, page: 175 };
/** On a page's width the small print of narrower drawings would be of 12 points and more. */
const PAGE_UNITS = 420;
const DPI = { least: 36, most: 1200, usual: 300 };
/** What most journals ask for at least. */
const READABLE = 6;

/** A drawing as a picture for a paper: in which colours, how wide, with which words. Loaded when it is first opened. */
export default function ExportDialog({ figure, name, close }: ExportDialogProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const scheme = useScheme();
  const origin = useOrigin();
  const [paper, setPaper] = useState<(typeof PAPERS)[number][0]>(scheme);
  const [chosen, setWidth] = useState<number>();
  const [dpi, setDpi] = useState(DPI.usual);
  const [shown, setShown] = useState({ title: true, legend: true, facts: true });
  const [said, setSaid] = useState('');
  useEffect(() => dialog.current?.showModal(), []);
  // What the figure's words are about, whatever the page goes on to draw.
  const [drawing] = useState(() => takenFrom(figure));

  const picture = useMemo(() => {
    const of = (width: number): Picture | undefined => {
      const transparent = paper === 'transparent';
      return pictureOf(
        figure,
        drawing,
        origin,
        { scheme: paper === 'dark' ? 'dark' : 'light', transparent, width },
        shown,
      );
    };
    const page = of(chosen ?? WIDTHS.page);
    // A narrow drawing as wide as a page would have letters of a headline's size, and be longer than the page.
    return page && chosen === undefined && page.units < PAGE_UNITS ? of(WIDTHS.column) : page;
  }, [figure, drawing, paper, chosen, shown, origin.model]);
  const width = picture?.width ?? WIDTHS.page;
  const run = (what: string, action: () => unknown) => async () => {
    try {
      await action();
      setSaid(what);
    } catch (error) {
      setSaid(`Not done: ${error instanceof Error ? error.message : String(error)}`);
    }
  };
  return (
    <dialog ref={dialog} className="export" aria-label={`Picture of ${figure.title}`} onClose={close} closedby="any">
      <form method="dialog">
        <button type="submit" className="theme" aria-label="Close">
          ×
        </button>
      </form>
      <h2>A picture for a paper</h2>
      {picture ? (
        <>
          <div className={`export-preview ${paper}`}>
            <img
              src={`data:image/svg+xml;charset=utf-8,${encodeURIComponent(picture.svg)}`}
              alt={`${figure.title}: ${figure.what}`}
            />
          </div>
          <div className="export-choices">
            {/* biome-ignore lint/a11y/useSemanticElements: pills in a line, not a form. */}
            <div role="group" aria-label="Colours" className="choices">
              {PAPERS.map(([value, label]) => (
                <Pill key={value} pressed={paper === value} onClick={() => setPaper(value)}>
                  {label}
                </Pill>
              ))}
            </div>
            {/* biome-ignore lint/a11y/useSemanticElements: likewise. */}
            <div role="group" aria-label="Words" className="choices">
              {(['title', 'legend', 'facts'] as const).map((what) => (
                <Pill
                  key={what}
                  pressed={shown[what]}
                  onClick={() => setShown((old) => ({ ...old, [what]: !old[what] }))}
                >
                  {what}
                </Pill>
              ))}
            </div>
            <div className="choices">
              <NumberField label="width in mm" value={width} {...WIDTHS} onChange={setWidth} />
              <Pill pressed={width === WIDTHS.column} onClick={() => setWidth(WIDTHS.column)}>
                one column
              </Pill>
              <Pill pressed={width === WIDTHS.page} onClick={() => setWidth(WIDTHS.page)}>
                page
              </Pill>
              <NumberField label="dots per inch" value={dpi} {...DPI} onChange={setDpi} />
              <span className="soft number">
                {picture.width} × {picture.height} mm, small print {picture.smallest.toFixed(1)} pt
                {picture.smallest < READABLE &&
                  `: journals ask for ${READABLE} or more; leave the facts to the caption`}
              </span>
            </div>
          </div>
          <div className="export-actions">
            <button
              type="button"
              className="pill"
              onClick={run('Saved.', () => download(`${name}.svg`, picture.svg, 'image/svg+xml'))}
            >
              save SVG
            </button>
            <button
              type="button"
              className="pill"
              onClick={run('Saved.', async () => download(`${name}.png`, await pngOf(picture, dpi), 'image/png'))}
            >
              save PNG
            </button>
            <button
              type="button"
              className="pill"
              title="By printing: choose “save as PDF” there"
              onClick={run('Printed.', () => print(picture))}
            >
              print or save PDF
            </button>
            <button type="button" className="pill" onClick={run('The link is copied.', () => copyText(origin.link))}>
              copy link
            </button>
            <button
              type="button"
              className="pill"
              onClick={run('The caption is copied.', () => copyText(captionOf(figure, origin)))}
            >
              copy caption
            </button>
            <button
              type="button"
              className="pill"
              title="BibTeX of the paper whose method this is, and of the software"
              onClick={run('BibTeX is copied.', () => copyText(bibtex(origin.version ?? '')))}
            >
              cite this
            </button>
            <span role="status" className="soft">
              {said}
            </span>
          </div>
          <p className="export-caption">{captionOf(figure, origin)}</p>
        </>
      ) : (
        <p className="state">There is no drawing yet.</p>
      )}
    </dialog>
  );
}

/** A copy of the drawing, in a figure of the same class, on which the page's styles hang. */
function takenFrom(figure: Figure): SVGSVGElement | undefined {
  const made = figure.svg();
  if (!made) return undefined;
  if (typeof made === 'string') return elementOf(made);
  const host = document.createElement('figure');
  host.className = made.closest('figure')?.className ?? '';
  const copy = made.cloneNode(true) as SVGSVGElement;
  host.append(copy);
  return copy;
}

function pictureOf(
  figure: Figure,
  drawing: SVGSVGElement | undefined,
  origin: Parameters<typeof factsOf>[1],
  look: Look,
  shown: { title: boolean; legend: boolean; facts: boolean },
): Picture | undefined {
  if (!drawing) return undefined;
  const texts = {
    title: shown.title ? figure.title : '',
    facts: shown.facts ? factsOf(figure, origin) : [],
    legend: shown.legend ? (figure.legend ?? []) : [],
  };
  return compose(drawing, texts, look);
}

interface NumberFieldProps {
  label: string;
  value: number;
  least: number;
  most: number;
  onChange: (value: number) => void;
}

/** Takes what is within its bounds, and stays as it was otherwise. */
function NumberField({ label, value, least, most, onChange }: NumberFieldProps) {
  const [text, setText] = useState(String(value));
  useEffect(() => setText(String(value)), [value]);
  return (
    <label className="soft">
      {label}{' '}
      <input
        className="number-field mono"
        type="number"
        min={least}
        max={most}
        value={text}
        onChange={(event) => {
          setText(event.currentTarget.value);
          const number = event.currentTarget.valueAsNumber;
          if (number >= least && number <= most) onChange(number);
        }}
        onBlur={() => setText(String(value))}
      />
    </label>
  );
}
