import assert from "node:assert/strict";
import { basename, join } from "node:path";
import { checkInput, checkOutputFile, checkOutputFolder, filesOf, type Named } from "./paths.ts";
import { commandLines } from "./command_lines.ts";
import type { CommandLine, OptionTable } from "./options.ts";
import { withFolder } from "../lib/ground/testing/folder.ts";

/** A folder with a table and a model's folder, and the inputs that they are. */
async function withInputs(
  work: (folder: string, inputs: readonly Named[]) => Promise<void> | void,
): Promise<void> {
  await withFolder(async (folder) => {
    await Deno.writeTextFile(join(folder, "songs.csv"), "id\n");
    await Deno.mkdir(join(folder, "best"));
    await Deno.writeTextFile(join(folder, "best", "config.json"), "{}");
    await work(folder, [
      { flag: "--songs", path: join(folder, "songs.csv") },
      { flag: "--model", path: join(folder, "best") },
      { flag: "--model", path: "kobert-small" },
    ]);
  });
}

const names = (folder: string) => [...Deno.readDirSync(folder)].map(({ name }) => name).sort();

Deno.test("an input that is not there is named, with the nearest that is", () =>
  withInputs((folder) => {
    assert.throws(() => checkInput("--songs", join(folder, "sogns.csv")), {
      name: "UserError",
      message: /^--songs: there is no file or folder .*sogns\.csv \(did you mean ".*\/songs\.csv"\?\)\.$/,
    });
    assert.throws(() => checkInput("--songs", join(folder, "songs.csv", "a")), /there is no file or folder/);
    assert.throws(() => checkInput("--songs", "nowhere/songs.csv"), /nowhere\/songs\.csv in \//);
    checkInput("--songs", join(folder, "songs.csv"));
    checkInput("--tokenizer", join(folder, "best"));
  }));

Deno.test("filesOf: a pattern's files by name, numbers by value; what is there by that very name is meant itself", () =>
  withFolder((folder) => {
    for (const name of ["s10.csv", "s9.csv", "[1].csv", "s1.txt"]) {
      Deno.writeTextFileSync(join(folder, name), "");
    }
    Deno.mkdirSync(join(folder, "s8.csv"));
    const found = (pattern: string) =>
      filesOf("--songs", join(folder, pattern)).map((path) => basename(path));
    assert.deepEqual(found("s*.csv"), ["s9.csv", "s10.csv"]);
    assert.deepEqual(found("{s9,s10}.*"), ["s9.csv", "s10.csv"]);
    assert.deepEqual(found("[1].csv"), ["[1].csv"]);
    assert.deepEqual(found("none.csv"), ["none.csv"]);
    assert.throws(() => found("n*.csv"), {
      name: "UserError",
      message: /^--songs: no file fits the pattern .*n\*\.csv\.$/,
    });
    return Promise.resolve();
  }));

Deno.test("an output's folder is made; devices are outputs", () =>
  withInputs((folder, inputs) => {
    checkOutputFile("--output", join(folder, "새 폴더", "a", "p.csv"), inputs);
    assert.deepEqual(names(join(folder, "새 폴더", "a")), []);
    checkOutputFolder("--output", join(folder, "runs", "a"), { writes: ["best"] }, inputs);
    assert.deepEqual(names(join(folder, "runs", "a")), []);
    if (Deno.build.os !== "windows") checkOutputFile("--output", "/dev/null", inputs);
  }));

Deno.test({
  name: "a link to nothing yet: what it leads to is made, a file's folder and an output folder alike",
  ignore: Deno.build.os === "windows",
  fn: () =>
    withFolder(async (folder) => {
      await Deno.symlink("file/there/a.csv", join(folder, "a.csv"));
      await Deno.symlink("run", join(folder, "output"));
      checkOutputFile("--output", join(folder, "a.csv"), []);
      checkOutputFolder("--output", join(folder, "output"), {}, []);
      for (const name of ["file/there", "run"]) assert.ok(Deno.statSync(join(folder, name)).isDirectory);
    }),
});

Deno.test("an output that is an input is refused, by whatever path", () =>
  withInputs(async (folder, inputs) => {
    const table = join(folder, "songs.csv");
    await Deno.symlink(table, join(folder, "link.csv"));
    await Deno.link(table, join(folder, "hard.csv"));
    await Deno.symlink(folder, join(folder, "round"));
    for (const path of ["songs.csv", "link.csv", "hard.csv", "round/songs.csv", "best/../songs.csv"]) {
      assert.throws(() => checkOutputFile("--output", `${folder}/${path}`, inputs), {
        name: "UserError",
        message: /^--output: .* would write over what --songs .*songs\.csv reads; choose another place\.$/,
      }, path);
    }
    assert.throws(() => checkOutputFile("--output", join(folder, "best", "config.json"), inputs), /--model/);
    checkOutputFile("--output", join(folder, "best", "predictions.csv"), inputs);
  }));

Deno.test("an input among what an output folder replaces is refused", () =>
  withInputs((folder, inputs) => {
    const check = (path: string, writes: string[], mark?: string) =>
      checkOutputFolder("--output", path, { writes, mark }, inputs);
    assert.throws(() => check(folder, ["metrics.json", "songs.csv"]), /write over what --songs/);
    assert.throws(() => check(folder, ["best"]), /write over what --model/);
    assert.throws(() => check(join(folder, ".."), [folder.split("/").at(-1)!]), /write over what --songs/);
    check(folder, ["metrics.json", "run.json"], "best");
  }));

Deno.test("a folder of other things is no output folder, unless a run is there or it is the command's own", () =>
  withFolder(async (folder) => {
    const leaves = {
      writes: ["best", "metrics.json", "run.json"],
      mark: "run.json",
      default: "outputs/train",
    };
    const check = (own = leaves) => checkOutputFolder("--output", folder, own, []);
    const put = (name: string) => Deno.writeTextFile(join(folder, name), "");
    // what is hidden, half written or kept of an earlier run is the command's own
    for (const name of [".lock", ".DS_Store", "metrics.json", "best.tmp", "best.old", "earlier"]) {
      await put(name);
    }
    check();
    for (const name of ["songs.csv", "tokenizer", "README.md", "mod.ts"]) await put(name);
    assert.throws(check, {
      name: "UserError",
      message:
        /^--output: .* holds what is no result of this command \(README\.md, mod\.ts, songs\.csv and 1 more\), /,
    });
    assert.throws(check, /choose an empty or a new folder, for example outputs\/train\.$/);
    check({ ...leaves, default: join(folder, "..", folder.split("/").at(-1)!) });
    // a note beside one's own run
    await put("run.json");
    check();
    // another command's run is none of this one's
    assert.throws(() => check({ ...leaves, mark: "trials" }), /run\.json|README\.md/);
  }));

Deno.test("every command's output folder says what the command leaves there", () => {
  for (const { command, options } of Object.values<CommandLine<OptionTable>>(commandLines)) {
    for (const [name, option] of Object.entries(options)) {
      if (option.path === "output folder") assert.ok(option.writes?.length, `${command} --${name}`);
    }
  }
});

Deno.test("an output of the wrong kind, or where nothing can be written, is refused", () =>
  withInputs((folder, inputs) => {
    assert.throws(() => checkOutputFile("--output", folder, inputs), /is a folder; give a file's name/);
    assert.throws(() => checkOutputFile("--output", `${folder}/new/`, inputs), /is a folder/);
    assert.throws(
      () => checkOutputFolder("--output", join(folder, "songs.csv"), {}, inputs),
      /is a file, where a folder/,
    );
    assert.throws(
      () => checkOutputFile("--output", join(folder, "songs.csv", "p.csv"), inputs),
      /cannot be written to: not a directory|cannot be written to: file exists/,
    );
    if (Deno.build.os === "linux") {
      assert.throws(
        () => checkOutputFile("--output", "/proc/new/p.csv", inputs),
        /\/proc\/new cannot be written to: /,
      );
      assert.throws(
        () => checkOutputFolder("--output", "/proc", { default: "/proc" }, inputs),
        /\/proc cannot be written to: /,
      );
    }
  }));
