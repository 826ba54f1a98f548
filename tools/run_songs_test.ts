import assert from "node:assert/strict";
import { join } from "node:path";
import { UserError } from "../lib/ground/mod.ts";
import { type Song, songOf, songRows, songsFrame } from "../lib/songs/mod.ts";
import type { Recipe } from "../lib/training/mod.ts";
import { findModel } from "./find_model.ts";
import { checkUsed, readCleanSongs, recipeOf, songsToMeasure, tellSeen, writeSplit } from "./run_songs.ts";

const song = (n: number, genres: string[], lyrics = `가사 ${n}`): Song =>
  songOf({
    id: String(n),
    songName: `노래 ${n}`,
    genres,
    lyrics,
  });

const songs = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, i) => song(from + i, [i % 2 ? "댄스" : "발라드"]));
const labels = ["발라드", "댄스"];
const split = {
  train: songsFrame(songs(0, 8)),
  validation: songsFrame(songs(8, 10)),
  test: songsFrame(songs(10, 12)),
};

/** A folder with a model's split, and what is said meanwhile. */
async function withModel(test: (model: string, said: string[]) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir(), said: string[] = [], log = console.log;
  console.log = (line: string) => said.push(line.split("\n").at(-1)!); // Korean comes first
  try {
    await writeSplit(join(folder, "best"), split);
    await test(join(folder, "best"), said);
  } finally {
    console.log = log;
    await Deno.remove(folder, { recursive: true });
  }
}

const idsOf = (songs: Song[]) => songs.map(({ id }) => id);

Deno.test("songsToMeasure: the model's own test songs, under whatever id and in whatever company they stand", async () => {
  await withModel(async (model, said) => {
    const options = { songs: "my.csv", model, all: false };
    const own = songsFrame(songs(0, 12));
    assert.deepEqual(idsOf(await songsToMeasure(own, labels, options)), ["10", "11"]);
    assert.equal(
      said.at(-1),
      "The 2 test songs of the model's own split; left out: 10 that it was trained or chosen with (--all takes every song)",
    );
    // a song on top, so that all numbers move by one
    const moved = [song(99, ["댄스"]), ...songs(0, 11)].map((song, i) => ({ ...song, id: `line-${i + 2}` }));
    const measured = await songsToMeasure(songsFrame(moved), labels, options);
    assert.deepEqual(measured.map(({ lyrics }) => lyrics), ["가사 10"]);
    assert.match(
      said.at(-1)!,
      /^The one test song of the model's own split \(the table lacks 1 more\); left out: 10 .* and 1 that its split/,
    );
    // other songs under the same numbers
    const others = songs(0, 12).map((song) => ({ ...song, lyrics: `ganz andere ${song.lyrics}` }));
    assert.equal((await songsToMeasure(songsFrame(others), labels, options)).length, 12);
    assert.equal(said.at(-1), "12 songs that the model has not seen in training");
    // the same songs as a web page has them
    const scraped = songs(0, 12).map((song) => ({
      ...song,
      lyrics: `\u2068${song.lyrics.normalize("NFD")}<br>\u2069`,
    }));
    assert.deepEqual(idsOf(await songsToMeasure(songsFrame(scraped), labels, options)), ["10", "11"]);
    assert.equal((await songsToMeasure(own, labels, { ...options, all: true })).length, 12);
    await assert.rejects(
      songsToMeasure(songsFrame(songs(0, 10)), labels, options),
      /trained on all 10 songs.*--all/s,
    );
  });
});

Deno.test("songsToMeasure: a copy of the model's folder knows its split; without one it is said", async () => {
  await withModel(async (model, said) => {
    const elsewhere = await Deno.makeTempDir();
    try {
      const options = { songs: "my.csv", model: elsewhere, all: false };
      assert.equal((await songsToMeasure(songsFrame(songs(0, 12)), labels, options)).length, 12);
      assert.match(
        said.at(-1)!,
        /^All 12 songs of the table\. Nothing beside the model says which songs it was trained on/,
      );
      await Deno.copyFile(join(model, "split.json"), join(elsewhere, "split.json"));
      assert.deepEqual(idsOf(await songsToMeasure(songsFrame(songs(0, 12)), labels, options)), ["10", "11"]);
    } finally {
      await Deno.remove(elsewhere, { recursive: true });
    }
  });
});

