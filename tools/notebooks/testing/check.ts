/**
 * Checks notebooks as the rest of the code is checked: types, lint and format of their cells, and of committed ones that they are executed,
 * in order, without errors, small, and the same on every machine.
 */
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { UserError } from "../../../lib/ground/mod.ts";
import { readOptions } from "../../options.ts";
import { inProject, remove, root } from "../../setup/paths.ts";
import { namedNotebooks, notebooksOption } from "../run.ts";
import { type SlideCell, slideTypeOf } from "../slide_types.ts";

/** Something wrong with a notebook. */
export interface NotebookProblem {
  notebook: string;
  /** The cell, from 1, texts counted too; `null` where the whole file is meant. */
  cell: number | null;
  /** The line of the cell, from 1; `null` where the whole cell is meant. */
  line: number | null;
  /** What is wrong and what to do. */
  problem: string;
}

export interface CheckNotebooksOptions {
  /** Whether the outputs are looked at too, as for notebooks that are committed. Default true. */
  outputs?: boolean;
}

/** A notebook as nbformat 4 has it, as far as it is looked at here. */
interface Notebook {
  cells: Cell[];
}
interface Cell extends Pick<SlideCell, "metadata"> {
  cell_type: "code" | "markdown" | "raw";
  source: string | string[];
  execution_count?: number | null;
  outputs?: Output[];
}
interface Output {
  output_type: "stream" | "display_data" | "execute_result" | "error";
  text?: string | string[];
  data?: Record<string, unknown>;
  ename?: string;
  evalue?: string;
}

/** The largest notebook that is committed, in bytes. */
const mostBytes = 500_000;

const textOf = (text: unknown): string => Array.isArray(text) ? text.join("") : String(text ?? "");

/**
 * Checks notebooks. All cells of one share a scope here, so a name is declared once in a notebook (the kernel would let a second
 * declaration pass).
 *
 * @returns every problem found; none when all is well
 * @throws Error for a file that is no notebook
 * @example
 * ```ts
 * const problems = await checkNotebooks(["notebooks/01_eda.ipynb"]);
 * ```
 */
export async function checkNotebooks(
  notebooks: readonly string[],
  options: CheckNotebooksOptions = {},
): Promise<NotebookProblem[]> {
  const read = notebooks.map(readNotebook);
  const problems = options.outputs === false ? [] : read.flatMap(checkOutputs);
  if (read.length > 0) {
    problems.push(...await checkCode(read), ...await checkFormat(notebooks));
  }
  return problems.sort((a, b) =>
    notebooks.indexOf(a.notebook) - notebooks.indexOf(b.notebook) || (a.cell ?? 0) - (b.cell ?? 0) ||
    (a.line ?? 0) - (b.line ?? 0)
  );
}

/** A notebook's cells and its file's size. */
export interface ReadNotebook {
  notebook: string;
  cells: Cell[];
  bytes: number;
}

/** Reads a notebook. @throws Error for a file that is none */
export function readNotebook(path: string): ReadNotebook {
  const bytes = Deno.readFileSync(path);
  try {
    const { cells } = JSON.parse(new TextDecoder().decode(bytes)) as Notebook;
    if (Array.isArray(cells)) return { notebook: path, cells, bytes: bytes.length };
  } catch {
    // Told below.
  }
  throw new UserError(`${path} is no Jupyter notebook of format 4: it is no JSON with "cells".`);
}

/**
 * What a notebook lacks that is committed: executed in order, without errors, small, pictures only, no path of this machine, and a slide
 * type in each cell.
 */
export function checkOutputs({ notebook, cells, bytes }: ReadNotebook): NotebookProblem[] {
  const problems: NotebookProblem[] = [];
  const add = (cell: number | null, problem: string) =>
    problems.push({ notebook, cell, line: null, problem });
  if (bytes > mostBytes) {
    add(
      null,
      `The file has ${bytes} bytes; committed notebooks have at most ${mostBytes}. Show less, or smaller figures.`,
    );
  }
  let expected = 0;
  cells.forEach((cell, index) => {
    const source = textOf(cell.source);
    const path = absolutePath(source, cell.cell_type === "code" ? "quoted" : "anywhere");
    if (path !== undefined) add(index + 1, `It names ${path}; a path must not begin at this machine's root.`);
    if (slideTypeOf(cell) === undefined) {
      add(
        index + 1,
        'The cell has no slide type. Choose one in JupyterLab\'s property inspector, or run "deno run -A tools/notebooks/slide_types.ts".',
      );
    }
    if (cell.cell_type !== "code") return;
    if (source.trim() === "") return add(index + 1, "The cell is empty. Remove it.");
    expected++;
    if (cell.execution_count !== expected) {
      add(
        index + 1,
        cell.execution_count === null || cell.execution_count === undefined
          ? "The cell was not executed. Run the whole notebook."
          : `The cell was executed as number ${cell.execution_count} in place of ${expected}. Run the whole notebook from the start.`,
      );
    }
    for (const output of cell.outputs ?? []) {
      for (const problem of outputProblems(output)) add(index + 1, problem);
    }
  });
  return problems;
}

