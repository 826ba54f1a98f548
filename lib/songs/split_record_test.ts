import assert from "node:assert/strict";
import { join } from "node:path";
import { UserError } from "../ground/mod.ts";
import { type Song, songOf, songsFrame } from "./frame.ts";
import { readSplitRecord, recordSplit, seenSongs, splitFileName, splitText } from "./split_record.ts";
import { withFolder } from "../ground/testing/folder.ts";

const song = (id: string, lyrics: string): Song =>
  songOf({
    id,
    songName: `노래 ${id}`,
    genres: ["댄스"],
    lyrics,
  });

const split = {
  train: songsFrame([song("1", "하나"), song("2", "둘"), song("3", "둘")]),
  validation: songsFrame([song("4", "셋")]),
  test: songsFrame([song("5", "넷")]),
};

Deno.test("a split knows its songs by what they hold, under any id and in any spelling", () => {
  const record = recordSplit(split);
  assert.deepEqual([record.train.length, record.validation.length, record.test.length], [2, 1, 1]);
  // the same numbers for other songs, the same songs under other numbers
  const table = [
    song("1", "다섯"),
    song("9", " 하나<br>"),
    song("8", "\u2068셋\u2069"),
    song("7", "넷"),
    song("5", "여섯"),
  ];
  const { seen, test, other } = seenSongs(table, record);
  assert.deepEqual([seen, test, other].map((songs) => songs.map(({ id }) => id)), [["9", "8"], ["7"], [
    "1",
    "5",
  ]]);
  // no lyrics can be read from it
  assert(!/하나|둘|셋|넷/.test(splitText(record)));
});

Deno.test("a split is found in the model's folder, or above it; none, or an older one, is none", async () => {
  await withFolder(async (folder) => {
    const best = join(folder, "best"), record = recordSplit(split);
    await Deno.mkdir(best);
    assert.equal(await readSplitRecord(best), null);
    assert.equal(await readSplitRecord("skt/kobert-base-v1"), null);
    await Deno.writeTextFile(join(folder, splitFileName), splitText(record));
    assert.deepEqual(await readSplitRecord(best), record);
    const inside = recordSplit({ train: split.test, validation: split.validation });
    await Deno.writeTextFile(join(best, splitFileName), splitText(inside));
    assert.deepEqual(await readSplitRecord(best), inside);
    assert.deepEqual(inside.test, []);
    await Deno.writeTextFile(
      join(best, splitFileName),
      JSON.stringify({ seed: 7, train: ["1"], validation: [], test: ["2"] }),
    );
    assert.equal(await readSplitRecord(best), null);
    for (
      const [broken, message] of [["{", /is not valid JSON/], [
        '{"version":2}',
        /lacks the list train/,
      ]] as const
    ) {
      await Deno.writeTextFile(join(best, splitFileName), broken);
      await assert.rejects(
        readSplitRecord(best),
        (error) => error instanceof UserError && message.test(error.message),
      );
    }
  });
});
