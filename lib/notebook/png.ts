/** PNG files with a palette: a third of the bytes of a full-colour one, and figures need few colours. */
import { Buffer } from "node:buffer";
import { crc32, deflateSync } from "node:zlib";

/**
 * Encodes an opaque picture as a PNG with a palette (PNG specification, colour type 3). Up to 256 colours are kept exactly; of
 * more, the 256 most frequent, and the others (edges of letters and lines) become the nearest of these.
 *
 * @param pixels red, green, blue, alpha of each pixel, row by row, 4 * width * height bytes; alpha is ignored
 * @throws RangeError when `pixels` has another length
 */
export function encodePng(pixels: Uint8Array, width: number, height: number): Uint8Array<ArrayBuffer> {
  if (pixels.length !== 4 * width * height) {
    throw new RangeError(`${pixels.length} bytes are no ${width} x ${height} pixels of 4 bytes.`);
  }
  const colorAt = (i: number) => pixels[i]! << 16 | pixels[i + 1]! << 8 | pixels[i + 2]!;
  const counts = new Map<number, number>();
  for (let i = 0; i < pixels.length; i += 4) counts.set(colorAt(i), (counts.get(colorAt(i)) ?? 0) + 1);
  const colors = [...counts].sort(([, a], [, b]) => b - a).map(([color]) => color);
  const palette = colors.slice(0, 256);
  const indexOf = new Map(colors.map((color, k) => [color, k < 256 ? k : nearest(color, palette)]));

  // Each row starts with its filter, 0: none, which is best for palettes.
  const rows = new Uint8Array(height * (width + 1));
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      rows[y * (width + 1) + 1 + x] = indexOf.get(colorAt(4 * (y * width + x)))!;
    }
  }
  const header = new Uint8Array(13);
  const view = new DataView(header.buffer);
  view.setUint32(0, width);
  view.setUint32(4, height);
  header.set([8, 3, 0, 0, 0], 8);
  return new Uint8Array(Buffer.concat([
    new Uint8Array([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    chunk("IHDR", header),
    chunk("PLTE", Uint8Array.from(palette.flatMap((color) => [color >> 16, color >> 8 & 255, color & 255]))),
    chunk("IDAT", deflateSync(rows, { level: 9 })),
    chunk("IEND", new Uint8Array()),
  ]));
}

function nearest(color: number, palette: readonly number[]): number {
  let best = 0;
  let least = Infinity;
  palette.forEach((other, k) => {
    const red = (color >> 16) - (other >> 16);
    const green = (color >> 8 & 255) - (other >> 8 & 255);
    const blue = (color & 255) - (other & 255);
    const distance = red * red + green * green + blue * blue;
    if (distance < least) [best, least] = [k, distance];
  });
  return best;
}

function chunk(name: string, content: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(12 + content.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, content.length);
  bytes.set([...name].map((letter) => letter.charCodeAt(0)), 4);
  bytes.set(content, 8);
  view.setUint32(8 + content.length, crc32(bytes.subarray(4, 8 + content.length)));
  return bytes;
}
