import assert from "node:assert/strict";
import { basename, join } from "node:path";
import { bytesOf, type Dtype, fromFloat32, toFloat32 } from "./dtypes.ts";
import {
  openSafetensors,
  type TensorToWrite,
  writeSafetensors,
  writeSafetensorsFolder,
} from "./safetensors.ts";
import {
  expectedRounding,
  expectedTensors,
  fixture,
  fromHex,
  hexAt,
  hexOf,
  messageOf,
  torchNames,
} from "../testing/files.ts";
import { withFolder } from "../../ground/testing/folder.ts";

/** A safetensors file with any header. */
function handmade(folder: string, header: unknown, dataBytes: number, headerLength?: bigint): string {
  const json = new TextEncoder().encode(typeof header === "string" ? header : JSON.stringify(header));
  const bytes = new Uint8Array(8 + json.length + dataBytes);
  new DataView(bytes.buffer).setBigUint64(0, headerLength ?? BigInt(json.length), true);
  bytes.set(json, 8);
  const path = join(folder, "handmade.safetensors");
  Deno.writeFileSync(path, bytes);
  return path;
}

const f32 = (begin: number, end: number, shape = [(end - begin) / 4]) => ({
  dtype: "F32",
  shape,
  data_offsets: [begin, end],
});

Deno.test("reads every dtype of a file written by Python, as stored and as float32", () => {
  const file = openSafetensors(fixture("dtypes.safetensors"));
  const expected = expectedTensors("dtypes.safetensors");
  assert.deepEqual(file.names().sort(), Object.keys(expected).sort());
  assert.deepEqual(file.metadata, { format: "pt" });
  for (const [name, tensor] of Object.entries(expected)) {
    const { dtype, shape } = file.info(name);
    assert.deepEqual(shape, tensor.shape, name);
    assert.equal(torchNames[dtype], tensor.dtype, name);
    assert.equal(hexOf(file.read(name, dtype)), tensor.stored, name);
    const values = file.read(name);
    assert.ok(values instanceof Float32Array, name);
    assertSameFloats(values, new Float32Array(fromHex(tensor.float32).buffer), name);
    const place = file.place(name);
    assert.equal(place !== null, dtype === "F32" || dtype === "BF16", name);
    if (place !== null) assert.equal(hexAt(place, tensor.stored.length / 2), tensor.stored, name);
  }
  file.close();
});

/** Bit by bit, signed zeros included, but any NaN for any NaN. */
function assertSameFloats(actual: Float32Array, expected: Float32Array, what: string) {
  assert.equal(actual.length, expected.length, what);
  for (let i = 0; i < expected.length; i++) assert.ok(Object.is(actual[i], expected[i]), `${what} at ${i}`);
}

Deno.test("converts every float16 and bfloat16 exactly", () => {
  const patterns = Uint16Array.from({ length: 65536 }, (_, i) => i);
  const halves = toFloat32("F16", patterns);
  const brains = toFloat32("BF16", patterns);
  for (let i = 0; i < 65536; i++) {
    const sign = i & 0x8000 ? -1 : 1;
    const half = (i >> 10) & 31;
    const fraction = i & 1023;
    const expected = half === 31
      ? (fraction ? NaN : sign * Infinity)
      : half === 0
      ? sign * fraction * 2 ** -24
      : sign * (1024 + fraction) * 2 ** (half - 25);
    assert.ok(Object.is(halves[i], expected), `float16 ${i.toString(16)}`);
    const brain = (i >> 7) & 255;
    const rest = i & 127;
    const wide = brain === 255
      ? (rest ? NaN : sign * Infinity)
      : brain === 0
      ? sign * rest * 2 ** -133
      : sign * (128 + rest) * 2 ** (brain - 134);
    assert.ok(Object.is(brains[i], wide), `bfloat16 ${i.toString(16)}`);
  }
});

Deno.test("rounds float32 to bfloat16, float16 and float64 as torch does", () => {
  const values = new Float32Array(fromHex(expectedRounding.float32).buffer);
  for (const [dtype, name] of [["BF16", "bfloat16"], ["F16", "float16"]] as const) {
    const actual = fromFloat32(dtype, values);
    const expected = new Uint16Array(fromHex(expectedRounding[name]).buffer);
    for (const [i, value] of values.entries()) {
      if (Number.isNaN(value)) {
        assert.ok(Number.isNaN(toFloat32(dtype, actual.slice(i, i + 1))[0]), `${dtype} NaN at ${i}`);
      } else assert.equal(actual[i], expected[i], `${value} as ${dtype}`);
    }
  }
  const doubles = new Float64Array(fromHex(expectedRounding.float64).buffer);
  assert.deepEqual(fromFloat32("F64", values), doubles);
});