function* outputProblems(output: Output): Generator<string> {
  if (output.output_type === "error") {
    yield `The cell ended with ${output.ename}: ${output.evalue}. Mend it and run the notebook again.`;
  }
  const texts = { ...output.data, ...(output.text === undefined ? {} : { "text/plain": output.text }) };
  for (const [type, content] of Object.entries(texts)) {
    if (type === "image/png") continue;
    if (type.startsWith("image/") || type.startsWith("application/")) {
      yield `An output is ${type}, which GitHub or an untrusted notebook does not show. Use image/png.`;
      continue;
    }
    const text = textOf(content);
    if (type === "text/html" && /<(script|svg|iframe|img)\b/i.test(text)) {
      yield "An output is live HTML, which an untrusted notebook does not show. Run the notebook with NOTEBOOK_FIGURES=png.";
    }
    const path = absolutePath(text, "anywhere");
    if (path !== undefined) yield `An output names ${path}, a path of the machine it ran on.`;
  }
}

/** The first path from a root of the file system that a text names. In code only quoted ones: `/a/b/` may be a pattern. */
function absolutePath(text: string, where: "quoted" | "anywhere"): string | undefined {
  const before = where === "quoted" ? "[\"'`]" : "(?:^|[\\s\"'`(=:,])";
  const path =
    "(?:file:///?[^\\s\"'`)]+|[A-Za-z]:\\\\[^\\s\"'`)]+|/[\\p{L}\\p{N}_.-]+(?:/[\\p{L}\\p{N}_.@-]+)+)";
  return text.match(new RegExp(`${before}(${path})`, "mu"))?.[1]?.replace(/[.,;:]+$/, "");
}

/** Types and lint, by a TypeScript file beside each notebook (so that its imports are found) that is removed again. */
async function checkCode(notebooks: readonly ReadNotebook[]): Promise<NotebookProblem[]> {
  const files = notebooks.map((notebook) => ({
    ...notebook,
    path: `${notebook.notebook}.check.ts`,
    ...joined(notebook.cells),
  }));
  try {
    for (const { path, code } of files) Deno.writeTextFileSync(path, code);
    const paths = files.map(({ path }) => path);
    const locate: Locate = (url, line) => {
      const found = files.find(({ path }) =>
        Deno.realPathSync(path) === Deno.realPathSync(fileURLToPath(url))
      );
      const place = found?.lines[line - 1];
      return found && { notebook: found.notebook, cell: place?.cell ?? null, line: place?.line ?? null };
    };
    const checked = await deno(["check", ...paths]);
    const linted = await deno(["lint", "--json", ...paths]);
    return [
      ...placed("check", checked, typeErrors(checked.all, locate)),
      ...placed("lint", linted, lintErrors(linted.stdout, locate)),
    ];
  } finally {
    for (const { path } of files) remove(path);
  }
}

/** The code cells as one module, and for each of its lines the cell and line it comes from. */
export function joined(cells: readonly Cell[]): { code: string; lines: { cell: number; line: number }[] } {
  const code: string[] = [];
  const lines: { cell: number; line: number }[] = [];
  cells.forEach((cell, index) => {
    if (cell.cell_type !== "code") return;
    textOf(cell.source).split("\n").forEach((text, line) => {
      code.push(text);
      lines.push({ cell: index + 1, line: line + 1 });
    });
  });
  return { code: code.join("\n") + "\nexport {};\n", lines };
}

/** The place in a notebook of a line of its module. */
type Locate = (url: string, line: number) => Omit<NotebookProblem, "problem"> | undefined;

/** The problems that a tool's output tells. @throws Error where it failed and no problem could be read: nothing must be lost. */
function placed(tool: string, run: Ran, problems: Iterable<NotebookProblem>): NotebookProblem[] {
  const found = [...problems];
  if (!run.success && found.length === 0) {
    throw new Error(`deno ${tool} of the notebooks' cells failed:\n${run.all.trim()}`);
  }
  return found;
}

