/** The commands as a person runs them, and what must not happen to their files. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { stringify } from "@std/csv";
import pl from "nodejs-polars";
import { fileFingerprint, filesIn, holdFolder, isThere } from "../lib/ground/mod.ts";
import { processEnvironment } from "./environment.ts";
import { inProject } from "./setup/paths.ts";
import { withFolder } from "../lib/ground/testing/folder.ts";

/** Runs a command. */
const run = (command: string, ...args: string[]) => runOn(null, command, ...args);

/** Runs a command on a standard input. */
async function runOn(input: string | null, command: string, ...args: string[]) {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", inProject("tools", "commands", `${command}.ts`), ...args],
    cwd: inProject(),
    env: { ...processEnvironment(), NO_COLOR: "1" },
    stdin: input === null ? "null" : "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  if (input !== null) await new Blob([input]).stream().pipeTo(child.stdin);
  const { code, stdout, stderr } = await child.output();
  const [out, text] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes)) as [string, string];
  return { code, out, text };
}

/** A table of songs of two genres. */
async function writeSongs(path: string, count = 40, genres = ["발라드", "댄스"]): Promise<void> {
  const words = ["별", "밤", "노래", "바다", "길", "봄", "눈", "춤"];
  const rows = Array.from({ length: count }, (_, i) => ({
    id: String(i + 1),
    song_name: `노래 ${i}`,
    adults: "0",
    artist: `가수 ${i % 9}`,
    album_id: String(i % 5),
    date: `${2000 + i % 20}.01.02`,
    genre: genres[i % genres.length]!,
    lyrics: `${words[i % 8]} ${words[Math.floor(i / 8) % 8]} ${
      i % 2 === 0 ? "눈물 이별" : "흔들어 리듬"
    } ${i}`,
  }));
  await Deno.writeTextFile(path, stringify(rows, { columns: Object.keys(rows[0]!) }));
}

/** A table of songs of other genres. */
async function otherGenres(folder: string): Promise<string> {
  const path = join(folder, "others.csv");
  await writeSongs(path, 4, ["ballad"]);
  return path;
}

/** Every file of a folder with its fingerprint. */
async function contents(folder: string): Promise<Record<string, string>> {
  const files = await filesIn(folder);
  return Object.fromEntries(
    await Promise.all(files.map(async (name) => [name, await fileFingerprint(join(folder, name))])),
  );
}

/** A run that ends with exit code 2 and one sentence, the Korean above it, before the engine starts. */
async function refused(message: RegExp, command: string, ...args: string[]): Promise<void> {
  const { code, out, text } = await run(command, ...args);
  assert.equal(code, 2, `${command} ${args.join(" ")}: ${out}${text}`);
  assert.match(text, new RegExp(message.source, "m"));
  assert.doesNotMatch(text, /Uncaught|^ +at /m);
  assert.doesNotMatch(out, /^Engine:/m);
}

Deno.test("commands: what is wrong with files and places is told before the engine starts, and nothing is touched", () =>
  withFolder(async (folder) => {
    const songs = join(folder, "노래 목록.csv");
    await writeSongs(songs);
    const before = await contents(folder);
    const lost = join(folder, "노래 몰록.csv");
    await refused(
      /^--songs: there is no file or folder .*노래 몰록\.csv \(did you mean ".*노래 목록\.csv"\?\)/,
      "train",
      "--songs",
      lost,
    );
    await refused(/^--songs: there is no file/, "start", "--songs", lost, "--output", join(folder, "a"));
    await refused(
      /^--output: .* would write over what --songs/,
      "predict",
      "--songs",
      songs,
      "--output",
      songs,
    );
    await refused(/^--output: .* is a folder/, "predict", "--songs", songs, "--output", folder);
    await refused(
      /There is no folder .*nothing\/best/,
      "predict",
      "--songs",
      songs,
      "--model",
      "outputs/nothing/best",
      "--output",
      join(folder, "p.csv"),
    );
    await refused(
      /is a model from scratch, which tells no genres yet/,
      "evaluate",
      "--songs",
      songs,
      "--model",
      "kobert-small-scratch",
    );
    await refused(/^Say which songs: --songs FILES, tables, or --text "…", lyrics\./, "predict");
    await refused(/^--songs and --text are given/, "predict", "--songs", songs, "--text", "별");
    await refused(
      /^--json and --output - would both print/,
      "predict",
      "--text",
      "별",
      "--json",
      "--output",
      "-",
    );
    await refused(/There is no option --sogns; the closest is --songs/, "evaluate", "--sogns", songs);
    await refused(/There is no folder/, "report", "--output", join(folder, "none"));
    await refused(
      /--rows is "\(", which is no regular expression/,
      "bench",
      "--rows",
      "(",
      "--output",
      join(folder, "b.json"),
    );
    const { "노래 목록.csv": after } = await contents(folder);
    assert.equal(after, before["노래 목록.csv"]);
  }));