Deno.test("float32 is read into an array of its own, without conversion", () => {
  const file = openSafetensors(fixture("dtypes.safetensors"));
  const values = file.read("3d");
  assert.equal(values.buffer.byteLength, values.byteLength);
  assert.notEqual(file.read("3d").buffer, values.buffer);
  file.close();
  const array = new Float32Array(3);
  assert.equal(toFloat32("F32", array), array);
});

Deno.test("writes the bytes that Python's safetensors writes, whatever the order given", async () => {
  await withFolder(async (folder) => {
    const source = openSafetensors(fixture("dtypes.safetensors"));
    const tensors = source.names().map((name): TensorToWrite => {
      const { dtype, shape } = source.info(name);
      return { name, dtype, shape, data: () => source.read(name, dtype) };
    });
    const path = join(folder, "written.safetensors");
    await writeSafetensors(path, tensors.reverse());
    assert.equal(hexOf(Deno.readFileSync(path)), hexOf(Deno.readFileSync(fixture("dtypes.safetensors"))));
    source.close();
  });
});

Deno.test("writes float32 values in a narrower dtype, asynchronous values, subarrays and names like numbers", async () => {
  await withFolder(async (folder) => {
    const path = join(folder, "model.safetensors");
    const long = new Float32Array([9, 1, -2.5, 9]);
    await writeSafetensors(path, [
      { name: "1", dtype: "BF16", shape: [2], data: long.subarray(1, 3) },
      { name: "0", dtype: "F32", shape: [2, 1], data: () => Promise.resolve(long.subarray(1, 3)) },
      { name: "b", dtype: "F64", shape: [], data: new Float32Array([0.1]) },
      { name: "__proto__", dtype: "F16", shape: [2], data: long.subarray(1, 3) },
    ], { metadata: { format: "pt", note: "한글" } });
    const file = openSafetensors(path);
    assert.deepEqual(file.metadata, { format: "pt", note: "한글" });
    for (const name of ["0", "1", "__proto__"]) assert.deepEqual([...file.read(name)], [1, -2.5], name);
    assert.deepEqual(file.read("b", "F64"), new Float64Array([Math.fround(0.1)]));
    for (const name of file.names()) {
      const { begin, dtype } = file.info(name);
      assert.equal(begin % (dtype === "F64" ? 8 : 4), 0, `${name} is aligned`);
    }
    file.close();
  });
});

Deno.test("a failed write leaves the old file and no other", async () => {
  await withFolder(async (folder) => {
    const path = join(folder, "model.safetensors");
    const one: TensorToWrite = { name: "a", dtype: "F32", shape: [2], data: new Float32Array([1, 2]) };
    await writeSafetensors(path, [one]);
    const before = Deno.readFileSync(path);
    const attempts: [TensorToWrite[], RegExp][] = [
      [
        [one, { ...one, name: "b", data: () => Promise.reject(new Error("the power went")) }],
        /the power went/,
      ],
      [[one, one], /model\.safetensors: the name "a" is given to two tensors/],
      [[{ ...one, name: "__metadata__" }], /"__metadata__" is reserved/],
      [[{ ...one, shape: [3] }], /tensor "a" has 2 values, but its shape \[3\] has 3/],
      [[{ ...one, dtype: "I64" }], /tensor "a" is given as Float32Array, which cannot be stored as I64/],
      [
        [{ ...one, data: new Int32Array(2) }],
        /tensor "a" is given as Int32Array, which cannot be stored as F32/,
      ],
    ];
    for (const [tensors, message] of attempts) {
      assert.match(await messageOf(() => writeSafetensors(path, tensors)), message);
    }
    assert.deepEqual(Deno.readFileSync(path), before);
    assert.deepEqual([...Deno.readDirSync(folder)].map(({ name }) => name), ["model.safetensors"]);
    assert.match(
      await messageOf(() => writeSafetensors(join(folder, "no/x.safetensors"), [one])),
      /Cannot write .*x\.safetensors/,
    );
  });
});