/** `TS2322 [ERROR]: text … at file:///….check.ts:3:7`, or one `error: text … at …` where a module is missing. */
function* typeErrors(output: string, locate: Locate): Generator<NotebookProblem> {
  for (const part of output.split(/(?=^(?:TS\d+ \[ERROR\]|error): )/m)) {
    const [, headline] = part.match(/^(TS\d+ \[ERROR\]: .*|error: .*)$/m) ?? [];
    const [, file, line] = part.match(/at (file:\/\/\S+):(\d+):\d+/) ?? [];
    const place = file === undefined ? undefined : locate(file, Number(line));
    if (headline === undefined || place === undefined) continue;
    yield { ...place, problem: headline.replace(" [ERROR]", "").replace(/^error: /, "") };
  }
}

function* lintErrors(output: string, locate: Locate): Generator<NotebookProblem> {
  if (!output.startsWith("{")) return;
  const { diagnostics } = JSON.parse(output) as {
    diagnostics: { filename: string; range: { start: { line: number } }; message: string; code: string }[];
  };
  for (const { filename, range, message, code } of diagnostics) {
    const place = locate(filename, range.start.line);
    if (place !== undefined) yield { ...place, problem: `${message} (${code})` };
  }
}

/**
 * Those of some notebooks that are not formatted, with the text that they should have. Copies are formatted: of a notebook,
 * `deno fmt --check` says that it is not formatted whenever it looks at it (Deno 2.9.6 and before; only what its cache knows passes), and
 * deno.json leaves notebooks out of `deno fmt` for that.
 */
async function unformatted(notebooks: readonly string[]): Promise<{ notebook: string; text: string }[]> {
  const folder = await Deno.makeTempDir();
  try {
    const copies = notebooks.map((notebook, index) => ({ notebook, copy: join(folder, `${index}.ipynb`) }));
    for (const { notebook, copy } of copies) await Deno.copyFile(notebook, copy);
    const { success, all } = await deno(["fmt", folder]);
    if (!success) throw new Error(`deno fmt of the notebooks failed:\n${all.trim()}`);
    return copies
      .map(({ notebook, copy }) => ({ notebook, text: Deno.readTextFileSync(copy) }))
      .filter(({ notebook, text }) => Deno.readTextFileSync(notebook) !== text);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const checkFormat = async (notebooks: readonly string[]): Promise<NotebookProblem[]> =>
  (await unformatted(notebooks)).map(({ notebook }) => ({
    notebook,
    cell: null,
    line: null,
    problem: 'The cells are not formatted. Run "deno run -A tools/notebooks/testing/check.ts --format".',
  }));

/** Formats notebooks where they lie. @returns those that were not formatted */
export async function formatNotebooks(notebooks: readonly string[]): Promise<string[]> {
  const changed = await unformatted(notebooks);
  for (const { notebook, text } of changed) await Deno.writeTextFile(notebook, text);
  return changed.map(({ notebook }) => notebook);
}

interface Ran {
  success: boolean;
  stdout: string;
  /** Standard error and output. */
  all: string;
}

/** Runs this Deno with the project's configuration, wherever the files stand. */
async function deno([command, ...args]: [string, ...string[]]): Promise<Ran> {
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [command, "--config", inProject("deno.json"), ...args],
    env: { NO_COLOR: "1" },
    stdout: "piped",
    stderr: "piped",
  }).output();
  const text = new TextDecoder().decode(stdout);
  return { success, stdout: text, all: new TextDecoder().decode(stderr) + text };
}

/** A problem in a line. */
export const problemText = ({ notebook, cell, line, problem }: NotebookProblem): string =>
  `${relative(root, notebook)}${cell === null ? "" : `, cell ${cell}`}${
    line === null ? "" : `, line ${line}`
  }: ${problem}`;

if (import.meta.main) {
  const options = readOptions({
    command: "check-notebooks",
    about:
      "Checks notebooks: types, lint and format of their cells, and that their outputs are fit to be committed.",
    options: {
      notebooks: notebooksOption,
      sourceOnly: { type: "flag", about: "do not look at the outputs" },
      format: { type: "flag", about: "format the cells first" },
    },
  });
  const notebooks = namedNotebooks(options.notebooks);
  if (options.format) {
    for (const notebook of await formatNotebooks(notebooks)) {
      console.error(`formatted ${relative(root, notebook)}`);
    }
  }
  const problems = await checkNotebooks(notebooks, { outputs: !options.sourceOnly });
  for (const problem of problems) console.error(problemText(problem));
  console.error(`${notebooks.length} notebooks, ${problems.length} problems`);
  if (problems.length > 0) Deno.exit(1);
}
