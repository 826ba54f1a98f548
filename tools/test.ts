/**
 * All tests, and all checks that count as tests: `deno task test`. It ends with one line, `N passed, N failed, N skipped`, and exit code 1 if
 * anything failed. `deno task test-long` runs the tests that take minutes (`*_long_test.ts`) and nothing else.
 */
import { decodeXML } from "entities";
import { basename, join, relative } from "node:path";
import { processEnvironment } from "./environment.ts";
import { readOptions, shared } from "./options.ts";
import { setUp } from "./setup.ts";
import { inProject, remove, root } from "./setup/paths.ts";

/** How many tests passed, failed and were skipped. */
export interface Counts {
  passed: number;
  failed: number;
  skipped: number;
}

/** A piece of the run: a check that counts as one test, or a file of tests. */
interface Job {
  name: string;
  run: () => Promise<Counts & { output: string }>;
}

/** What `--only` can name; the longest first, so that the run ends with short ones. */
const stageNames = ["notebooks", "types", "cells", "format", "lint", "tests", "wasm"] as const;
type Stage = typeof stageNames[number];

/**
 * The counts of a JUnit report as Deno writes it. Steps of a test are part of their test, as in Deno's own summary.
 *
 * @param filter as given to Deno: a piece of the name, or `/a regular expression/`. Tests that it leaves out are in the report as skipped, and not counted.
 */
export function countJunit(xml: string, filter = ""): Counts {
  const cases = [...xml.matchAll(/<testcase name="([^"]*)"[^>]*?(?:\/>|>([\s\S]*?)<\/testcase>)/g)]
    .map(([, name = "", body = ""]) => ({ name: decodeXML(name), body }));
  const names = new Set(cases.map(({ name }) => name));
  const expression = /^\/(.+)\/$/.exec(filter)?.[1];
  const counts: Counts = { passed: 0, failed: 0, skipped: 0 };
  for (const { name, body } of cases) {
    const meant = expression === undefined ? name.includes(filter) : new RegExp(expression).test(name);
    if (!meant || isStep(name, names)) continue;
    if (/<(failure|error)\b/.test(body)) counts.failed++;
    else if (/<skipped\b/.test(body)) counts.skipped++;
    else counts.passed++;
  }
  return counts;
}

function isStep(name: string, names: Set<string>): boolean {
  const separator = " > ";
  for (let at = name.indexOf(separator); at >= 0; at = name.indexOf(separator, at + 1)) {
    if (names.has(name.slice(0, at))) return true;
  }
  return false;
}

const add = (a: Counts, b: Counts): Counts => ({
  passed: a.passed + b.passed,
  failed: a.failed + b.failed,
  skipped: a.skipped + b.skipped,
});

/** The last line of the run, alone on its line. */
export function plainLine({ passed, failed, skipped }: Counts): string {
  return `${passed} passed, ${failed} failed, ${skipped} skipped`;
}

/** All test files of the project, relative to its folder, sorted. */
function testFiles(): string[] {
  const found: string[] = [];
  const walk = (folder: string) => {
    for (const entry of Deno.readDirSync(folder)) {
      const path = join(folder, entry.name);
      if (entry.isDirectory && !entry.name.startsWith(".")) walk(path);
      else if (entry.isFile && entry.name.endsWith("_test.ts")) found.push(relative(root, path));
    }
  };
  for (const folder of ["lib", "tools", "data"]) walk(inProject(folder));
  return found.sort();
}

const isLong = (file: string): boolean => basename(file).endsWith("_long_test.ts");

/**
 * Runs Deno on the project, for at most so many seconds.
 *
 * @returns whether it succeeded, and all it wrote.
 */
