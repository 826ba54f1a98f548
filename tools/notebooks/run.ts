/**
 * Runs notebooks without a browser on the project's Jupyter kernel. run.py beside this file does the talking to Jupyter (nbclient in
 * `.venv`, which `deno task setup` makes).
 */
import { basename, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { inBoth, linesOf, UserError } from "../../lib/ground/mod.ts";
import { fitted } from "../../lib/notebook/mod.ts";
import { readOptions } from "../options.ts";
import { kernelName, startup } from "../setup/kernel.ts";
import { exists, inProject, inVenv, program, root } from "../setup/paths.ts";

export interface RunNotebooksOptions {
  /** The notebooks' files, run in this order; each in a kernel of its own, in its own folder. */
  notebooks: readonly string[];
  /**
   * Where the executed notebooks go, under their own names. `null`: in place of the notebooks, without what changes from run to run, ready to
   * be committed; one that fails is left as it was, and what ran of it goes to `outputs/notebooks`.
   */
  outputFolder: string | null;
  /** Parameters: variables in the kernels' environment, beside this process's. @example { SONGS_FILE: "/data/songs.csv" } */
  env?: Readonly<Record<string, string>>;
  /** `interactive` (live where scripts may run, 3 MB a notebook), or `png` (pictures only), the default in place. */
  figures?: "interactive" | "png";
  /** The longest that a cell may take, 3600 s by default; `null` for no limit: a training of a large model takes what it takes. */
  timeoutSeconds?: number | null;
  /** Listens so long after each cell for late output, 100 ms by default. */
  settleMs?: number;
  /** Whether what cells print appears here too; progress always does. */
  echo?: boolean;
  /** Whether nothing appears on standard error. */
  quiet?: boolean;
  /** Whether a failure is told with the cell's code and the stack, as by default, or by its place and message alone. */
  details?: boolean;
  /** Is told of each notebook that ran, as soon as it is written. */
  onNotebook?: (result: NotebookResult) => void | Promise<void>;
  /** Jupyter's kernel and the Python environment that has it; the project's own by default. */
  kernel?: string;
  venv?: string;
}

/** Why a notebook did not run to its end. */
export interface NotebookError {
  /** The cell, from 1, texts counted too; `null` where none had started. */
  cell: number | null;
  executionCount: number | null;
  source: string;
  /** The error's class (`TypeError`), or Timeout, DeadKernel, Interrupted, Unfinished. */
  name: string;
  message: string;
  /** Stack, or what the kernel wrote before it ended. */
  details: string;
}

export interface NotebookResult {
  notebook: string;
  /** The executed notebook, also where it failed (then up to the failing cell); `null` where none was written. */
  output: string | null;
  seconds: number;
  status: "ok" | "failed" | "not run";
  error: NotebookError | null;
}

/** What run.py tells. */
type Event =
  | { event: "notebook"; source: string }
  | { event: "cell"; cell: number; cells: number }
  | { event: "progress"; text: string }
  | { event: "stream"; name: "stdout" | "stderr"; text: string }
  | { event: "interrupt" }
  | { event: "done"; seconds: number; error: NotebookError | null };

/**
 * Runs notebooks one after the other; after one that fails the rest is not run. Progress goes to standard error: one line a notebook with its
 * time, what its progress bars say meanwhile, and where one fails the cell, its code and the error.
 *
 * The first Ctrl-C asks the running cell to stop (a training saves and ends) and ends the run after it; the second ends at once.
 *
 * @throws Error where the set-up is missing, a notebook is not there, or two have one name.
 * @example
 * ```ts
 * const results = await runNotebooks({ notebooks: ["notebooks/01_eda.ipynb"], outputFolder: "outputs/notebooks" });
 * if (results.some(({ status }) => status !== "ok")) Deno.exit(1);
 * ```
 */
export async function runNotebooks(options: RunNotebooksOptions): Promise<NotebookResult[]> {
  const { venv = inVenv(), kernel = kernelName } = options;
  const inPlace = options.outputFolder === null;
  const python = program(venv, "python");
  if (!exists(python) || !exists(join(venv, "share", "jupyter", "kernels", kernel, "kernel.json"))) {
    throw new UserError(`${venv} has no Jupyter kernel "${kernel}". Run "deno task setup" first.`);
  }
  const jobs = options.notebooks.map((notebook) => {
    const source = resolve(notebook);
    if (!exists(source)) throw new UserError(`There is no notebook ${source}.`);
    // A failed run replaces no notebook of the project.
    if (inPlace) {
      return { source, output: source, partial: inProject("outputs", "notebooks", basename(source)) };
    }
    const output = resolve(options.outputFolder!, basename(source));
    if (output === source) {
      throw new UserError(`${source} would be written over; choose another folder for the output.`);
    }
    return { source, output, partial: output };
  });
  const twice = jobs.find(({ output }, i) => jobs.findIndex((job) => job.output === output) !== i);
  if (twice) {
    throw new UserError(`Two notebooks would be written to ${twice.output}; give each a name of its own.`);
  }
  if (jobs.length === 0) return [];

  const request = {
    jobs,
    kernel,
    startup: kernel === kernelName ? startup : null,
    timeoutSeconds: options.timeoutSeconds === undefined ? 3600 : options.timeoutSeconds,
    settleMs: options.settleMs ?? 100,
    env: { ...options.env, NOTEBOOK_FIGURES: options.figures ?? (inPlace ? "png" : "interactive") },
    strip: inPlace,
  };
  // Standard input stays open as long as this process lives: run.py ends with it.
  const child = new Deno.Command(python, {
    args: [fileURLToPath(new URL("run.py", import.meta.url)), JSON.stringify(request)],
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const results: NotebookResult[] = jobs.map(({ source }) => ({
    notebook: source,
    output: null,
    seconds: 0,
    status: "not run",
    error: null,
  }));
  const screen = new Screen(options.quiet ?? false);
  const complaints = new Response(child.stderr).text();
  // Ctrl-C in a terminal reaches run.py by itself, the terminal sends it to both; a signal to this process alone is handed on. Then
  // this process waits for what run.py says.
  const wait = () => {
    if (!Deno.stdin.isTerminal()) child.kill("SIGINT");
  };
  Deno.addSignalListener("SIGINT", wait);
  let at = -1;
  try {
    for await (const line of linesOf(child.stdout)) {
      const event = JSON.parse(line) as Event;
      const name = at < 0 ? "" : basename(jobs[at]!.source);
      if (event.event === "notebook") {
        at++;
        screen.status(`${basename(event.source)}: starting the kernel`);
      } else if (event.event === "cell") screen.status(`${name}: cell ${event.cell} of ${event.cells}`);
      else if (event.event === "progress") screen.progress(`${name}: ${event.text}`);
      else if (event.event === "interrupt") {
        screen.line(inBoth(`${name}: interrupted; waiting for its cell to end`));
      } else if (event.event === "stream") {
        if (options.echo) screen.line(event.text.trimEnd());
      } else {
        const { source, output, partial } = jobs[at]!;
        const { seconds, error } = event;
        results[at] = {
          notebook: source,
          output: error === null ? output : partial,
          seconds,
          status: error === null ? "ok" : "failed",
          error,
        };
        screen.line(
          `${name.padEnd(28)} ${seconds.toFixed(1).padStart(7)} s` +
            `${error === null ? "" : error.name === "Interrupted" ? "  멈춤 · stopped" : "  실패 · failed"}`,
        );
        if (error !== null) screen.line(failureText(results[at]!, options));
        await options.onNotebook?.(results[at]!);
      }
    }
  } finally {
    Deno.removeSignalListener("SIGINT", wait);
    await child.stdin.close().catch(() => {});
  }
  const { success } = await child.status;
  // Without a "done" something is wrong with Jupyter itself (or it was killed): its own words are all there is.
  if (!success && results.every(({ status }) => status !== "failed")) {
    throw new Error(
      `The notebook runner broke off. ${(await complaints).trim().split("\n").slice(-15).join("\n")}`,
    );
  }
  return results;
}

/** The names of errors that a person can mend: `UserError` and its kinds. */
const userErrorNames = ["UserError", "SongsError", "DecodeError", "ValueError", "NetworkError"];

/** Whether a notebook's error is one that a person can mend. */
export const isOfUsers = ({ name }: NotebookError): boolean => userErrorNames.includes(name);

/** Where a notebook failed: cell and error, and with details its code and the stack. */
export function failureText(
  { notebook, output, error }: NotebookResult,
  { details = true }: { details?: boolean } = {},
): string {
  if (error === null) return "";
  const place = error.cell === null
    ? "before its first cell"
    : `in cell ${error.cell}${error.executionCount === null ? "" : ` [${error.executionCount}]`}`;
  const ran = output === null ? [] : [inBoth(`What ran is in ${shortPath(output)}.`)];
  if (error.name === "Interrupted") {
    return [inBoth(`${shortPath(notebook)} was interrupted ${place}.`), ...ran].join("\n");
  }
  const told = isOfUsers(error) ? inBoth(error.message) : `${error.name}: ${error.message}`;
  if (!details) return [inBoth(`${shortPath(notebook)} came to an error ${place}:`), told, ...ran].join("\n");
  const lines = error.source.split("\n");
  const excerpt = lines.slice(0, 12).map((line) => `    ${line}`);
  if (lines.length > 12) excerpt.push(`    … ${lines.length - 12} more lines`);
  // A stack starts with name and message again.
  const stack = error.details.replace(/^Stack trace:\n/, "").replace(`${error.name}: ${error.message}`, "");
  return [
    `${shortPath(notebook)} failed ${place}:`,
    ...(error.source === "" ? [] : ["", ...excerpt, ""]),
    told,
    ...stack.split("\n").filter((line) => line.trim() !== "").slice(0, 15),
    ...ran,
  ].join("\n");
}

const shortPath = (path: string): string => {
  const inside = relative(root, path);
  return inside.startsWith("..") ? path : inside;
};

/** Standard error: in a terminal a status line that is rewritten, in a log progress every ten seconds. */
class Screen {
  private terminal = Deno.stderr.isTerminal();
  private told = performance.now();

  constructor(private quiet: boolean) {}

  line(text: string): void {
    this.write(`${this.terminal ? "\r\x1b[K" : ""}${text}\n`);
  }

  status(text: string): void {
    if (this.terminal) this.write(`\r\x1b[K${fitted(text, Deno.consoleSize().columns - 1)}`);
  }

  progress(text: string): void {
    if (this.terminal) this.status(text);
    else if (performance.now() - this.told > 10_000) {
      this.told = performance.now();
      this.line(text);
    }
  }

  private write(text: string): void {
    if (this.quiet) return;
    Deno.stderr.writeSync(new TextEncoder().encode(text));
  }
}

/** The notebooks of the project, in order. */
export function projectNotebooks(): string[] {
  return [...Deno.readDirSync(inProject("notebooks"))]
    .filter(({ name, isFile }) => isFile && name.endsWith(".ipynb"))
    .map(({ name }) => inProject("notebooks", name))
    .sort();
}

/** The option that names notebooks on a command line. */
export const notebooksOption = {
  type: "text",
  placeholder: "FILES",
  about: "separated by commas; all of notebooks/ by default",
} as const;

/** Files named on a command line, separated by commas; the project's notebooks where none is named. */
export const namedNotebooks = (names: string | undefined): string[] =>
  names === undefined
    ? projectNotebooks()
    : names.split(",").map((name) => name.trim()).filter((name) => name !== "");

if (import.meta.main) {
  const options = readOptions({
    command: "notebooks",
    about: "Runs notebooks without a browser, each in a kernel of its own.",
    options: {
      notebooks: notebooksOption,
      output: {
        type: "text",
        placeholder: "FOLDER",
        default: "outputs/notebooks",
        about: "where the executed notebooks go",
      },
      commit: { type: "flag", about: "run them in place, with pictures only, ready to be committed" },
      timeout: { type: "integer", min: 1, default: 3600, about: "seconds that a cell may take" },
      echo: { type: "flag", about: "print what the cells print" },
    },
  });
  const results = await runNotebooks({
    notebooks: namedNotebooks(options.notebooks),
    outputFolder: options.commit ? null : options.output,
    figures: options.commit ? "png" : "interactive",
    timeoutSeconds: options.timeout,
    echo: options.echo,
  });
  if (results.some(({ status }) => status !== "ok")) Deno.exit(1);
}
