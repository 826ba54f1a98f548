/**
 * The commands' options: one vocabulary, one way to check it, one style of help.
 *
 * A command states its options as a table and gets their values typed:
 *
 * @example
 * ```ts
 * const options = readOptions({
 *   command: "train",
 *   about: "Fine-tunes a model on a table of songs.",
 *   options: { songs: shared.songs, seed: shared.seed, epochs: recipe.epochs },
 * });
 * options.seed; // number: its option has a default
 * options.epochs; // number | undefined: the recipe's own value stands when it is not given
 * ```
 */
import { parseArgs } from "node:util";
import { holds, inBoth, nameProcess, nearOf, type Rule, UserError, wanted } from "../lib/ground/mod.ts";
import { type RecipeField, recipeFields, recipes } from "../lib/training/recipe.ts";
import { tellErrors } from "./errors.ts";
import {
  checkInput,
  checkOutputFile,
  checkOutputFolder,
  filesOf,
  type PathKind,
  standardInputPath,
  standardOutputPath,
} from "./paths.ts";

/** One option. In a table its key is the option's name in camelCase: `batchSize` is `--batch-size`. */
export type Option = Rule & {
  /** What it does, in a few words, for the help. */
  about: string;
  /** What stands for the value in the help. */
  placeholder?: string;
  /** An input, a file or folder that must be there, or what the command writes: checked before the command does anything. */
  path?: PathKind;
  /** Of an output file: whether `-` is standard output. */
  standardOutput?: true;
  /** Of an input: whether `-` is standard input. */
  standardInput?: true;
  /** Of an input: whether it may be a pattern of files (`2024-*.csv`). */
  patterns?: true;
  /**
   * Of an output folder, the files and folders in it that the command writes and replaces: none of them may be an input, and nothing else
   * may lie there, unless that is the default folder, or holds the mark.
   */
  writes?: readonly string[];
  /** Of an output folder, what in it says that a run of this command is there. */
  mark?: string;
  default?: unknown;
  required?: true;
  /** Of a text: whether it may be given several times; its value is all of them. */
  repeated?: true;
};

export type OptionTable = Readonly<Record<string, Option>>;

type Value<O extends Option> = O extends { type: "flag" } ? boolean
  : O extends { type: "integer" | "number" } ? number
  : O extends { choices: readonly (infer C)[] } ? C
  : O extends { type: "list" } | { repeated: true } ? string[]
  : string;

/** The values of a table's options: `undefined` where one has no default and was not given. */
export type Values<T extends OptionTable> = {
  [K in keyof T]: T[K] extends
    { default: string | number } | { required: true } | { type: "flag" } | { repeated: true } ? Value<T[K]>
    : Value<T[K]> | undefined;
};

/** A command line, for its help and its errors. */
export interface CommandLine<T extends OptionTable> {
  /** The task's name. */
  command: string;
  /** What the command does: a line or a paragraph. */
  about: string;
  options: T;
  /** What arguments behind a second `--` are, where the command hands them on to another program. */
  rest?: string;
}

/** The command line is wrong; the message says where and what is right. */
export class UsageError extends UserError {
  override readonly name = "UsageError";
}

/** The options that several commands share. */
export const shared = {
  songs: {
    type: "text",
    path: "input",
    default: "data/songs.csv",
    about: "the table of songs: CSV with the eight columns",
  },
  separator: {
    type: "text",
    placeholder: "CHAR",
    about: "what parts the table's columns: a character, or tab (default: found in the file)",
  },
  genres: {
    type: "list",
    about: "the genres to tell apart, with commas; songs of none of them are left out (default all)",
  },
  genreNames: {
    type: "text",
    path: "input",
    about:
      "what the table's genres or genre codes (3, GN0100, Ballad) are called: a CSV with two columns, code and name, or a JSON object",
  },
  model: {
    type: "text",
    path: "source",
    default: "kobert-small",
    about:
      "kobert-small (pretrained), a small one from scratch (kobert-small-scratch), a checkpoint's folder, a Hub id (skt/kobert-base-v1)",
  },
  tokenizer: {
    type: "text",
    placeholder: "PATH",
    path: "input",
    about: "a SentencePiece model, tokenizer.json or folder of one; else the model's; not with kobert-small",
  },
  output: { type: "text", placeholder: "FOLDER", path: "output folder", about: "where the results go" },
  seed: { ...optionOf(recipeFields.seed), default: recipeFields.seed.value },
  engine: {
    type: "choice",
    choices: ["auto", "tensorflow", "wasm"],
    default: "auto",
    about: "what does the maths",
  },
  precision: { ...optionOf(recipeFields.precision), default: recipeFields.precision.value },
  anew: { type: "flag", about: "starts over where an earlier run was left in the output folder" },
} as const satisfies OptionTable;