async function deno(
  args: string[],
  limitSeconds: number,
  env: Record<string, string> = {},
): Promise<{ success: boolean; output: string }> {
  const limit = AbortSignal.timeout(limitSeconds * 1000);
  const child = new Deno.Command(Deno.execPath(), {
    args,
    cwd: root,
    env: { ...processEnvironment(), NO_COLOR: "1", ...env },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
    signal: limit,
  }).spawn();
  let output = "";
  const streams = [child.stdout, child.stderr].map(async (stream) => {
    for await (const text of stream.pipeThrough(new TextDecoderStream())) output += text;
  });
  const { success } = await child.status;
  // What it started may live on and hold the streams open.
  await Promise.race([Promise.all(streams), new Promise((resolve) => setTimeout(resolve, 2000))]);
  if (limit.aborted) output += `\nEnded by force: it ran longer than ${limitSeconds} seconds.\n`;
  return { success, output };
}

/** The result of what is one test. */
const single = (success: boolean, output: string) => (
  { passed: Number(success), failed: Number(!success), skipped: 0, output }
);

/** A check that is one test. */
function check(name: string, args: string[], limitSeconds = 300): Job {
  return {
    name,
    run: async () => {
      const { success, output } = await deno(args, limitSeconds);
      return single(success, output);
    },
  };
}

/**
 * A file of tests, in a process of its own: what one leaves in TensorFlow's memory, or a crash in it, is no other's. A failure outside
 * every test (the file does not load, the process crashes) counts as one failed.
 */
function testFile(
  file: string,
  options: { filter?: string; env: Record<string, string>; limitSeconds?: number; label?: string },
): Job {
  const { filter, env, limitSeconds = 300, label = file } = options;
  return {
    name: label,
    run: async () => {
      const report = Deno.makeTempFileSync({ suffix: ".xml" });
      try {
        const filters = filter === undefined ? [] : ["--filter", filter];
        const { success, output } = await deno(
          ["test", "-A", "--no-check", "--quiet", `--junit-path=${report}`, ...filters, file],
          limitSeconds,
          env,
        );
        const counts = countJunit(Deno.readTextFileSync(report), filter);
        if (!success && counts.failed === 0) counts.failed = 1;
        return { ...counts, output };
      } finally {
        Deno.removeSync(report);
      }
    },
  };
}

/** Runs the jobs, two or more at a time, and prints a line for each; the whole output of one that failed. */
async function runAll(jobs: Job[]): Promise<{ counts: Counts; failures: string[] }> {
  let counts: Counts = { passed: 0, failed: 0, skipped: 0 };
  const failures: string[] = [];
  const queue = [...jobs];
  const worker = async () => {
    for (let job = queue.shift(); job !== undefined; job = queue.shift()) {
      const start = performance.now();
      const result = await job.run();
      const seconds = ((performance.now() - start) / 1000).toFixed(1);
      const told = `${result.passed} ok${result.skipped > 0 ? `, ${result.skipped} ignored` : ""}`;
      console.log(
        `${result.failed > 0 ? "FAILED" : "ok    "}  ${job.name.padEnd(54)} ${seconds.padStart(6)} s  ` +
          (result.failed > 0 ? `${result.failed} of ${result.passed + result.failed}` : told),
      );
      if (result.failed > 0) {
        console.log(shortened(result.output).replace(/^/gm, "    "));
        failures.push(job.name);
      }
      counts = add(counts, result);
    }
  };
  await Promise.all(Array.from({ length: Math.min(4, Math.max(2, navigator.hardwareConcurrency)) }, worker));
  return { counts, failures };
}

/** The beginning and the end of a long output. */
function shortened(output: string, most = 400): string {
  const lines = output.trimEnd().split("\n");
  if (lines.length <= most) return lines.join("\n");
  const left = most / 2;
  return [...lines.slice(0, left), `… ${lines.length - most} lines …`, ...lines.slice(-left)].join("\n");
}

