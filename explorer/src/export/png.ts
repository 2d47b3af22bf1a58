import type { Picture } from './compose.ts';

const MILLIMETRES_PER_INCH = 25.4;
/** Browsers make no larger canvas. */
const MOST_PIXELS = 16_000;

/** A PNG of the picture's size in millimetres at so many dots per inch, which is written in it. */
export async function pngOf({ svg, width, height }: Picture, dpi: number): Promise<Blob> {
  const pixels = (millimetres: number): number => Math.max(1, Math.round((millimetres / MILLIMETRES_PER_INCH) * dpi));
  const [across, down] = [pixels(width), pixels(height)];
  if (Math.max(across, down) > MOST_PIXELS)
    throw new Error(
      `Expected at most ${MOST_PIXELS} pixels, got ${across} × ${down}: take fewer dots per inch, or SVG.`,
    );
  const image = new Image();
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(svg)}`;
  await image.decode();
  const canvas = document.createElement('canvas');
  canvas.width = across;
  canvas.height = down;
  canvas.getContext('2d')!.drawImage(image, 0, 0, across, down);
  const blob = await new Promise<Blob>((resolve, reject) => {
    canvas.toBlob((made) => (made ? resolve(made) : reject(new Error('the browser made no image'))), 'image/png');
  });
  return new Blob([withResolution(new Uint8Array(await blob.arrayBuffer()), dpi)], { type: 'image/png' });
}

/** Signature and IHDR, which is always first and always as long (PNG specification, 5.6). */
const HEADER = 33;

/** The same image with a pHYs chunk, so that programs place it at its size (PNG specification, 11.3.5.3). */
export function withResolution(png: Uint8Array, dpi: number): Uint8Array<ArrayBuffer> {
  const chunk = new Uint8Array(21);
  const view = new DataView(chunk.buffer);
  const perMetre = Math.round((dpi / MILLIMETRES_PER_INCH) * 1000);
  view.setUint32(0, 9);
  chunk.set(new TextEncoder().encode('pHYs'), 4);
  view.setUint32(8, perMetre);
  view.setUint32(12, perMetre);
  view.setUint8(16, 1);
  view.setUint32(17, crc32(chunk.subarray(4, 17)));
  const result = new Uint8Array(png.length + chunk.length);
  result.set(png.subarray(0, HEADER));
  result.set(chunk, HEADER);
  result.set(png.subarray(HEADER), HEADER + chunk.length);
  return result;
}

/** CRC-32 as in PNG's annex D. */
function crc32(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  }
  return (crc ^ 0xffffffff) >>> 0;
}
