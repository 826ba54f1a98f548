import assert from "node:assert/strict";
import { needs } from "./main.ts";

Deno.test("main: only the commands that run or convert notebooks need Jupyter", () => {
  assert.equal(needs("start", [], undefined).notebooks, true);
  assert.equal(needs("lab", [], undefined).notebooks, true);
  assert.equal(needs("slides", [], undefined).notebooks, true);
  assert.equal(needs("train", [], undefined).notebooks, false);
});

Deno.test("main: the engine asked for is the one set up; the environment's counts when none is", () => {
  assert.equal(needs("train", [], undefined).engine, "auto");
  assert.equal(needs("train", ["--", "--engine", "wasm"], undefined).engine, "wasm");
  assert.equal(needs("train", ["--engine=tensorflow", "--epochs", "1"], "wasm").engine, "tensorflow");
  assert.equal(needs("train", ["--epochs", "1"], "wasm").engine, "wasm");
  assert.equal(needs("train", ["--engine", "nonsense"], undefined).engine, "auto");
});

Deno.test("main: a command that computes nothing needs no engine, whatever the environment says", () => {
  assert.equal(needs("report", ["--output", "runs/a"], "tensorflow").engine, "wasm");
});

Deno.test("main: the help needs no engine and no Jupyter", () => {
  assert.deepEqual(needs("start", ["--", "--help"], "tensorflow"), {
    engine: "wasm",
    strict: false,
    notebooks: false,
    retry: false,
  });
});

Deno.test("main: an unknown command names the closest and lists the tasks", async () => {
  const { code, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", new URL("main.ts", import.meta.url).pathname, "trian"],
  }).output();
  const text = new TextDecoder().decode(stderr);
  assert.equal(code, 2);
  assert.match(text, /There is no command "trian"; the closest is "train"\./);
  assert.match(text, /^ {2}setup +\S/m);
});
