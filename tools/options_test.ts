import assert from "node:assert/strict";
import {
  helpText,
  optionsText,
  type OptionTable,
  parseOptions,
  readOptions,
  recipe,
  shared,
  UsageError,
} from "./options.ts";

const table = {
  songs: shared.songs,
  model: shared.model,
  seed: shared.seed,
  engine: shared.engine,
  batchSize: recipe.batchSize,
  learningRate: recipe.learningRate,
  output: { type: "text", placeholder: "FOLDER", about: "where the results go", required: true },
  force: { type: "flag", about: "overwrite" },
} as const satisfies OptionTable;

const needed = ["--output", "runs/a"];

/** The message that a wrong command line gets. */
function complaint(...args: string[]): string {
  let message = "";
  assert.throws(() => parseOptions(table, [...needed, ...args]), (error: unknown) => {
    assert.ok(error instanceof UsageError);
    message = error.message;
    return true;
  });
  return message;
}

Deno.test("options: defaults, and undefined for what was not given", () => {
  const values = parseOptions(table, needed);
  const typed: {
    seed: number;
    batchSize: number | undefined;
    engine: "auto" | "tensorflow" | "wasm";
    force: boolean;
  } = values;
  assert.deepEqual({ ...typed }, {
    songs: "data/songs.csv",
    model: "kobert-small",
    seed: 7,
    engine: "auto",
    batchSize: undefined,
    learningRate: undefined,
    output: "runs/a",
    force: false,
  });
});

Deno.test("options: values with a space or an equals sign, numbers with exponents, flags", () => {
  const values = parseOptions(table, [
    "--batch-size=16",
    "--learning-rate",
    "3e-4",
    "--engine=wasm",
    "--force",
    "--songs",
    "노래 목록.csv",
    ...needed,
  ]);
  assert.equal(values.batchSize, 16);
  assert.equal(values.learningRate, 3e-4);
  assert.equal(values.engine, "wasm");
  assert.equal(values.force, true);
  assert.equal(values.songs, "노래 목록.csv");
});

Deno.test("options: dashes before all of them, as deno task hands them on, change nothing", () => {
  assert.equal(parseOptions(table, ["--", ...needed, "--seed", "9"]).seed, 9);
  assert.match(complaint("--", "--seed", "9"), /"--seed" stands alone/);
});

Deno.test("options: an unknown one is named with the closest known one", () => {
  assert.equal(complaint("--bach-size", "3"), "There is no option --bach-size; the closest is --batch-size.");
  assert.match(complaint("--learningrate=1"), /closest is --learning-rate/);
  assert.equal(complaint("--zzzzzzzzzz"), "There is no option --zzzzzzzzzz.");
  assert.match(complaint("-s", "3"), /There is no option -s/);
});

Deno.test("options: a wrong value is named with what is right", () => {
  assert.equal(complaint("--engine", "cuda"), '--engine is "cuda"; it can be auto, tensorflow or wasm.');
  assert.equal(
    complaint("--seed", "1.5"),
    "--seed is 1.5; it must be a whole number, at least 0, at most 2147483647.",
  );
  assert.equal(
    complaint("--seed", "-1"),
    "--seed is -1; it must be a whole number, at least 0, at most 2147483647.",
  );
  assert.equal(complaint("--batch-size", "0"), "--batch-size is 0; it must be a whole number, at least 1.");
  assert.equal(
    complaint("--learning-rate", "fast"),
    '--learning-rate is "fast"; it must be a number, above 0.',
  );
  assert.equal(complaint("--force=yes"), "--force takes no value.");
});

Deno.test("options: a missing value, a value alone, one given twice, a needed one left out", () => {
  assert.match(complaint("--songs", "--force"), /^--songs needs a value: FILE, the table of songs/);
  assert.match(complaint("--model"), /^--model needs a value: SOURCE/);
  assert.match(complaint("--songs="), /^--songs needs a value/);
  assert.equal(complaint("songs.csv"), '"songs.csv" stands alone; values follow an option\'s name.');
  assert.equal(complaint("--seed", "1", "--seed", "2"), "--seed is given twice.");
  assert.throws(() => parseOptions(table, []), /--output FOLDER is needed: where the results go\./);
});

Deno.test("options: the help lists every option once, with its default", () => {
  const help = helpText({ command: "train", about: "Fine-tunes a model.", options: table });
  const lines = help.split("\n");
  assert.equal(lines[0], "deno task train -- [options]");
  for (
    const flag of [
      "songs",
      "model",
      "seed",
      "engine",
      "batch-size",
      "learning-rate",
      "output",
      "force",
      "help",
    ]
  ) {
    assert.equal(lines.filter((line) => line.trimStart().startsWith(`--${flag}`)).length, 1, flag);
  }
  assert.match(help, /--seed N +every random choice comes from it \(default 7\)/);
  assert.match(help, /--engine auto\|tensorflow\|wasm/);
  assert.match(help, /--output FOLDER +where the results go \(needed\)/);
});

Deno.test("options: what stands behind a second -- is handed on, where a command does so", () => {
  const options = { seed: shared.seed, force: table.force };
  const lab = { command: "lab", about: "Opens.", options, rest: "OTHERS" };
  const { seed, rest } = readOptions(lab, ["--", "--seed", "3", "--", "--ip", "0.0.0.0", "--", "a"]);
  assert.deepEqual([seed, rest], [3, ["--ip", "0.0.0.0", "--", "a"]]);
  // npx takes the first -- away
  assert.deepEqual(readOptions(lab, ["--force", "--", "--ip"]).rest, ["--ip"]);
  assert.deepEqual(readOptions(lab, ["--", "--", "--ip"]).rest, ["--ip"]);
  assert.deepEqual(readOptions(lab, ["--"]).rest, []);
  assert.match(helpText(lab), /^deno task lab -- \[options\] -- \[OTHERS\]$/m);
  assert.throws(() => parseOptions(options, ["--", "--seed", "3", "--", "a"]), /"a" stands alone/);
});

Deno.test("options: written out again as a command line, without what is as by default", () => {
  const values = { songs: "/내 노래/it's.csv", model: "klue/bert-base", seed: 7, engine: null };
  const text = optionsText(table, values);
  assert.equal(text, String.raw`--songs '/내 노래/it'\''s.csv' --model klue/bert-base`);
});
