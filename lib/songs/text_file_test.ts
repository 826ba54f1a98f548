import assert from "node:assert/strict";
import { join } from "node:path";
import { SongsError } from "./errors.ts";
import { openText, readText } from "./text_file.ts";

async function withFile(data: Uint8Array, test: (file: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    const file = join(folder, "글 1#.txt");
    await Deno.writeFile(file, data);
    await test(file);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const gathered = async (parts: AsyncGenerator<string>): Promise<string[]> => {
  const all = [];
  for await (const part of parts) all.push(part);
  return all;
};

Deno.test("openText gives the text that readText gives, in pieces, each time from its beginning", async () => {
  const text = "가나다라마바사 🎵\n".repeat(40_000);
  await withFile(new TextEncoder().encode("\ufeff" + text), async (file) => {
    const opened = await openText(file);
    const first = await gathered(opened.parts());
    assert(first.length > 2);
    assert(first.join("") === text);
    assert((await gathered(opened.parts())).join("") === text);
    assert(await readText(file) === text);
  });
});

Deno.test("CP949 is read with a note, even where its first Korean letter stands at the end", async () => {
  const ascii = new TextEncoder().encode("la la la\n".repeat(100_000));
  await withFile(new Uint8Array([...ascii, 0xb0, 0xa1]), async (file) => {
    const notes: string[] = [], onNote = (note: string) => notes.push(note);
    const opened = await openText(file, { onNote });
    assert.equal(opened.encoding, "CP949");
    assert((await gathered(opened.parts())).join("").endsWith("la\n가"));
    assert((await readText(file, { onNote })).endsWith("la\n가"));
    assert.deepEqual(notes, Array(2).fill(`${file}: read as CP949, for it is not UTF-8.`));
  });
});

Deno.test("what cannot be read says why, before a piece is given", async () => {
  await withFile(new Uint8Array([0x61, 0x0a, 0xff, 0xff]), async (file) => {
    for (const read of [openText, readText]) {
      await assert.rejects(() => read(file), (error) => {
        assert(error instanceof SongsError);
        assert.match(error.message, /line 2: neither UTF-8 .*\. Save the file as text in UTF-8/);
        return true;
      });
      await assert.rejects(() => read(join(file, "..")), /this is a folder, not a file/);
      await assert.rejects(() => read(`${file}.none`), /there is no such file/);
    }
  });
});