/** A recipe's field as an option: its default is the recipe's own value. */
function optionOf<F extends RecipeField>({ value: _, ...option }: F): Omit<F, "value"> {
  return option;
}

type RecipeFields = typeof recipeFields;
/** The fields that have an option of their name. */
type Offered = {
  [K in keyof RecipeFields]: RecipeFields[K] extends { option: false } ? never : K;
}[keyof RecipeFields];

/** The fields that a language model's training knows nothing of. */
type OfGenres = {
  [K in keyof RecipeFields]: RecipeFields[K] extends { language: false } ? K : never;
}[keyof RecipeFields];

/** What stands for a path in the help, unless the option says. */
const placeholders: Readonly<Record<PathKind, string>> = {
  input: "FILE",
  source: "SOURCE",
  "output file": "FILE",
  "output folder": "FOLDER",
};

/** The recipe's fields; one that is not given keeps the recipe's own value. */
export const recipe = {
  recipe: {
    type: "choice",
    choices: Object.keys(recipes),
    about:
      "where the fields below start from; by default fine-tune for kobert-small, quick for a small model from scratch, else study",
  },
  ...Object.fromEntries(
    (Object.entries(recipeFields) as [keyof RecipeFields, RecipeField][])
      .filter(([name, { option }]) => option !== false && name !== "seed" && name !== "precision")
      .map((
        [name, field],
      ) => [name, { ...optionOf(field), placeholder: name === "bestMetric" ? "NAME" : undefined }]),
  ) as unknown as { [K in Exclude<Offered, "seed" | "precision">]: Omit<RecipeFields[K], "value"> },
} as const satisfies OptionTable;

/** The fields that a language model is trained by. */
export const languageRecipe = Object.fromEntries(
  Object.entries(recipe).filter(([name]) =>
    (recipeFields as Record<string, RecipeField>)[name]?.language !== false
  ),
) as {
  [K in keyof typeof recipe as K extends OfGenres ? never : K]: (typeof recipe)[K];
};

/** What every command's options have. */
interface Common {
  debug: boolean;
  /** What is handed on to another program; empty but for commands that do so. */
  rest: string[];
}

/** Arguments before a second `--`, and behind it: `deno task lab -- --seed 1 -- --ip 0.0.0.0`. */
function parted(args: string[]): [own: string[], rest: string[]] {
  const at = args.indexOf("--", args[0] === "--" ? 1 : 0);
  return at < 0 ? [args, []] : [args.slice(0, at), args.slice(at + 1)];
}

/** Options of commands whose trials may run on a Ray cluster. */
export const clusterOptions = {
  cluster: {
    type: "text",
    placeholder: "ADDRESS",
    about:
      "runs the trials on a Ray cluster: local (workers of this machine), auto (the cluster that this machine belongs to), or its HOST:PORT",
  },
  workers: {
    type: "integer",
    min: 1,
    about: "with --cluster local: how many networks at a time (default as many as its cores allow)",
  },
  cores: { type: "integer", min: 1, about: "on a cluster: the cores that a network asks for (default 2)" },
  gpus: { type: "integer", min: 0, about: "on a cluster: the GPUs that a network asks for (default none)" },
} as const satisfies OptionTable;

/** The option that every command has. */
const debug = { type: "flag", about: "prints where an error stands, for a report" } as const;

/**
 * Reads the command line of this process, as a task gets it, and tells every later error of the process as {@link tellErrors} does. `--help`
 * prints the help and ends the process with 0; a wrong command line prints what is wrong and ends it with 2.
 */
