import assert from "node:assert/strict";
import { join } from "node:path";
import { cleanSongs, readSongs, songRows } from "../../lib/songs/mod.ts";
import { inProject } from "../setup/paths.ts";

const songsFile = inProject("data", "songs.csv");

async function folds(...args: string[]) {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", inProject("tools", "commands", "folds.ts"), ...args],
  }).output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { code, stdout: text(stdout), stderr: text(stderr) };
}

Deno.test("folds: every cheap method on two folds and a disjoint split, and goes on where it stood", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const { songs } = cleanSongs(await readSongs(songsFile));
    const genres = ["발라드", "댄스"];
    const rows = songRows(songs).filter((song) =>
      song.genres.filter((genre) => genres.includes(genre)).length === 1
    )
      .slice(0, 150);
    const genreOf = new Map(
      rows.map((song) => [song.id, song.genres.find((genre) => genres.includes(genre))!]),
    );
    const ids = rows.map(({ id }) => id);
    const file = join(folder, "folds.json");
    const tests = [ids.filter((_, i) => i % 2 === 0), ids.filter((_, i) => i % 2 === 1)];
    await Deno.writeTextFile(file, JSON.stringify({ genres, folds: tests, disjoint_test: ids.slice(0, 40) }));

    const output = join(folder, "out");
    const given = ["--songs", songsFile, "--folds", file, "--output", output];
    const first = await folds(...given, "--models", "cheap", "--splits", "fold-1,fold-2");
    assert.equal(first.code, 0, first.stderr);
    assert.match(first.stdout, /fold-2 {2}columns-without-artist: \d+ s/);
    const read = async () => JSON.parse(await Deno.readTextFile(join(output, "folds.json")));
    const { lines } = await read();
    const line = (method: RegExp) => lines.find((other: { method: string }) => method.test(other.method));
    const majority = tests.map((test, fold) => {
      const train = tests[1 - fold]!.map((id) => genreOf.get(id)!);
      const most = genres.toSorted((a, b) =>
        train.filter((genre) => genre === b).length - train.filter((genre) => genre === a).length
      )[0]!;
      return test.filter((id) => genreOf.get(id) === most).length / test.length;
    });
    const found = line(/majority class/);
    assert.deepEqual([found.bySplit["fold-1"].accuracy, found.bySplit["fold-2"].accuracy], majority);
    assert.equal(found.bySplit.disjoint, undefined);
    assert.ok(line(/TF-IDF/).accuracy.value > found.accuracy.value);
    assert.equal(line(/− 가수 · all columns − artist/).accuracy.count, 2);

    const second = await folds(...given, "--models", "majority", "--splits", "fold-1,disjoint");
    assert.equal(second.code, 0, second.stderr);
    assert.doesNotMatch(second.stdout, /fold-1 {2}majority: \d/);
    assert.match(second.stdout, /disjoint {2}majority: \d/);
    assert.match(second.stdout, /all columns, linear/);

    const otherSeed = await folds(...given, "--models", "majority", "--seed", "8");
    assert.equal(otherSeed.code, 0, otherSeed.stderr);
    assert.match(otherSeed.stdout, /fold-1 {2}majority: \d/, "another seed's trials are others");
    assert.match(otherSeed.stdout, /table needs the results of tfidf/, "and a table does not mix them");
    const wrong = await folds(...given, "--models", "tfidff");
    assert.equal(wrong.code, 2);
    assert.match(wrong.stderr, /--models: tfidff is none of majority, /);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
