import { escaped } from './element.ts';
import type { LegendEntry } from './figure.ts';
import { standalone } from './standalone.ts';

/** How a picture is to look. */
export interface Look {
  scheme: 'light' | 'dark';
  /** No paper behind it. */
  transparent: boolean;
  /** Millimetres. */
  width: number;
}

export interface Texts {
  title: string;
  facts: readonly string[];
  legend: readonly LegendEntry[];
}

/** An SVG that stands alone, and its size in millimetres. */
export interface Picture {
  svg: string;
  width: number;
  height: number;
  /** Its width in units of the drawing. */
  units: number;
  /** Height of the small print, in points of 1/72 inch. */
  smallest: number;
}

const PAD = 12;
const TITLE = 14;
const SMALL = 10.5;
/** A narrower drawing leaves no room for the words around it. */
const LEAST_WIDTH = 300;
const SANS = 'Inter, "DejaVu Sans", system-ui, "Segoe UI", sans-serif';

/** Title, drawing, legend and facts below each other, as wide as the drawing needs: nothing is clipped. */
export function compose(drawing: SVGSVGElement, { title, facts, legend }: Texts, look: Look): Picture {
  const { body, box, colours } = standalone(drawing, look.scheme);
  const width = Math.max(LEAST_WIDTH, Math.ceil(box.width)) + 2 * PAD;
  const parts: string[] = [];
  let y = PAD;
  const write = (text: string, size: number, fill: string, weight = 400): void => {
    for (const line of wrapped(text, width - 2 * PAD, `${weight} ${size}px ${SANS}`)) {
      y += size;
      parts.push(
        `<text x="${PAD}" y="${round(y)}" font-size="${size}" font-weight="${weight}" fill="${fill}">${escaped(line)}</text>`,
      );
      y += size * 0.4;
    }
  };
  if (title) {
    write(title, TITLE, colours.ink, 600);
    y += 6;
  }
  const left = Math.max(PAD, (width - box.width) / 2);
  parts.push(`<g transform="translate(${round(left - box.x)} ${round(y - box.y)})">${body}</g>`);
  y += box.height + 8;
  for (const { tone, label } of legend) {
    parts.push(`<rect x="${PAD}" y="${round(y + 1)}" width="9" height="9" rx="2" fill="${colours.of(tone)}"/>`);
    parts.push(
      `<text x="${PAD + 15}" y="${round(y + 9.5)}" font-size="${SMALL}" fill="${colours.ink}">${escaped(label)}</text>`,
    );
    y += SMALL * 1.5;
  }
  if (legend.length > 0) y += 3;
  for (const fact of facts) write(fact, SMALL, colours.soft);
  const height = Math.ceil(y + PAD - SMALL * 0.4);
  const millimetres = round((look.width * height) / width);
  // The page's light paper is cream, that of journals white.
  const fill = look.scheme === 'light' ? '#ffffff' : colours.paper;
  const paper = look.transparent ? '' : `<rect width="${width}" height="${height}" fill="${fill}"/>`;
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${look.width}mm" height="${millimetres}mm" viewBox="0 0 ${width} ${height}" font-family="${escaped(SANS)}" xml:space="preserve">${title ? `<title>${escaped(title)}</title>` : ''}${paper}${parts.join('')}</svg>`;
  const smallest = round((SMALL * look.width * 72) / (width * 25.4));
  return { svg, width: look.width, height: millimetres, units: width, smallest };
}

const round = (value: number): number => Math.round(value * 100) / 100;

/** Broken between words where a line would be wider than `most`. */
function wrapped(text: string, most: number, font: string): string[] {
  const context = document.createElement('canvas').getContext('2d')!;
  context.font = font;
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    const longer = line === '' ? word : `${line} ${word}`;
    if (line !== '' && context.measureText(longer).width > most) {
      lines.push(line);
      line = word;
    } else line = longer;
  }
  return [...lines, line];
}