/** The jobs of the stages, by the files that are there. */
function jobsOf(stages: readonly Stage[], filter: string | undefined, env: Record<string, string>): Job[] {
  const files = testFiles().filter((file) => !isLong(file));
  const smoke = files.filter((file) => Deno.readTextFileSync(inProject(file)).match(/["'`]smoke: /));
  const code = ["lib", "tools", "data"];
  const pages = ["deno.json", "package.json", "README.md", "README.ko.md", "docs", ".github"];
  const jobs: Record<Stage, () => Job[]> = {
    // the notebooks' format is the cells' check
    format: () => [check("format", ["fmt", "--check", ...code, ...pages])],
    lint: () => [check("lint", ["lint"])],
    types: () => [
      check("types", ["check", ...code]),
      check("examples", ["run", "-A", "tools/docs/testing/examples.ts"]),
    ],
    cells: () => [check("notebooks' cells", ["run", "-A", "tools/notebooks/testing/check.ts"])],
    tests: () => files.map((file) => testFile(file, { filter, env })),
    // The tests whose name begins with "smoke: " again, on the engine that runs everywhere.
    wasm: () => {
      const onWasm = { filter: "/^smoke: /", env: { ...env, KOBERT_ENGINE: "wasm" } };
      return smoke.map((file) => testFile(file, { ...onWasm, label: `${file} on wasm` }));
    },
    // What `deno task start` does, with a training of a few steps.
    notebooks: () => {
      const output = inProject("outputs", "test");
      const args = ["--recipe", "test", "--output", output, "--engine", env.KOBERT_ENGINE ?? "auto"];
      const start = check("notebooks", ["run", "-A", "tools/commands/start.ts", ...args], 480);
      // all of them, whatever an earlier run left
      return [{ ...start, run: () => (remove(output), start.run()) }];
    },
  };
  return stages.flatMap((stage) => jobs[stage]());
}

if (import.meta.main) {
  const long = Deno.args[0] === "long";
  const options = readOptions({
    command: long ? "test-long" : "test",
    about: long
      ? "Runs the tests that take minutes."
      : `Runs every check and test. Stages: ${stageNames.join(", ")}; the set-up goes first.`,
    options: {
      only: { type: "choice", choices: stageNames, about: "run this stage only" },
      filter: { type: "text", about: "run only the tests with this in their name (or /regular expression/)" },
      engine: {
        ...shared.engine,
        about: "wasm: test without TensorFlow, which otherwise must be there on x86-64 Linux",
      },
    },
  }, long ? Deno.args.slice(1) : Deno.args);
  const start = performance.now();
  const linux = Deno.build.os === "linux" && Deno.build.arch === "x86_64";
  const env: Record<string, string> = options.engine === "auto" ? {} : { KOBERT_ENGINE: options.engine };
  const setUpDone: Job = {
    name: "set-up",
    run: async () => {
      try {
        const strict = options.engine === "auto" && linux;
        const engine = strict ? "tensorflow" : options.engine;
        await setUp({ engine, strict, notebooks: true, retry: false });
        return single(true, "");
      } catch (error) {
        return single(false, error instanceof Error ? error.message : String(error));
      }
    },
  };
  const stages = options.only !== undefined
    ? [options.only]
    : options.filter !== undefined
    ? ["tests"] as const
    : stageNames;
  let { counts, failures } = await runAll([setUpDone]);
  if (failures.length === 0) {
    const jobs = long
      ? testFiles().filter(isLong).map((file) =>
        testFile(file, { filter: options.filter, env, limitSeconds: 3600 })
      )
      : jobsOf(stages, options.filter, env);
    const rest = await runAll(jobs);
    failures = rest.failures;
    counts = add(counts, rest.counts);
  }
  if (failures.length > 0) console.log(`\nFailed: ${failures.join(", ")}`);
  console.log(`\n${((performance.now() - start) / 1000).toFixed(0)} s in all, set-up included`);
  console.log(plainLine(counts));
  Deno.exit(counts.failed > 0 ? 1 : 0);
}
