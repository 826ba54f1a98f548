import assert from "node:assert/strict";
import { join } from "node:path";
import pl from "nodejs-polars";
import { type Song, songOf } from "../../lib/songs/mod.ts";
import { type Prediction, writePredictions } from "./rows.ts";
import { tableSink } from "./sinks.ts";
import { withFolder } from "../../lib/ground/testing/folder.ts";

const labels = ["발라드", "댄스"];

const song = (n: number): Song =>
  songOf({
    id: `0${n}`,
    songName: n % 2 ? `노래, "${n}"` : `두 줄\n${n}`,
    artists: ["가", "나"],
    genres: n % 3 ? ["댄스"] : [],
    lyrics: "가사",
  });
const prediction = (n: number): Prediction =>
  n % 5 === 4 ? null : {
    songId: String(n),
    genre: "댄스",
    genres: ["댄스"],
    probabilities: Float32Array.of(1 / (n + 2), 1 - 1 / (n + 2)),
    logits: Float32Array.of(0, 1),
  };
const songs = Array.from({ length: 12 }, (_, n) => song(n));
const predictions = songs.map((_, n) => prediction(n));

const namesIn = (folder: string) => [...Deno.readDirSync(folder)].map(({ name }) => name).sort();

Deno.test("writePredictions: a song without an answer keeps its row; Excel sees that it is UTF-8", () =>
  withFolder(async (folder) => {
    const path = join(folder, "p.csv");
    await writePredictions(path, labels, [song(1), song(4)], [prediction(1), prediction(4)]);
    assert.deepEqual((await Deno.readTextFile(path)).trim().split("\r\n"), [
      "id,song_name,artist,genre,predicted,P(발라드),P(댄스)",
      '01,"노래, ""1""","가, 나",댄스,댄스,0.333333,0.666667',
      '04,"두 줄\n4","가, 나",댄스,,,',
    ]);
    assert.deepEqual([...await Deno.readFile(path)].slice(0, 3), [0xef, 0xbb, 0xbf]);
  }));

Deno.test("tableSink: parts are the whole file, and a run that was cut off goes on after what it has written", () =>
  withFolder(async (folder) => {
    const whole = join(folder, "whole.csv"), path = join(folder, "새 폴더", "parts.csv");
    await writePredictions(whole, labels, songs, predictions);
    {
      using sink = await tableSink(path, labels, { model: "a" }, false);
      await sink.write(songs.slice(0, 5), predictions.slice(0, 5));
    }
    await assert.rejects(
      tableSink(path, labels, { model: "b" }, false),
      /parts\.csv is what another run has written .*\n {2}model: "a" there, "b" here\n.*--anew/,
    );
    using sink = await tableSink(path, labels, { model: "a" }, false);
    assert.deepEqual(sink.done, { songs: 5, withoutLyrics: 1 });
    await sink.write(songs.slice(5), predictions.slice(5));
    await sink.finish();
    assert.equal(await Deno.readTextFile(path), await Deno.readTextFile(whole));
    assert.deepEqual(namesIn(join(folder, "새 폴더")), ["parts.csv"]);
  }));

Deno.test("tableSink: Parquet has the same rows, texts as texts and probabilities as numbers", () =>
  withFolder(async (folder) => {
    const path = join(folder, "p.parquet");
    {
      using sink = await tableSink(path, labels, {}, false);
      for (let at = 0; at < 12; at += 3) {
        await sink.write(songs.slice(at, at + 3), predictions.slice(at, at + 3));
      }
      await sink.finish();
    }
    assert.deepEqual(namesIn(folder), ["p.parquet"]);
    const table = pl.readParquet(path);
    assert.deepEqual(table.getColumn("id").toArray(), songs.map(({ id }) => id));
    assert.deepEqual(table.getColumn("song_name").toArray(), songs.map(({ songName }) => songName));
    assert.deepEqual(table.getColumn("genre").toArray(), songs.map(({ genres }) => genres.join()));
    assert.deepEqual(
      table.getColumn("P(댄스)").toArray(),
      predictions.map((answer) => answer === null ? null : Number(answer.probabilities[1]!.toFixed(6))),
    );
    assert.deepEqual(table.getColumn("predicted").toArray().slice(3, 5), ["댄스", ""]);
  }));

Deno.test("tableSink: no songs are a table with a header", () =>
  withFolder(async (folder) => {
    const path = join(folder, "p.csv");
    using sink = await tableSink(path, labels, {}, false);
    await sink.finish();
    assert.equal(
      await Deno.readTextFile(path),
      "\ufeffid,song_name,artist,genre,predicted,P(발라드),P(댄스)\r\n",
    );
  }));

Deno.test("tableSink: a device that takes no more is told as what it is", {
  ignore: Deno.build.os !== "linux",
}, async () => {
  const writes = async () => {
    using sink = await tableSink("/dev/full", labels, {}, false);
    await sink.write(songs, predictions);
  };
  await assert.rejects(writes(), /No space left on device/);
});
