import assert from "node:assert/strict";
import { startEngine } from "./backend.ts";
import { type FilePlace, tensorFromFile } from "./file_tensor.ts";
import { Parameter } from "./parameters.ts";
import { hasKernels } from "./raw.ts";
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

/** The values of a parameter made of what stands there. */
function read(place: FilePlace): { values: Float32Array; shape: readonly number[]; narrow: boolean } {
  const parameter = new Parameter("weight", tensorFromFile(place)!, { owned: true });
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
  assert.throws(() => tensorFromFile(tooMany), /노래\.bin ends at byte 2400000: it is truncated/);
  assert.throws(
    () => tensorFromFile({ ...tooMany, path: `${path}x` }),
    /노래\.binx cannot be opened: No such file/,
  );
});