Deno.test("reads the shards that Python's index names", async () => {
  const index = fixture("model.safetensors.index.json");
  const file = openSafetensors(index);
  for (const [name, tensor] of Object.entries(expectedTensors("model.safetensors.index.json"))) {
    assert.deepEqual(file.info(name).shape, tensor.shape);
    assert.equal(hexOf(file.read(name)), tensor.float32);
  }
  assert.equal(basename(file.info("b.weight").path), "model-00002-of-00002.safetensors");
  assert.deepEqual(file.metadata, { format: "pt" });
  file.close();
  assert.match(await messageOf(() => file.read("a.bias")), /has been closed/);
});

Deno.test("errors about an index name it and what is missing", async () => {
  await withFolder(async (folder) => {
    const index = join(folder, "model.safetensors.index.json");
    const first = "model-00001-of-00002.safetensors";
    Deno.copyFileSync(fixture(first), join(folder, first));
    const cases: [string, RegExp][] = [
      ["{", /index\.json cannot be read as JSON/],
      ["{}", /no "weight_map"/],
      [`{"weight_map":{"a":1}}`, /no "weight_map"/],
      [`{"weight_map":{"a":"../secret.safetensors"}}`, /not a file beside it/],
      [`{"weight_map":{"a":".."}}`, /not a file beside it/],
      [
        `{"weight_map":{"a":"x.safetensors","b":"y.safetensors"}}`,
        /not there: .*x\.safetensors, .*y\.safetensors/,
      ],
      [`{"weight_map":{"nowhere":"${first}"}}`, /holds "nowhere", but it does not/],
    ];
    for (const [text, message] of cases) {
      Deno.writeTextFileSync(index, text);
      assert.match(await messageOf(() => openSafetensors(index)), message);
    }
  });
});

Deno.test("a folder is written in one file or in shards with an index, and an earlier save's files go", async () => {
  await withFolder(async (folder) => {
    const tensors = ["a", "b", "c"].map((name, i): TensorToWrite => ({
      name,
      dtype: "F32",
      shape: [10],
      data: new Float32Array(10).fill(i),
    }));
    const inFolder = () => [...Deno.readDirSync(folder)].map(({ name }) => name).sort();
    Deno.writeTextFileSync(join(folder, "model-card.safetensors"), "someone else's");

    await writeSafetensorsFolder(folder, tensors);
    assert.deepEqual(inFolder(), ["model-card.safetensors", "model.safetensors"]);

    const written = await writeSafetensorsFolder(folder, tensors, { maxShardBytes: 80 });
    const shards = [
      "model-00001-of-00002.safetensors",
      "model-00002-of-00002.safetensors",
      "model.safetensors.index.json",
    ];
    assert.deepEqual(inFolder(), ["model-card.safetensors", ...shards].sort());
    assert.deepEqual(written.map((path) => basename(path)), shards);
    const index = JSON.parse(Deno.readTextFileSync(join(folder, shards[2]!)));
    assert.deepEqual(index, {
      metadata: { total_size: 120 },
      weight_map: { a: shards[0], b: shards[0], c: shards[1] },
    });
    const file = openSafetensors(join(folder, shards[2]!));
    assert.deepEqual(file.names().map((name) => file.read(name)[9]), [0, 1, 2]);
    file.close();

    await writeSafetensorsFolder(folder, tensors, { maxShardBytes: 1 });
    assert.equal(inFolder().length, 5);
    const failing = writeSafetensorsFolder(folder, [...tensors, tensors[0]!], { maxShardBytes: 80 });
    assert.match(await messageOf(() => failing), /Two tensors to write are named "a"/);
    assert.equal(inFolder().length, 5);

    await writeSafetensorsFolder(folder, tensors, { maxShardBytes: 120 });
    assert.deepEqual(inFolder(), ["model-card.safetensors", "model.safetensors"]);
  });
});

Deno.test("an empty model is a file too", async () => {
  await withFolder(async (folder) => {
    const [path] = await writeSafetensorsFolder(folder, []);
    const file = openSafetensors(path!);
    assert.deepEqual(file.names(), []);
    file.close();
  });
});

