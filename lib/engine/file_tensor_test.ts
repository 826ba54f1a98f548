import assert from "node:assert/strict";
import { crc32 } from "node:zlib";
import * as tf from "@tensorflow/tfjs";
import { startEngine } from "./backend.ts";
import { type FilePlace, tensorsFromFiles } from "./file_tensor.ts";
import { Parameter } from "./parameters.ts";
import { hasKernels, toFloat32 } from "./raw.ts";
import { randomValues } from "./testing/gradients.ts";

await startEngine();

function test(name: string, work: (path: string) => Promise<void>): void {
  Deno.test({
    name: `tensors out of a file: ${name}`,
    ignore: !hasKernels(),
    async fn() {
      const folder = await Deno.makeTempDir();
      try {
        await work(`${folder}/노래.bin`);
      } finally {
        await Deno.remove(folder, { recursive: true });
      }
    },
  });
}

/** Writes numbers at a place of a file. */
async function writeAt(path: string, begin: number, values: ArrayBufferView): Promise<void> {
  const file = await Deno.open(path, { write: true, create: true });
  await file.seek(begin, Deno.SeekMode.Start);
  const bytes = new Uint8Array(values.buffer as ArrayBuffer, values.byteOffset, values.byteLength);
  for (let done = 0; done < bytes.length;) done += await file.write(bytes.subarray(done));
  file.close();
}

function readTensor(place: Omit<FilePlace, "name">): tf.Tensor {
  return tensorsFromFiles([{ name: "weight", ...place }])[0]!;
}

/** The values of a parameter made of what stands there. */
function read(
  place: Omit<FilePlace, "name">,
): { values: Float32Array; shape: readonly number[]; narrow: boolean } {
  const parameter = new Parameter("weight", readTensor(place), { owned: true });
  const { shape, isNarrow: narrow } = parameter, values = parameter.data();
  parameter.dispose();
  return { values, shape, narrow };
}

test("float32, over several of the pieces that are read at once, from any byte on", async (path) => {
  const values = randomValues([3, 200_001], 1);
  await writeAt(path, 3, values);
  const found = read({ path, begin: 3, dtype: "F32", shape: [3, 200_001] });
  assert.deepEqual(found.shape, [3, 200_001]);
  assert.deepEqual(found.values, values);
  assert.equal(found.narrow, false);
});

test("bfloat16 stays so, to the bit", async (path) => {
  // 1, -2.5, the least number, infinity
  await writeAt(path, 0, Uint16Array.of(0x3f80, 0xc020, 0x0001, 0x7f80));
  const { values, narrow } = read({ path, begin: 0, dtype: "BF16", shape: [2, 2] });
  assert.deepEqual(Array.from(values), [1, -2.5, 2 ** -133, Infinity]);
  assert.equal(narrow, true);
});

test("one number, and none at all", async (path) => {
  await writeAt(path, 0, Float32Array.of(7));
  assert.deepEqual(read({ path, begin: 0, dtype: "F32", shape: [] }).values, Float32Array.of(7));
  assert.deepEqual(read({ path, begin: 4, dtype: "F32", shape: [0, 5] }).values, new Float32Array(0));
});

test("places beyond 2 and 4 GiB", async (path) => {
  for (const begin of [3 * 2 ** 30, 5 * 2 ** 30 + 4]) {
    await writeAt(path, begin, Float32Array.of(1, 2, begin));
    assert.deepEqual(
      read({ path, begin, dtype: "F32", shape: [3] }).values,
      Float32Array.of(1, 2, begin),
    );
  }
});

test("a file that ends too early, or is not there, is named", async (path) => {
  await writeAt(path, 0, new Float32Array(600_000));
  const tooMany = { path, begin: 0, dtype: "F32", shape: [600_001] } as const;
  assert.throws(() => readTensor(tooMany), /노래\.bin ends at byte 2400000: it is truncated/);
  assert.throws(
    () => readTensor({ ...tooMany, path: `${path}x` }),
    /노래\.binx cannot be opened: No such file/,
  );
});

test("several at once, of two types, each in its place", async (path) => {
  const floats = randomValues([700_000], 2);
  await writeAt(path, 0, floats);
  await writeAt(path, 2_800_000, Uint16Array.of(0x3f80, 0xc020));
  const place = { path, dtype: "F32", name: "weight" } as const;
  const tensors = tensorsFromFiles([
    { ...place, begin: 4 * 300_000, shape: [2, 200_000] },
    { ...place, begin: 2_800_000, shape: [2], dtype: "BF16" },
    null,
    { ...place, begin: 4, shape: [] },
  ]);
  const [whole, low, none, one] = tensors;
  assert.deepEqual(whole!.dataSync(), floats.subarray(300_000));
  assert.deepEqual(whole!.shape, [2, 200_000]);
  assert.deepEqual(Array.from(toFloat32(low!).dataSync()), [1, -2.5]);
  assert.equal(none, null);
  assert.deepEqual(one!.dataSync(), floats.subarray(1, 2));
  tf.dispose(tensors.filter((tensor) => tensor !== null));
});

test("bytes are held against a checksum: of any length and place, and over several pieces", async (path) => {
  // 0 to 300 numbers: less than what is folded at once, all of it, and with rests; then more than a piece
  for (const count of [0, 1, 3, 4, 5, 63, 64, 65, 100, 127, 128, 129, 255, 256, 300, 262_144, 600_001]) {
    for (const begin of [0, 8, 17, 64]) {
      const bytes = new Uint8Array(randomValues([count], count + begin).buffer);
      await writeAt(path, begin, bytes);
      const place = { path, begin, dtype: "F32", shape: [count], name: "가중치" } as const;
      const [tensor] = tensorsFromFiles([{ ...place, checksum: crc32(bytes) }]);
      assert.deepEqual(new Uint8Array(Float32Array.from(tensor!.dataSync()).buffer), bytes);
      tensor!.dispose();
      const { numTensors } = tf.memory();
      assert.throws(
        () => tensorsFromFiles([place, { ...place, checksum: ~crc32(bytes) >>> 0 }]),
        /노래\.bin is corrupt: tensor "가중치" does not match its checksum\. Download it again\./,
        `${count} numbers at ${begin}`,
      );
      assert.equal(tf.memory().numTensors, numTensors);
    }
  }
});