export function readOptions<const T extends OptionTable>(
  line: CommandLine<T>,
  args: string[] = Deno.args,
): Values<T> & Common {
  tellErrors((text) => inWordsOf(line.options, text));
  nameProcess(`deno task ${line.command}`);
  if (args.includes("--help") || args.includes("-h")) {
    console.log(helpText(line));
    Deno.exit(0);
  }
  try {
    const [own, rest] = line.rest === undefined ? [args, []] : parted(args);
    const values = { ...parseOptions({ ...line.options, debug }, own), rest } as Values<T> & Common;
    checkPaths(line.options, values);
    return values;
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    console.error(inBoth(`${error.message}\n"deno task ${line.command} -- --help" lists the options.`));
    Deno.exit(2);
  }
}

/** A text of lib in the words of a command line: `Recipe: freezeLayers is 9` becomes `--freeze-layers is 9`. */
export function inWordsOf(table: OptionTable, text: string): string {
  return Object.keys(table).reduce((words, name) => {
    const flag = `--${flagName(name)}`;
    const named = words.replaceAll(new RegExp(`\\bRecipe: ${name}\\b`, "g"), flag);
    // a name of several words is no word of a sentence
    return /[A-Z]/.test(name) ? named.replaceAll(new RegExp(`(?<![\\w.])${name}\\b`, "g"), flag) : named;
  }, text);
}

/**
 * Checks what a command reads and writes, before it does anything else: inputs are there, outputs can be written and are none of
 * the inputs. Folders of outputs are made.
 *
 * @throws UserError
 */
export function checkPaths(table: OptionTable, values: Readonly<Record<string, unknown>>): void {
  const given = Object.entries(table).flatMap(([name, option]) => {
    const value = values[name], flag = `--${flagName(name)}`;
    if (option.path === undefined || value === undefined) return [];
    const paths = (option.repeated ? value : [value]) as string[];
    return paths.map((path) => ({ flag, option, path }));
  });
  const files = given.filter(({ option, path }) => !(option.standardInput && path === standardInputPath))
    .flatMap((file) =>
      file.option.patterns ? filesOf(file.flag, file.path).map((path) => ({ ...file, path })) : [file]
    );
  for (const { flag, option, path } of files) if (option.path === "input") checkInput(flag, path);
  const inputs = files.filter(({ option }) => option.path === "input" || option.path === "source");
  for (const { flag, option, path } of given) {
    if (option.path === "output file") {
      if (path !== standardOutputPath) checkOutputFile(flag, path, inputs);
      else if (!option.standardOutput) {
        throw new UsageError(`${flag} must be a file here, not standard output (-).`);
      } else keepStandardOutput();
    }
    if (option.path === "output folder") {
      const { writes, mark, default: standard } = option;
      checkOutputFolder(flag, path, { writes, mark, default: standard as string | undefined }, inputs);
    }
  }
}

/** From now on notes go to standard error: standard output is for what another program reads. */
export function keepStandardOutput(): void {
  console.log = console.error;
}

/** The values of `args` by a table. @throws UsageError */
export function parseOptions<const T extends OptionTable>(table: T, args: string[]): Values<T> {
  const byFlag = new Map(Object.entries(table).map(([name, option]) => [flagName(name), { name, option }]));
  const { tokens } = parseArgs({
    // `deno task NAME -- --seed 1` hands the dashes on; npx takes them away.
    args: args[0] === "--" ? args.slice(1) : args,
    options: Object.fromEntries(
      byFlag.entries().map(([flag, { option: { type } }]) =>
        [flag, { type: type === "flag" ? "boolean" : "string" }] as const
      ),
    ),
    strict: false,
    tokens: true,
  });
  const values: Record<string, unknown> = {};
  for (const token of tokens) {
    if (token.kind === "positional") {
      throw new UsageError(
        `"${token.value}" stands alone; values follow an option's name.${
          Object.values(table).some(({ patterns }) => patterns)
            ? ' What has spaces stands in quotes, and so does a pattern of files: "밤하늘의 별", "2024-*.csv".'
            : ""
        }`,
      );
    }
    if (token.kind === "option-terminator") continue;
    const known = byFlag.get(token.name);
    if (known === undefined || !token.rawName.startsWith("--")) {
      const nearest = nearOf(token.name, [...byFlag.keys()]);
      throw new UsageError(
        `There is no option ${token.rawName}${nearest === undefined ? "" : `; the closest is --${nearest}`}.`,
      );
    }
    const value = valueOf(token.name, known.option, token.value, token.inlineValue === true);
    if (known.option.repeated) {
      values[known.name] = [...values[known.name] as string[] | undefined ?? [], value as string];
      continue;
    }
    if (known.name in values) throw new UsageError(`--${token.name} is given twice.`);
    values[known.name] = value;
  }
  for (const [name, option] of Object.entries(table)) {
    if (name in values) continue;
    if (option.type === "flag") values[name] = false;
    else if (option.repeated) values[name] = [];
    else if (option.required) {
      throw new UsageError(`--${flagName(name)} ${placeholder(option)} is needed: ${option.about}.`);
    } else {
      values[name] = option.type === "list" && typeof option.default === "string"
        ? valueOf(flagName(name), option, option.default, true)
        : option.default;
    }
  }
  return values as Values<T>;
}

