/**
 * Starts a command: `deno run -A tools/main.ts train --epochs 3` sets up what is missing and runs `tools/commands/train.ts` in a process that has
 * the right environment from its start.
 */
import { processEnvironment } from "./environment.ts";
import { launch } from "./launch.ts";
import { hostname } from "node:os";
import { inBoth, nearOf } from "../lib/ground/mod.ts";
import { launchedRank, launchedSize, takeOwnCores } from "../lib/team/mod.ts";
import { commandLines } from "./command_lines.ts";
import { tellErrors } from "./errors.ts";
import { type CommandLine, type OptionTable, readOptions } from "./options.ts";
import { setUp, type SetUpOptions } from "./setup.ts";
import { checkLaunched } from "./team.ts";
import { exists, inProject } from "./setup/paths.ts";

/** The commands that execute or convert notebooks; the others need no Jupyter. */
const withNotebooks = ["start", "lab", "slides"];

/** The commands that compute nothing: they work where TensorFlow is not set up. */
const withoutEngine = ["report", "slides", "docs"];

/**
 * What a command needs of the set-up, by its arguments: for `--help` the packages it imports, for `--engine` that engine.
 *
 * @param fallback the engine when no argument names one: the value of KOBERT_ENGINE.
 */
export function needs(command: string, args: string[], fallback: string | undefined): SetUpOptions {
  if (args.includes("--help") || args.includes("-h")) {
    return { engine: "wasm", strict: false, notebooks: false, retry: false };
  }
  const inline = args.find((arg) => arg.startsWith("--engine="))?.slice("--engine=".length);
  const index = args.indexOf("--engine");
  const named = inline ?? (index < 0 ? fallback : args[index + 1]);
  const engine = withoutEngine.includes(command)
    ? "wasm"
    : named === "tensorflow" || named === "wasm"
    ? named
    : "auto";
  return { engine, strict: false, notebooks: withNotebooks.includes(command), retry: false };
}

/** The tasks of deno.json and what they do. */
function tasks(): [name: string, description: string][] {
  const { tasks } = JSON.parse(Deno.readTextFileSync(inProject("deno.json")));
  return Object.entries<{ description: string }>(tasks).map(([name, { description }]) => [name, description]);
}

if (import.meta.main) {
  const [command = "", ...args] = Deno.args;
  const file = inProject("tools", "commands", `${command}.ts`);
  if (!/^[a-z][a-z-]*$/.test(command) || !exists(file)) {
    const nearest = nearOf(command, tasks().map(([name]) => name));
    console.error(inBoth(
      command === ""
        ? "A command is needed."
        : `There is no command "${command}"${nearest === undefined ? "" : `; the closest is "${nearest}"`}.`,
    ));
    console.error(inBoth('The tasks, each run as "deno task NAME":'));
    for (const [name, description] of tasks()) console.error(`  ${name.padEnd(10)}  ${description}`);
    Deno.exit(2);
  }
  tellErrors();
  // a help, or a mistake, is told before anything is set up
  const known: Readonly<Record<string, CommandLine<OptionTable>>> = commandLines;
  if (Object.hasOwn(known, command)) readOptions(known[command]!, args);
  checkLaunched(command);
  const setUpSeconds = await setUp(needs(command, args, Deno.env.get("KOBERT_ENGINE")));
  takeOwnCores();
  const code = await launch(Deno.execPath(), ["run", "-A", file, ...args], {
    ...processEnvironment(),
    KOBERT_SETUP_SECONDS: String(setUpSeconds),
  });
  if (code > 128 && code !== 130 && launchedSize() > 1) {
    console.error(
      `Process ${launchedRank()} of the ${launchedSize()} that work together (on ${hostname()}) was ended by signal ${
        code - 128
      }, and the others end with it. The same command goes on from the last checkpoint.`,
    );
  }
  Deno.exit(code);
}
