import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { readSongs, songRows } from "../lib/songs/mod.ts";

const folder = dirname(fileURLToPath(import.meta.url));
const shared = join(folder, "..", "..", "shared"), corpus = join(shared, "corpus");

/** Letters and digits alone, as texts are compared. */
const bare = (text: string) => text.normalize("NFC").toLowerCase().replace(/[^\p{L}\p{N}]/gu, "");

Deno.test({
  name: "what kobert-small read holds no line of a bundled song and no text of NSMC's test sample",
  ignore: !existsSync(corpus),
  async fn() {
    const songs = songRows(await readSongs(join(folder, "songs.csv")));
    const forbidden = new Set(
      songs.flatMap(({ lyrics }) => lyrics.split(/\n|\\n|<br>/)).map(bare).filter(({ length }) =>
        length >= 12
      ),
    );
    const reviews = Deno.readTextFileSync(join(shared, "nsmc", "nsmc_test.tsv")).split("\n").slice(1)
      .map((line) => bare(line.split("\t")[1] ?? "")).filter(({ length }) => length >= 12);
    assert.ok(forbidden.size > 10_000 && reviews.length > 3000);
    for (const review of reviews) forbidden.add(review);
    for (const { name } of Deno.readDirSync(corpus)) {
      if (!name.endsWith(".txt")) continue;
      const found = Deno.readTextFileSync(join(corpus, name)).split("\n").find((line) =>
        forbidden.has(bare(line))
      );
      assert.equal(found, undefined, name);
    }
  },
});
