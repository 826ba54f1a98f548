import assert from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { UserError } from "../ground/mod.ts";
import { loadTokenizer, type Tokenizer } from "../tokenizer/mod.ts";
import type { Examples } from "./examples.ts";
import { type CacheOptions, cacheTexts, type TextSource } from "./text_cache.ts";
import { textFiles, textSource } from "./text_files.ts";
import { withFolder } from "../ground/testing/folder.ts";

const tokenizer = await loadTokenizer(fileURLToPath(new URL("../../data/tokenizer", import.meta.url)));
const { clsId, sepId } = tokenizer;
const options: CacheOptions = {
  layout: { start: [clsId], end: [sepId], maxLength: 32 },
  validationShare: 0.1,
  partTokens: 500,
  seed: 7,
};
const words = ["눈물이", "흐르는", "이별의", "밤에", "신나게", "춤을", "추자", "고향", "어머니", "가락"];
const texts = (count: number, from = 0) =>
  Array.from(
    { length: count },
    (_, i) => `${words[(from + i) % 10]} ${words[(3 * i + from) % 10]} ${from + i}`,
  );
const free = (name: string, list: string[], times = 1): TextSource => textSource(name, list, { times });
const rowsOf = (examples: Examples) =>
  Array.from({ length: examples.length }, (_, i) => {
    const { inputIds } = examples.at(i);
    assert.equal(inputIds.length, examples.lengths[i]);
    return [...inputIds];
  });
/** The texts in rows, in any order. */
const textsIn = (examples: Examples) =>
  rowsOf(examples).flatMap((row) => {
    const parts: number[][] = [];
    for (const id of row) {
      if (id === clsId) parts.push([]);
      else if (id !== sepId) parts.at(-1)!.push(id);
    }
    return parts.map((ids) => tokenizer.decode(ids));
  }).sort();

Deno.test("cacheTexts: every text is in a row of its side, once a pass; equal texts are on one side", async () => {
  await withFolder(async (folder) => {
    const list = [...texts(300), ...texts(300)];
    const cache = await cacheTexts(
      folder,
      [free("a", list), free("b", texts(20, 1000), 3)],
      tokenizer,
      options,
    );
    const [a, b] = cache.sources;
    assert.equal(a!.texts + a!.validationTexts, 600);
    assert.ok(a!.validationTexts > 20 && a!.validationTexts < 120 && a!.validationTexts % 2 === 0);
    const validation = textsIn(cache.validation), train = textsIn(cache.train);
    assert.ok(validation.every((text) => !train.includes(text)));
    const own = b!.texts;
    assert.equal(train.length, a!.texts + 3 * own);
    assert.equal(cache.train.length, a!.rows + 3 * b!.rows);
    assert.deepEqual(
      [...new Set([...train, ...validation])].sort(),
      [...texts(300), ...texts(20, 1000)].sort(),
    );
    cache.close();
    // found again: the same rows, no text is read
    const silent = [free("a", list), free("b", texts(20, 1000), 3)].map((source) => ({
      ...source,
      texts: () => assert.fail("the cache is there"),
    }));
    const again = await cacheTexts(folder, silent, tokenizer, options);
    assert.deepEqual(textsIn(again.train), train);
    assert.equal(again.train.fingerprint, cache.train.fingerprint);
    again.close();
  });
});

Deno.test("cacheTexts: cut off at any text, the next call goes on, and the rows are those of a run left alone", async () => {
  const list = texts(900), other = texts(200, 5000);
  const rows = async (folder: string, ends: number[]) => {
    for (const end of ends) {
      let read = 0;
      const ending = (source: TextSource): TextSource => ({
        ...source,
        *texts() {
          for (const text of source.texts() as Iterable<string>) {
            if (read++ === end) throw new Error("cut off");
            yield text;
          }
        },
      });
      await assert.rejects(
        cacheTexts(folder, [free("a", list), free("b", other)].map(ending), tokenizer, options),
        /cut off/,
      );
    }
    const cache = await cacheTexts(folder, [free("a", list), free("b", other)], tokenizer, options);
    const found = { train: rowsOf(cache.train), validation: rowsOf(cache.validation), of: cache.sources };
    cache.close();
    return found;
  };
  await withFolder(async (alone) => {
    const expected = await rows(alone, []);
    await withFolder(async (cut) => assert.deepEqual(await rows(cut, [0, 10, 420, 1000]), expected));
  });
});

