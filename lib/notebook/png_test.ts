import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { Resvg } from "@resvg/resvg-js";
import { encodePng } from "./png.ts";

/** The pixels of a PNG, decoded by resvg. */
function decoded(png: Uint8Array<ArrayBuffer>, width: number, height: number): Uint8Array {
  const svg =
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}"><image width="${width}" ` +
    `height="${height}" image-rendering="optimizeSpeed" href="data:image/png;base64,${png.toBase64()}"/></svg>`;
  const picture = new Resvg(svg).render();
  assert.deepEqual([picture.width, picture.height], [width, height]);
  return picture.pixels;
}

const picture = (width: number, height: number, color: (i: number) => [number, number, number]) =>
  Uint8Array.from({ length: width * height }, (_, i) => i).reduce((pixels, _, i) => {
    pixels.set([...color(i), 255], 4 * i);
    return pixels;
  }, new Uint8Array(4 * width * height));

Deno.test("encodePng keeps up to 256 colours exactly", () => {
  const [width, height] = [37, 23];
  const pixels = picture(
    width,
    height,
    (i) => [i % 256, (i * 7) % 256 & 0xf0, 0].map((c, k) => k === 1 ? 9 : c) as [number, number, number],
  );
  assert.deepEqual(new Uint8Array(decoded(encodePng(pixels, width, height), width, height)), pixels);
});

Deno.test("encodePng gives rarer colours the nearest of the 256 most frequent", () => {
  const [width, height] = [40, 20];
  // 256 greys three times each, then 32 that lie one step of blue beside a grey.
  const pixels = picture(
    width,
    height,
    (i) => i < 768 ? [i % 256, i % 256, i % 256] : [100, 100, 101 + (i - 768)],
  );
  const result = decoded(encodePng(pixels, width, height), width, height);
  assert.deepEqual(result.subarray(0, 4 * 768), Buffer.from(pixels.subarray(0, 4 * 768)));
  assert.deepEqual([...result.subarray(4 * 768, 4 * 769)], [100, 100, 100, 255]);
});

Deno.test("encodePng refuses pixels of another size", () => {
  assert.throws(() => encodePng(new Uint8Array(8), 1, 1), /8 bytes are no 1 x 1 pixels/);
});
