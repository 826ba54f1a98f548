import assert from "node:assert/strict";
import { join } from "node:path";
import { openFileBytes } from "./file_bytes.ts";
import { cursorOver, type PickleRules, readPickle } from "./pickle.ts";
import { expectedPickles, fromHex, messageOf } from "../testing/files.ts";
import { withFolder } from "../../ground/testing/folder.ts";

/** Reads a pickle of plain data out of the middle of a file. */
async function unpickled(pickle: Uint8Array, rules: Partial<PickleRules> = {}): Promise<unknown> {
  let value: unknown;
  await withFolder((folder) => {
    const path = join(folder, "pickle");
    Deno.writeFileSync(path, Uint8Array.from([1, 2, 3, ...pickle, 4, 5]));
    const file = openFileBytes(path);
    try {
      const cursor = cursorOver(file, 3, 3 + pickle.length);
      value = readPickle(cursor, {
        resolve(name) {
          if (name === "collections.OrderedDict") {
            return {
              name,
              call: ([pairs]) => new Map((pairs ?? []) as [unknown, unknown][]),
            };
          }
          if (name === "_codecs.encode") {
            return {
              name,
              call: ([text]) => new TextEncoder().encode(text as string),
            };
          }
          if (/^(__builtin__|builtins)\.set$/.test(name)) {
            return {
              name,
              call: ([items]) => new Set(items as unknown[]),
            };
          }
          if (/^(__builtin__|builtins)\.bytes$/.test(name)) return { name, call: () => new Uint8Array() };
          throw new Error(`refused ${name}`);
        },
        persistent: (id) => ({ id }),
        ...rules,
      });
      assert.equal(cursor.position(), 3 + pickle.length, "the cursor stands behind the pickle");
    } finally {
      file.close();
    }
  });
  return value;
}

const opcodes = (...parts: (number | string)[]) =>
  Uint8Array.from(
    parts.flatMap((part) =>
      typeof part === "number" ? [part] : Array.from(part, (letter) => letter.charCodeAt(0))
    ),
  );

for (const [protocol, hex] of Object.entries(expectedPickles)) {
  Deno.test(`reads plain data pickled by protocol ${protocol}`, async () => {
    const data = await unpickled(fromHex(hex)) as Map<string, unknown[]>;
    const expected: Record<string, unknown> = {
      integers: [
        ...[0, 255, 256, 65535, 65536, -1, -128, 2 ** 31 - 1, -(2 ** 31), 2 ** 31, -(2 ** 40), 2 ** 53 - 1],
        ...[2n ** 53n, -(2n ** 70n), 2n ** 2000n],
      ],
      floats: [0.5, -1e300],
      others: [null, true, false, [], [1], [1, 2], [1, 2, 3], [1, 2, 3, 4]],
      texts: ["", "한글", "a".repeat(300), "\ufeffmark"],
      sets: [new Set(), new Set(["a"]), new Map([["a", new Map()]])],
      ordered: new Map<string, unknown>([["z", 1], ["a", new Map()]]),
      shared: [["shared"], ["shared"]],
      many: Array.from({ length: 1500 }, (_, i) => i),
    };
    for (const [key, value] of Object.entries(expected)) assert.deepEqual(data.get(key), value, key);
    assert.equal(data.get("shared")![0], data.get("shared")![1]);
    const bytes = data.get("bytes") as Uint8Array[];
    assert.deepEqual(bytes.map(({ length }) => length), protocol === "2" ? [0, 3, 300] : [0, 2, 300]);
  });
}

Deno.test("reads Python 2's strings, ids of objects outside, and instructions that Python's pickler seldom writes", async () => {
  assert.deepEqual(await unpickled(opcodes(0x80, 2, "U\x02hiT\x03\0\0\0you\x86.")), ["hi", "you"]);
  assert.deepEqual(await unpickled(opcodes(0x80, 2, "K\x07Q.")), { id: 7 });
  assert.deepEqual(await unpickled(opcodes("K\x01K\x05(K\x0210.")), 1);
  assert.deepEqual(await unpickled(opcodes("(K\x01K\x022t.")), [1, 2, 2]);
  assert.deepEqual(await unpickled(opcodes("(K\x01", 0x91, ".")), new Set([1]));
});

Deno.test("a pickle that is broken, cut or does more than hold data is refused", async () => {
  const cases: [Uint8Array, RegExp][] = [
    [opcodes("cos\nsystem\n."), /refused os\.system/],
    [opcodes("\x8c\x02os\x8c\x06system", 0x93, "."), /refused os\.system/],
    [opcodes("N)R."), /calls what is not a function/],
    [opcodes("ccollections\nOrderedDict\nNR."), /calls collections\.OrderedDict/],
    [
      opcodes("ccollections\nOrderedDict\n)", 0x81, "."),
      /instruction 0x81 before byte \d+, which tensors and plain data do not need/,
    ],
    [opcodes("]}b."), /sets attributes of an object that is not a dictionary/],
    [opcodes("N", "N", "e."), /a mark is missing/],
    [opcodes("(N."), /a mark was never used/],
    [opcodes("."), /stack ran empty/],
    [opcodes("q\x00."), /stack ran empty/],
    [opcodes("h\x05."), /recalls item 5, which was never stored/],
    [opcodes("}Na."), /appended to what is not a list/],
    [opcodes("]NNs."), /set in what is not a dictionary/],
    [opcodes("}(Nu."), /set in what is not a dictionary/],
    [opcodes("](N", 0x90, "."), /added to what is not a set/],
    [opcodes(0x80, 1, "N."), /protocol is 1; known are 2 to 5/],
    [opcodes(0x80, 6, "N."), /protocol is 6; known are 2 to 5/],
    [opcodes(0x8b, 0xd0, 7, 0, 0, "1".repeat(2000), "."), /integer of 2000 bytes/],
    [opcodes("N"), /breaks off at byte 4: it is truncated or corrupt/],
    [opcodes("X\xff\xff\xff\x0fabc"), /breaks off/],
    [opcodes("cos"), /breaks off/],
  ];
  for (const [pickle, message] of cases) {
    assert.match(await messageOf(() => unpickled(pickle)), message, String.fromCharCode(...pickle));
  }
});
