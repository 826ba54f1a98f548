import assert from "node:assert/strict";
import { UserError } from "../lib/ground/mod.ts";
import { toldOf } from "./errors.ts";

/** Runs a script that tells its errors, with arguments. */
async function ended(script: string, ...args: string[]) {
  const [options, ground] = ["options.ts", "../lib/ground/mod.ts"].map((path) =>
    JSON.stringify(new URL(path, import.meta.url).href)
  );
  const file = await Deno.makeTempFile({ suffix: ".ts" });
  await Deno.writeTextFile(
    file,
    `import { readOptions, recipe } from ${options};
     import { UserError } from ${ground};
     readOptions({ command: "train", about: "", options: { freezeLayers: recipe.freezeLayers } });
     ${script}`,
  );
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "-A",
      "--no-check",
      `--config=${new URL("../deno.json", import.meta.url).pathname}`,
      file,
      ...args,
    ],
    env: { NO_COLOR: "1" },
  }).output();
  await Deno.remove(file);
  return { code, out: new TextDecoder().decode(stdout), text: new TextDecoder().decode(stderr) };
}

const wrong = `throw new UserError("Recipe: freezeLayers is 9; the model has 4 layers.");`;

Deno.test("errors: what a person can mend is a sentence alone, in the command's words, with exit code 2", async () => {
  const sentence =
    "--freeze-layers 값이 9인데 모델의 층은 4개입니다.\n--freeze-layers is 9; the model has 4 layers.\n";
  assert.deepEqual(await ended(wrong), { code: 2, out: "", text: sentence });
  // wherever it comes from
  assert.deepEqual(await ended(`setTimeout(() => { ${wrong} }, 1);`), { code: 2, out: "", text: sentence });
  assert.deepEqual(await ended(`Promise.reject(1).catch(() => { ${wrong} });`), {
    code: 2,
    out: "",
    text: sentence,
  });
});

Deno.test("errors: --debug shows where", async () => {
  const { code, text } = await ended(wrong, "--debug");
  assert.equal(code, 2);
  assert.match(text, /\n--freeze-layers is 9; .*\n\nUserError: Recipe: freezeLayers is 9.*\n +at file:/);
});

Deno.test("errors: a fault of the program says so, without a stack, with exit code 1", async () => {
  const { code, text } = await ended(`(undefined as unknown as { a: { b: 1 } }).a.b;`);
  assert.equal(code, 1);
  assert.match(
    text,
    /^TypeError: .*'a'.*\n.*\nThis is a fault of the program, not yours; --debug shows where.*\n$/,
  );
});

Deno.test("errors: what the system says gets a remedy", () => {
  const told = (error: unknown) => toldOf(error).text;
  const full = Object.assign(new Error("No space left on device (os error 28): writefile 'a'"), {
    code: "ENOSPC",
  });
  assert.deepEqual(toldOf(full), {
    text: "No space left on device: writefile 'a'. The disk is full: make room.",
    code: 2,
  });
  let missing: unknown;
  try {
    Deno.readTextFileSync("/nowhere/at/all.csv");
  } catch (error) {
    missing = error;
  }
  assert.match(
    told(missing),
    /^No such file or directory: .*\/nowhere\/at\/all\.csv.*\. There is no such file or folder/,
  );
  assert.deepEqual(toldOf(new UserError("a")), { text: "a", code: 2 });
  assert.equal(
    told(new UserError("Cannot write best/a: No space left on device (os error 28)")),
    "Cannot write best/a: No space left on device. The disk is full: make room.",
  );
  assert.deepEqual(toldOf(new DOMException("Stopped.", "AbortError")), { text: "Stopped.", code: 130 });
  assert.equal(toldOf("text").code, 1);
});

Deno.test("errors: where closing fails, too, what went wrong first is told", () => {
  const first = new UserError("There is no song.");
  assert.deepEqual(toldOf(new SuppressedError(new Error("closed twice"), first)), {
    text: "There is no song.",
    code: 2,
  });
});