function valueOf(
  flag: string,
  option: Option,
  text: string | undefined,
  inline: boolean,
): string | number | boolean | string[] {
  if (option.type === "flag") {
    if (text !== undefined) throw new UsageError(`--${flag} takes no value.`);
    return true;
  }
  if (text === undefined || text === "" || (!inline && text.startsWith("--"))) {
    throw new UsageError(`--${flag} needs a value: ${placeholder(option)}, ${option.about}.`);
  }
  if (option.type === "text") return text;
  if (option.type === "list") {
    const words = text.split(",").map((word) => word.trim()).filter((word) => word !== "");
    if (words.length > 0) return words;
    throw new UsageError(`--${flag} is "${text}"; it must be words with commas between.`);
  }
  // null is for recipes: an option that is not wanted is left out
  const rule: Rule = { ...option, orNull: undefined };
  const value = option.type === "choice" || text.trim() === "" ? text : Number(text);
  if (holds(rule, value)) return value;
  const shown = typeof value === "number" && Number.isFinite(value) ? value : `"${text}"`;
  throw new UsageError(
    `--${flag} is ${shown}; it ${option.type === "choice" ? "can" : "must"} be ${wanted(rule)}.`,
  );
}

/** The help of a command, made from its table. */
export function helpText(line: CommandLine<OptionTable>): string {
  const rows = Object.entries(line.options).map(([name, option]) => {
    const left = option.type === "flag"
      ? `--${flagName(name)}`
      : `--${flagName(name)} ${placeholder(option)}`;
    const standard = option.type === "flag" || option.default === undefined
      ? ""
      : ` (default ${option.default})`;
    const needed = option.type !== "flag" && option.required ? " (needed)" : "";
    const several = option.repeated ? "; may be given several times" : "";
    return [left, option.about + standard + needed + several] as const;
  });
  rows.push(["--debug", debug.about], ["--help", "this text"]);
  const width = Math.min(34, Math.max(...rows.map(([left]) => left.length)));
  const table = rows.map(([left, right]) =>
    left.length > width ? `  ${left}\n  ${" ".repeat(width)}  ${right}` : `  ${left.padEnd(width)}  ${right}`
  );
  const rest = line.rest === undefined ? "" : ` -- [${line.rest}]`;
  return [`deno task ${line.command} -- [options]${rest}`, "", line.about, "", ...table].join("\n");
}

/** Options as they are written on a command line; what is absent, `null` or as by default is left out. */
export function optionsText(table: OptionTable, values: Readonly<Record<string, unknown>>): string {
  return Object.entries(table).flatMap(([name, option]) => {
    const value = values[name];
    if (value === undefined || value === null || value === option.default) return [];
    const text = String(value);
    return [
      `--${flagName(name)} ` +
      `${/^[\p{L}\p{N}_./,-]+$/u.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`}`,
    ];
  }).join(" ");
}

/** An option's name on the command line, without its dashes. */
export const flagName = (name: string): string =>
  name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

function placeholder(option: Option): string {
  if (option.type === "choice") return option.choices.join("|");
  if (option.placeholder !== undefined) return option.placeholder;
  if (option.path !== undefined) return placeholders[option.path];
  return option.type === "list" ? "LIST" : option.type === "text" ? "TEXT" : "N";
}
