/** What leaves the page: clipboard and files. */
import { color } from './style/theme.ts';

export async function copyText(text: string): Promise<void> {
  await navigator.clipboard.writeText(text);
}

/** Hands a file to the browser's downloads. */
export function download(name: string, content: string | Blob, type: string): void {
  const url = URL.createObjectURL(typeof content === 'string' ? new Blob([content], { type }) : content);
  const link = document.createElement('a');
  link.href = url;
  link.download = name.replace(/[^\w.-]+/g, '-');
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

/** An SVG that stands alone: the page's colours and fonts written into it, on paper. */
export function svgText(svg: SVGSVGElement): string {
  const copy = svg.cloneNode(true) as SVGSVGElement;
  const { width, height } = sizeOf(svg);
  copy.setAttribute('xmlns', 'http://www.w3.org/2000/svg');
  copy.setAttribute('width', String(width));
  copy.setAttribute('height', String(height));
  const { color: ink, fontFamily } = getComputedStyle(svg.isConnected ? svg : document.body);
  copy.setAttribute(
    'style',
    `color:${ink};font-family:${fontFamily.replaceAll('"', "'")};background:${color('paper')}`,
  );
  return new XMLSerializer().serializeToString(copy).replace(/var\(--([a-z]+)\)/g, (_, name: string) => color(name));
}

/** As it is on the page; a drawing that is not on the page has its size written in it. */
function sizeOf(svg: SVGSVGElement): { width: number; height: number } {
  if (svg.isConnected) return svg.getBoundingClientRect();
  return { width: Number(svg.getAttribute('width')), height: Number(svg.getAttribute('height')) };
}

/** A PNG at twice the size on the page. */
export async function pngOf(drawing: SVGSVGElement | HTMLCanvasElement): Promise<Blob> {
  const canvas = drawing instanceof HTMLCanvasElement ? drawing : await rasterise(drawing);
  return new Promise((resolve, reject) => {
    canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error('the browser made no image'))), 'image/png');
  });
}

async function rasterise(svg: SVGSVGElement): Promise<HTMLCanvasElement> {
  const { width, height } = sizeOf(svg);
  const image = new Image();
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(svgText(svg))}`;
  await image.decode();
  const canvas = document.createElement('canvas');
  canvas.width = Math.ceil(width * 2);
  canvas.height = Math.ceil(height * 2);
  const context = canvas.getContext('2d')!;
  context.fillStyle = color('paper');
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.drawImage(image, 0, 0, canvas.width, canvas.height);
  return canvas;
}