Deno.test("a broken header is an error that names the file and the fault", async () => {
  const big = 2n ** 40n;
  const cases: [header: unknown, dataBytes: number, message: RegExp, headerLength?: bigint][] = [
    [{ a: f32(0, 8) }, 7, /tensor "a" should end at byte \d+ and the file ends after \d+: it is truncated/],
    [{ a: f32(0, 8), b: f32(4, 12) }, 12, /tensor "b" overlaps tensor "a"/],
    [{ a: f32(0, 8), b: f32(12, 20) }, 20, /4 bytes between tensor "a" and tensor "b" belong to no tensor/],
    [{ a: f32(4, 8) }, 8, /4 bytes between the header and tensor "a"/],
    [{ a: f32(0, 8) }, 9, /1 bytes after tensor "a" belong to no tensor/],
    [{ a: f32(0, 8, [3]) }, 8, /"a", F32 \[3\], needs 12 bytes, but its data_offsets span 8/],
    [{ a: f32(8, 0, [2]) }, 8, /"a" has the data_offsets \[8,0\]/],
    [{ a: { ...f32(0, 8), data_offsets: [0] } }, 8, /"a" has the data_offsets \[0\]/],
    [{ a: f32(0, 8, [-2]) }, 8, /"a" has the shape \[-2\]/],
    [{ a: f32(0, 8, [1.5]) }, 8, /"a" has the shape \[1\.5\]/],
    [{ a: { ...f32(0, 8), shape: undefined } }, 8, /"a" has the shape undefined/],
    [{ a: f32(0, 8, [2 ** 30, 2 ** 30]) }, 8, /"a", F32 \[1073741824,1073741824\], needs/],
    [{ a: { ...f32(0, 8), dtype: "F8_E4M3" } }, 8, /"a" has the dtype "F8_E4M3".*Known are .*BF16/],
    [{ a: { ...f32(0, 8), dtype: "toString" } }, 8, /"a" has the dtype "toString"/],
    [{ a: 5 }, 0, /tensor "a" is not described by an object/],
    [`{"a":${JSON.stringify(f32(0, 4))}, "a" :${JSON.stringify(f32(4, 8))}}`, 8, /"a" occurs twice/],
    [`{"a":{"dtype":"F32","dtype":"F32","shape":[1],"data_offsets":[0,4]}}`, 4, /"dtype" occurs twice/],
    [{ __metadata__: { format: 1 } }, 0, /metadata "format" is not a string/],
    [{ __metadata__: "pt" }, 0, /__metadata__ is not an object/],
    ["[]", 0, /not a JSON object/],
    ["{", 0, /its header is not JSON/],
    ["\ufeff{}", 0, /its header is not JSON/],
    ["{}", 0, /header would be 1099511627776 bytes long, above the limit/, big],
    ["{}", 0, /header should be 1000 bytes long and the file ends after 10: it is truncated/, 1000n],
  ];
  await withFolder(async (folder) => {
    for (const [header, dataBytes, message, headerLength] of cases) {
      const path = handmade(folder, header, dataBytes, headerLength);
      const text = await messageOf(() => openSafetensors(path).close());
      assert.match(text, message, JSON.stringify(header));
      assert.match(text, /handmade\.safetensors is not a valid safetensors file/);
      assert.match(text, /Download or copy it again|convert the checkpoint/);
    }
    const path = handmade(folder, { a: f32(0, 4), 'b"}{': f32(4, 8), c: f32(8, 8) }, 8);
    const file = openSafetensors(path);
    assert.equal(file.read('b"}{').length, 1);
    assert.equal(file.read("c").length, 0);
    assert.match(await messageOf(() => file.read("d")), /handmade\.safetensors holds no tensor named "d"/);
    assert.match(await messageOf(() => file.read("a", "I64" as Dtype)), /a in .* is F32: .* not as I64/);
    Deno.truncateSync(path, file.info('b"}{').begin + 2);
    assert.match(
      await messageOf(() => file.read('b"}{')),
      /handmade\.safetensors ends after \d+ bytes, where \d+ are/,
    );
    Deno.truncateSync(path, 20);
    assert.match(
      await messageOf(() => file.read('b"}{')),
      /handmade\.safetensors ends after 20 bytes.*truncated/,
    );
    file.close();
    file.close();
  });
});

Deno.test("a file of another kind is recognised", async () => {
  await withFolder(async (folder) => {
    const path = join(folder, "model.safetensors");
    assert.match(await messageOf(() => openSafetensors(path)), /Cannot open .*model\.safetensors/);
    assert.match(await messageOf(() => openSafetensors(folder)), /it is a folder/);
    const cases: [string, RegExp][] = [
      ["", /it has 0 bytes/],
      ["version https://git-lfs.github.com/spec/v1\noid sha256:00\n", /Git LFS pointer.*git lfs pull/],
      ["<!DOCTYPE html><title>404</title>", /web page/],
      ["PK\x03\x04 and so on and so on", /zip archive/],
    ];
    for (const [text, message] of cases) {
      Deno.writeFileSync(path, bytesOf(new TextEncoder().encode(text)));
      assert.match(await messageOf(() => openSafetensors(path)), message);
    }
  });
});