Deno.test("cacheTexts: half a part, as a kill leaves it, is made again; other texts make another cache", async () => {
  await withFolder(async (folder) => {
    const make = async (list: string[], change: Partial<CacheOptions> = {}) => {
      const cache = await cacheTexts(folder, [free("a", list)], tokenizer, { ...options, ...change });
      const found = { train: rowsOf(cache.train), fingerprint: cache.train.fingerprint };
      cache.close();
      return found;
    };
    const whole = await make(texts(900));
    for (const { name } of [...Deno.readDirSync(folder)]) {
      if (/^0000[2-9]/.test(name) && name.endsWith(".json")) await Deno.remove(join(folder, name));
    }
    await Deno.writeTextFile(join(folder, "00002.ids"), "half");
    assert.deepEqual(await make(texts(900)), whole);
    await assert.rejects(make(texts(901), { keepOthers: true }), /has another run: it reads other texts/);
    assert.deepEqual(await make(texts(900), { keepOthers: true }), whole);
    assert.notEqual((await make(texts(901))).fingerprint, whole.fingerprint);
    const longer = await make(texts(900), { layout: { ...options.layout, maxLength: 40 } });
    assert.ok(longer.train.some(({ length }) => length > 32));
  });
});

Deno.test("cacheTexts: a stop asked for ends it, and says so", async () => {
  await withFolder(async (folder) => {
    const stop = new AbortController();
    stop.abort();
    const slow: TextSource = {
      ...free("a", texts(5000)),
      async *texts() {
        for (const text of texts(5000)) {
          if (text.endsWith("0")) await new Promise((resolve) => setTimeout(resolve, 2));
          yield text;
        }
      },
    };
    await assert.rejects(
      cacheTexts(folder, [slow], tokenizer, { ...options, signal: stop.signal }),
      { name: "AbortError" },
    );
  });
});

Deno.test("cacheTexts: lines that follow one another are read together", async () => {
  await withFolder(async (folder) => {
    const lines = texts(40),
      source: TextSource = { ...textSource("poems", lines, { side: "train" }), running: true };
    const cache = await cacheTexts(folder, [source], tokenizer, options);
    const rows = rowsOf(cache.train);
    assert.ok(rows.length < 20 && rows.some((row) => row.length > 25), `${rows.map(({ length }) => length)}`);
    const read = rows.flatMap((row) => row.filter((id) => id !== clsId && id !== sepId));
    const ids = lines.flatMap((line) => tokenizer.encode(line, { addSpecialTokens: false }).ids);
    assert.deepEqual(read.toSorted((a, b) => a - b), ids.toSorted((a, b) => a - b));
    cache.close();
  });
});

Deno.test("cacheTexts: ids above 65,535 keep their value", async () => {
  await withFolder(async (folder) => {
    const wide: Tokenizer = Object.create(tokenizer, {
      vocabSize: { value: 70_000 },
      encode: { value: () => ({ ...tokenizer.encode(""), ids: [69_999, 12] }) },
    });
    const cache = await cacheTexts(folder, [textSource("a", ["노래"], { side: "train" })], wide, options);
    assert.deepEqual(rowsOf(cache.train), [[clsId, 69_999, 12, sepId]]);
    cache.close();
  });
});

Deno.test("textFiles: a text a line, or paragraphs where empty lines part them; CP949 with a note; a folder's files", async () => {
  await withFolder(async (folder) => {
    const path = (name: string) => join(folder, name);
    await Deno.writeTextFile(path("b.txt"), "\ufeff첫 줄\r\n둘째 줄\r\n\r\n셋째\n \n\n넷째\n");
    await Deno.writeTextFile(path("a.txt"), "첫 줄\n둘째 줄\n\n");
    await Deno.writeTextFile(path("c.md"), "no text file");
    // 노래 in CP949
    await Deno.writeFile(path("k.txt"), Uint8Array.of(0xb3, 0xeb, 0xb7, 0xa1, 0x0a));
    const notes: string[] = [];
    const sources = await textFiles(folder, { times: 2, onNote: (note) => notes.push(note) });
    assert.deepEqual(
      sources.map(({ name, times }) => [name, times]),
      ["a.txt", "b.txt", "k.txt"].map((n) => [path(n), 2]),
    );
    const all = await Promise.all(sources.map((source) => Array.fromAsync(source.texts())));
    assert.deepEqual(all, [["첫 줄", "둘째 줄"], ["첫 줄\n둘째 줄", "셋째", "넷째"], ["노래"]]);
    assert.match(notes.join(), /k\.txt.*CP949/);
    await Deno.writeTextFile(path("empty.txt"), " \n");
    await assert.rejects(textFiles(path("empty.txt")), UserError);
    await assert.rejects(textFiles(path("none.txt")), /none\.txt is not there/);
    await Deno.mkdir(path("folder"));
    await assert.rejects(textFiles(path("folder")), /no \.txt file/);
  });
});

Deno.test("cacheTexts: of a source that only validates the tokens and the unknown ones are counted among its own", () =>
  withFolder(async (folder) => {
    const sources = (["train", "validation"] as const).map((side) =>
      textSource(side, [...texts(50), "별 𒀀 별"], { side })
    );
    const cache = await cacheTexts(folder, sources, tokenizer, options);
    const [train, validation] = cache.sources;
    cache.close();
    assert.ok(train!.unknown > 0 && train!.unknown < 0.05 * train!.tokens);
    const { texts: _, validationTexts: __, name: ___, ...counts } = train!;
    assert.deepEqual(validation, { name: "validation", texts: 0, validationTexts: 51, ...counts });
  }));
