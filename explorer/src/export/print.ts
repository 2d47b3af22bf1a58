import type { Picture } from './compose.ts';

/**
 * PDF by way of printing: the browser makes vectors of the SVG and embeds the fonts that its words need, whatever their
 * script, which no small library does. The paper is as large as the picture.
 */
export function print({ svg, width, height }: Picture): void {
  const page = document.createElement('div');
  page.className = 'export-print';
  const { documentElement } = new DOMParser().parseFromString(svg, 'image/svg+xml');
  page.append(document.importNode(documentElement, true));
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(`
    @page { size: ${width}mm ${height}mm; margin: 0; }
    @media screen { .export-print { display: none; } }
    @media print {
      body > :not(.export-print) { display: none !important; }
      html, body { margin: 0; background: none; }
      .export-print { print-color-adjust: exact; }
      .export-print svg { display: block; width: ${width}mm; height: ${height - 0.2}mm; }
    }`);
  document.body.append(page);
  document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
  const done = (): void => {
    page.remove();
    document.adoptedStyleSheets = document.adoptedStyleSheets.filter((one) => one !== sheet);
  };
  addEventListener('afterprint', done, { once: true });
  window.print();
}