Deno.test("commands: a run is not touched by another seed, another process, or a table that cannot be read; --anew keeps it", () =>
  withFolder(async (folder) => {
    const songs = join(folder, "songs.csv"), output = join(folder, "run");
    await writeSongs(songs);
    const train = ["--songs", songs, "--recipe", "test", "--max-steps", "1", "--output", output];
    const first = await run("train", ...train);
    assert.equal(first.code, 0, first.text);
    const before = await contents(output);
    for (
      const name of ["best/split.json", "split.json", "run.json", "best/model.safetensors", "predictions.csv"]
    ) {
      assert.ok(name in before, name);
    }

    await refused(
      /run has another run, of .*\n {2}--seed: 7 there, 8 here\nGive another --output; or --anew/,
      "train",
      ...train,
      "--seed",
      "8",
    );
    await refused(/--max-length: 48 there, 32 here/, "train", ...train, "--max-length", "32");
    {
      using _ = await holdFolder(output);
      await refused(/run is being written by .* \(process \d+ on /, "train", ...train);
    }
    await refused(/write over what --model/, "train", ...train, "--model", join(output, "best"));
    await refused(
      /run holds what is no result of this command \(best, checkpoints, history\.jsonl and \d+ more\)/,
      "evaluate",
      "--songs",
      songs,
      "--model",
      join(output, "best"),
      "--output",
      output,
    );
    assert.deepEqual(await contents(output), before);

    // the model's own test songs, wherever it stands
    await Deno.rename(join(output, "best"), join(folder, "모델 #1"));
    const measured = await run("evaluate", "--songs", songs, "--model", join(folder, "모델 #1"));
    assert.match(measured.out, /The \d test songs of the model's own split/, measured.text);
    await Deno.rename(join(folder, "모델 #1"), join(output, "best"));

    // nothing but the table goes to standard output
    const told = await run("predict", "--songs", songs, "--model", join(output, "best"), "--output", "-");
    assert.equal(told.code, 0, told.text);
    assert.equal(told.out.trim().split("\n").length, 41);
    assert.match(told.out, /^id,song_name,artist,genre,predicted,P\(댄스\),P\(발라드\)/);

    // lyrics as they are get the answers of a table that holds them, which may come by standard input
    const best = ["--model", join(output, "best")], lyrics = "별 별 눈물 이별 0";
    const asked = await run("predict", "--text", lyrics, "--text", "<p>흔들어", ...best, "--json");
    const answers = asked.out.trim().split("\n").map((line) => JSON.parse(line));
    assert.deepEqual(answers.map(({ id }) => id), ["text-1", "text-2"], asked.text);
    assert.deepEqual(Object.keys(answers[0]), ["id", "song_name", "artists", "predicted", "genres"]);
    const piped = await runOn(
      `lyrics,song_name\n${lyrics},별\n`,
      "predict",
      "--songs",
      "-",
      ...best,
      "--json",
    );
    assert.equal(piped.code, 0, piped.text);
    const fromTable = JSON.parse(piped.out);
    assert.deepEqual([fromTable.song_name, fromTable.genres], ["별", answers[0].genres]);
    assert.match(piped.text, /^standard input: 1 songs in the table$/m);

    const file = join(folder, "new", "p.csv");
    const shown = await run("predict", "--songs", songs, ...best, "--output", file, "--top", "1");
    assert.match(shown.out, /^노래 0 — 가수 0 +(발라드|댄스) +(발라드|댄스) \d+\.\d%$/m);
    assert.match(shown.out, /^… 30행 더 · more rows$/m);
    // a spreadsheet takes it for UTF-8; the rest is what standard output gets
    assert.equal(await Deno.readTextFile(file), `\ufeff${told.out}`);

    const figures = await run("evaluate", "--songs", songs, ...best, "--json");
    assert.ok(JSON.parse(figures.out).accuracyPerSong.count > 0, figures.text);
    await refused(
      /tells 댄스, 발라드\..* --genre-names/,
      "evaluate",
      "--songs",
      await otherGenres(folder),
      ...best,
    );

    const anew = await run("train", ...train, "--seed", "8", "--anew");
    assert.equal(anew.code, 0, anew.text);
    const [, kept] = anew.out.match(/The earlier run in .* is kept in (.*)\.$/m)!;
    assert.deepEqual(await contents(kept!), before);
    assert.equal(JSON.parse(await Deno.readTextFile(join(output, "run.json"))).options.seed, 8);
  }));

Deno.test("predict: several tables, shares of them, Parquet; killed, it goes on, and the rows are those of one go", () =>
  withFolder(async (folder) => {
    const few = join(folder, "few.csv"), model = join(folder, "run", "best");
    await writeSongs(few);
    const made = await run(
      "train",
      "--songs",
      few,
      "--recipe",
      "test",
      "--max-steps",
      "1",
      "--output",
      join(folder, "run"),
    );
    assert.equal(made.code, 0, made.text);
    for (const [i, count] of [700, 900, 800].entries()) {
      await writeSongs(join(folder, `t${i + 9}.csv`), count);
    }
    const predict = (...more: string[]) =>
      ["predict", "--model", model, "--songs", join(folder, "t*.csv"), ...more] as const;

    const whole = join(folder, "whole.csv");
    const first = await run(...predict("--output", whole));
    assert.equal(first.code, 0, first.text);
    assert.match(first.out, /^3 tables with 2,400 songs$/m);
    assert.match(first.text, /2,400\/2,400 songs · .* songs\/s/);
    const rows = (await Deno.readTextFile(whole)).trim().split("\r\n");
    // t9 comes before t10 and t11
    assert.deepEqual([1, 700, 701, 1600, 1601].map((i) => rows[i]!.split(",")[0]), [
      "1",
      "700",
      "1",
      "900",
      "1",
    ]);

    // killed when a part is on the disk
    const output = join(folder, "cut.csv"), part = `${output}.part.json`;
    const [command, ...args] = predict("--output", output);
    const child = new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--no-check", inProject("tools", "commands", `${command}.ts`), ...args],
      cwd: inProject(),
      env: processEnvironment(),
      stdout: "null",
      stderr: "null",
    }).spawn();
    const ended = child.status;
    while (!await isThere(part) && !await isThere(output)) await new Promise((next) => setTimeout(next, 5));
    child.kill("SIGKILL");
    await ended;
    assert.equal(await isThere(output), false, "killed in time");
    const other = await run(...predict("--output", output, "--max-length", "16"));
    assert.match(
      other.text,
      /cut\.csv is what another run has written .*\n {2}--max-length: null there, 16 here/s,
    );
    assert.equal(other.code, 2);
    const then = await run(...predict("--output", output));
    assert.match(
      then.out,
      /cut\.csv: (1,024|2,048) songs are done already; going on after them\./,
      then.text,
    );
    assert.equal(await Deno.readTextFile(output), await Deno.readTextFile(whole));
    assert.equal(await isThere(part), false);

    // the second of three shares, as Parquet
    const share = await run(...predict("--output", join(folder, "s.parquet"), "--shard", "2/3"));
    assert.equal(share.code, 0, share.text);
    const table = pl.readParquet(join(folder, "s-2-of-3.parquet"));
    const expected = pl.readCSV(whole).slice(800, 800);
    for (const column of ["song_name", "predicted", "P(댄스)"]) {
      assert.deepEqual(table.getColumn(column).toArray(), expected.getColumn(column).toArray(), column);
    }
  }));