Deno.test("songsToMeasure: the genres that the model tells, or of these those asked for; others are named", async () => {
  await withModel(async (model, said) => {
    const options = { songs: "my.csv", model, all: true };
    const table = songsFrame([song(10, ["발라드", "재즈"]), song(11, ["재즈"]), song(12, ["댄스"])]);
    const measured = await songsToMeasure(table, labels, options);
    assert.deepEqual(measured.map(({ id, genres }) => [id, genres]), [["10", ["발라드"]], ["12", ["댄스"]]]);
    assert.equal(
      said[0],
      "my.csv: the model does not tell 재즈; songs that have no other genre are left out.",
    );
    assert.equal(said[1], "my.csv: 3 songs, 2 kept (dropped 1 with none of the genres that are measured)");
    assert.deepEqual(idsOf(await songsToMeasure(table, labels, { ...options, genres: ["댄스"] })), ["12"]);
    const refused = (genres: string[] | undefined, frame: typeof table, message: RegExp) =>
      assert.rejects(
        songsToMeasure(frame, labels, { ...options, ...(genres && { genres }) }),
        (error) => error instanceof UserError && message.test(error.message),
      );
    await refused(
      ["댄즈"],
      table,
      /--genres: the model .* does not tell 댄즈 \(did you mean "댄스"\?\)\. It tells 발라드, 댄스\./,
    );
    await refused(
      undefined,
      songsFrame([song(1, ["Ballad"])]),
      /no song has a genre that the model .* It tells 발라드, 댄스\. The songs' genres: Ballad\./,
    );
    await refused(
      ["발라드"],
      songsFrame([song(1, ["댄스"])]),
      /No song has the genre 발라드\. The songs' genres: 댄스 \(1\)/,
    );
    await refused(undefined, songsFrame([song(1, ["댄스"], "♪")]), /no song is left to measure on/);
  });
});

Deno.test("tellSeen: a model that has seen the test songs in an earlier training", async () => {
  await withModel(async (model, said) => {
    await tellSeen(model, split);
    assert.deepEqual(said, []);
    await tellSeen(model, { ...split, test: split.train });
    assert.match(
      said[0]!,
      /has seen 8 of the 8 test songs in an earlier training: the figures may be too good/,
    );
    await tellSeen("kobert-small", split);
    assert.equal(said.length, 1);
  });
});

Deno.test("readCleanSongs: a table to predict on keeps every row; the same texts whatever they went through", async () => {
  await withModel(async (model, said) => {
    const clean = join(model, "clean.csv"), scraped = join(model, "scraped.csv");
    await Deno.writeTextFile(clean, 'lyrics\n"봄이 와요\n그대 & 나"\n"밤"\n');
    await Deno.writeTextFile(
      scraped,
      `lyrics\n"<p>${
        "봄이\u00a0\u200b 와요".normalize("NFD")
      }<br/>\n그대 &amp;amp; 나</p>&nbsp;"\n\u2066밤\u2069\n`,
    );
    const warn = console.warn;
    console.warn = () => {};
    try {
      const texts = async (path: string) =>
        songRows(await readCleanSongs(path, { purpose: "prediction" })).map(({ lyrics }) => lyrics);
      assert.deepEqual(await texts(scraped), await texts(clean));
      assert.deepEqual(await texts(clean), ["봄이 와요\n그대 & 나", "밤"]);
      const holes = join(model, "holes.csv");
      await Deno.writeTextFile(holes, "genre,lyrics\n댄스,가사\n,가사 둘\n댄스,nan\n");
      assert.deepEqual(await texts(holes), ["가사", "가사 둘", ""]);
      assert.equal(said.at(-1), `${holes}: 3 songs, 3 kept`);
      assert.equal((await readCleanSongs(holes)).height, 1);
      assert.equal(said.at(-1), `${holes}: 3 songs, 1 kept (dropped 1 with no genre, 1 with no lyrics)`);
    } finally {
      console.warn = warn;
    }
  });
});

Deno.test("a small model is found by its name and trained as one; kobert-small takes no other tokenizer", async () => {
  for (const [model, recipe] of [["kobert-small", "fine-tune"], ["kobert-small-scratch", "quick"]] as const) {
    await findModel(model, undefined);
    assert.equal(recipeOf({ model }).name, recipe);
  }
  assert.equal(recipeOf({ model: "klue/bert-base" }).name, "study");
  await assert.rejects(
    findModel("kobert-small", "data/tokenizer"),
    /kobert-small has learnt its words by its own tokenizer.*--model kobert-small-scratch --tokenizer data/,
  );
  await findModel("kobert-small-scratch", "data/tokenizer");
});

Deno.test("an option that would change nothing is refused with the one that it goes with", () => {
  const used = (given: Partial<Recipe>, language = false) => {
    const { recipe } = recipeOf({ model: "kobert-small-scratch", ...given });
    checkUsed(given, recipe, language);
  };
  assert.throws(() => used({ maskingRate: 0.4 }), /--masking-rate does nothing here: it goes with --adapt\./);
  assert.throws(() => used({ loraAlpha: 8 }), /--lora-alpha does nothing here: it goes with --lora-rank\./);
  assert.throws(() => used({ unfreezeGradually: true }), /--unfreeze-gradually .* --freeze-layers/);
  assert.throws(() => used({ decayRatio: 0.4, schedule: "cosine" }, true), /--decay-ratio .* --schedule/);
  used({ maskingRate: 0.4, adapt: 2 });
  // a language model masks words without being told to read first
  used({ maskingRate: 0.4, wholeWordMasking: true }, true);
  used({ decayRatio: 0.4, schedule: "warmup-stable-decay" });
  used({ unfreezeGradually: false, loraTargets: ["query"], loraRank: 4 });
});