Deno.test("pretrain: texts in CP949 and a table; a run that is done is not done again; what cannot be read is told first", () =>
  withFolder(async (folder) => {
    const output = join(folder, "language"), text = join(folder, "글.txt"), songs = join(folder, "songs.csv");
    // 노래 in CP949 and a number, a line each
    const number = (i: number) => [...String(i)].map((digit) => digit.charCodeAt(0));
    const lines = Array.from({ length: 80 }, (_, i) => [0xb3, 0xeb, 0xb7, 0xa1, 0x20, ...number(i), 0x0a]);
    await Deno.writeFile(text, Uint8Array.from(lines.flat()));
    await writeSongs(songs);
    await refused(
      /none\.txt is not there/,
      "pretrain",
      "--text",
      join(folder, "none.txt"),
      "--output",
      output,
    );
    await refused(/at least once/, "pretrain", "--text", `${text}:0`, "--output", output);
    await refused(/no option --crop-length/, "pretrain", "--text", text, "--crop-length", "64");
    const args = ["--text", `${text}:2`, "--songs", songs, "--recipe", "test", "--output", output];
    const first = await run("pretrain", ...args);
    assert.equal(first.code, 0, first.text);
    assert.match(first.out + first.text, /글\.txt: read as CP949/);
    assert.match(first.out, /글\.txt: \d+ texts, \d+ validate, .*2 times an epoch/);
    const png = await Deno.readFile(join(output, "curve.png"));
    assert.deepEqual([...png.slice(1, 4)], [...new TextEncoder().encode("PNG")]);
    const again = await run("pretrain", ...args);
    assert.match(again.out, /This training is done, and its results are shown/);
    // rows that took minutes to make are not lost by a mistake
    const rows = await Deno.readTextFile(join(output, "texts", "texts.json"));
    const others = ["--text", text, "--songs", songs, "--seed", "8", "--recipe", "test", "--output", output];
    await refused(/has another run: it reads other texts, .*--seed/, "pretrain", ...others);
    assert.equal(await Deno.readTextFile(join(output, "texts", "texts.json")), rows);
    const trained = join(folder, "trained");
    await Deno.mkdir(join(trained, "checkpoints"), { recursive: true });
    await Deno.writeTextFile(join(trained, "run.json"), "{}");
    await refused(/has a run of "deno task train"/, "pretrain", ...args.slice(0, -1), trained);
    assert.deepEqual((await Array.fromAsync(Deno.readDir(trained), ({ name }) => name)).sort(), [
      "checkpoints",
      "run.json",
    ]);
    const { out } = await run("predict", "--songs", songs, "--model", join(output, "best"), "--output", "-");
    assert.equal(out, "", "a language model tells no genres");
  }));
