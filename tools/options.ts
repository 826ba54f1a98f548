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

interface Described {
  /** What it does, in a few words, for the help. */
  about: string;
}

/** One option. In a table its key is the option's name in camelCase: `batchSize` is `--batch-size`. */
export type Option =
  | Described & { type: "text"; placeholder: string; default?: string; required?: true }
  | Described & { type: "integer" | "number"; min?: number; max?: number; default?: number; required?: true }
  | Described & { type: "choice"; choices: readonly string[]; default?: string; required?: true }
  | Described & { type: "list"; placeholder: string }
  | Described & { type: "flag" };

export type OptionTable = Readonly<Record<string, Option>>;

type Value<O extends Option> = O extends { type: "flag" } ? boolean
  : O extends { type: "list" } ? string[]
  : O extends { type: "integer" | "number" } ? number
  : O extends { choices: readonly (infer C)[] } ? C
  : string;

/** The values of a table's options: `undefined` where one has no default and was not given. */
export type Values<T extends OptionTable> = {
  [K in keyof T]: T[K] extends { default: unknown } | { required: true } | { type: "flag" | "list" }
    ? Value<T[K]>
    : Value<T[K]> | undefined;
};

/** A command line, for its help and its errors. */
export interface CommandLine<T extends OptionTable> {
  /** The task's name. */
  command: string;
  /** What the command does: a line or a paragraph. */
  about: string;
  options: T;
}

/** The command line is wrong; the message says where and what is right. */
export class UsageError extends Error {}

/** The options that several commands share. */
export const shared = {
  songs: {
    type: "text",
    placeholder: "FILE",
    default: "data/songs.csv",
    about: "the table of songs: CSV with the eight columns",
  },
  genres: {
    type: "text",
    placeholder: "LIST",
    about: "the genres to tell apart, with commas; songs of none of them are left out (default all)",
  },
  model: {
    type: "text",
    placeholder: "SOURCE",
    default: "kobert-small",
    about: "a checkpoint's folder, a Hub id (skt/kobert-base-v1), or a named configuration from scratch",
  },
  tokenizer: {
    type: "text",
    placeholder: "PATH",
    about: "a SentencePiece model, tokenizer.json or folder of one; else the model's",
  },
  output: { type: "text", placeholder: "FOLDER", about: "where the results go" },
  seed: { type: "integer", min: 0, max: 2 ** 31 - 1, default: 7, about: "every random choice comes from it" },
  engine: {
    type: "choice",
    choices: ["auto", "tensorflow", "wasm"],
    default: "auto",
    about: "what does the maths",
  },
  precision: {
    type: "choice",
    choices: ["auto", "float32", "bf16"],
    default: "auto",
    about: "of matrix products; auto is bf16 where the processor multiplies it natively",
  },
} as const satisfies OptionTable;

/** The recipe's fields; one that is not given keeps the recipe's own value. */
export const recipe = {
  recipe: {
    type: "choice",
    choices: ["study", "quick", "thorough", "test"],
    about: "where the fields below start from; study, or quick (thorough: longer) for a model from scratch",
  },
  epochs: { type: "integer", min: 1, about: "times through the training songs" },
  maxSteps: { type: "integer", min: 1, about: "ends the training after so many steps" },
  batchSize: { type: "integer", min: 1, about: "songs in a step" },
  microBatchTokens: {
    type: "integer",
    min: 1,
    about: "computes a step in parts of so many tokens: less memory",
  },
  maxLength: { type: "integer", min: 3, about: "tokens a song is cut to" },
  learningRate: { type: "number", min: 0, about: "the highest one, at the end of the warmup" },
  schedule: {
    type: "choice",
    choices: ["linear", "cosine", "constant", "warmup-stable-decay"],
    about: "how the learning rate falls",
  },
  decayRatio: {
    type: "number",
    min: 0,
    max: 1,
    about: "for warmup-stable-decay: share of the steps, at the end, in which the learning rate falls",
  },
  warmupRatio: {
    type: "number",
    min: 0,
    max: 1,
    about: "share of the steps in which the learning rate rises",
  },
  warmupSteps: { type: "integer", min: 0, about: "the same as a number of steps" },
  weightDecay: { type: "number", min: 0, about: "AdamW's, on all weights but biases and layer norms" },
  gradClip: { type: "number", min: 0, about: "the largest norm of all gradients together" },
  labelSmoothing: { type: "number", min: 0, max: 1, about: "the share of the target spread over all genres" },
  dropout: {
    type: "number",
    min: 0,
    max: 1,
    about: "the rate of every dropout of the model, in place of its own",
  },
  balanceClasses: { type: "flag", about: "weighs each genre by the inverse of its frequency in training" },
  maskingRate: {
    type: "number",
    min: 0,
    max: 1,
    about: "the share of tokens that a masked language model is asked for",
  },
  wholeWordMasking: { type: "flag", about: "masks all pieces of a word, or none" },
  gradientCheckpointing: {
    type: "flag",
    about: "computes each layer once more in the backward pass: less memory, a third slower",
  },
  freezeLayers: {
    type: "integer",
    min: 0,
    about: "the embeddings and so many of the lowest layers stay as they are",
  },
  unfreezeGradually: { type: "flag", about: "thaws the highest frozen layer at each new epoch" },
  maxTrainSamples: { type: "integer", min: 1, about: "trains on so many instances, drawn by the seed" },
  maxValidationSamples: {
    type: "integer",
    min: 1,
    about: "validates on so many instances, drawn by the seed",
  },
  loraRank: {
    type: "integer",
    min: 1,
    about: "trains adapters of this rank and the head alone (LoRA), beside a checkpoint that stays as it is",
  },
  loraAlpha: { type: "number", min: 0, about: "adapters are multiplied by this over their rank" },
  loraTargets: {
    type: "text",
    placeholder: "LIST",
    about: "the layers with adapters, by the ends of their names, with commas: query,value; or all-linear",
  },
  loraDropout: { type: "number", min: 0, max: 1, about: "dropout of what goes into an adapter" },
  logEverySteps: { type: "integer", min: 1, about: "steps from one log line to the next" },
  saveEverySteps: { type: "integer", min: 1, about: "steps from one checkpoint to the next" },
  evaluateEverySteps: {
    type: "integer",
    min: 1,
    about: "steps from one validation to the next, beside epochs",
  },
  earlyStoppingPatience: {
    type: "integer",
    min: 1,
    about: "ends after so many validations without a better one",
  },
  earlyStoppingDelta: { type: "number", min: 0, about: "what counts as better" },
  bestMetric: {
    type: "text",
    placeholder: "NAME",
    about: "what tells the best model: accuracy, loss, or another number that validation gives",
  },
  keepCheckpoints: { type: "integer", min: 1, about: "checkpoints kept beside the best" },
} as const satisfies OptionTable;

/**
 * Reads the command line of this process, as a task gets it. `--help` prints the help and ends the process with 0; a wrong command line prints what is wrong and ends
 * it with 2.
 */
export function readOptions<const T extends OptionTable>(
  line: CommandLine<T>,
  args: string[] = Deno.args,
): Values<T> {
  if (args.includes("--help") || args.includes("-h")) {
    console.log(helpText(line));
    Deno.exit(0);
  }
  try {
    return parseOptions(line.options, args);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    console.error(`${error.message}\n"deno task ${line.command} -- --help" lists the options.`);
    Deno.exit(2);
  }
}

/** The values of `args` by a table. @throws UsageError */
export function parseOptions<const T extends OptionTable>(table: T, args: string[]): Values<T> {
  const byFlag = new Map(Object.entries(table).map(([name, option]) => [flagName(name), { name, option }]));
  const { tokens } = parseArgs({
    // `deno task NAME -- --seed 1` hands the dashes on; npx takes them away.
    args: args[0] === "--" ? args.slice(1) : args,
    options: Object.fromEntries(
      [...byFlag].map((
        [flag, { option }],
      ) => [flag, { type: option.type === "flag" ? "boolean" : "string" } as const]),
    ),
    strict: false,
    tokens: true,
  });
  const values: Record<string, unknown> = {};
  for (const token of tokens) {
    if (token.kind === "positional") {
      throw new UsageError(`"${token.value}" stands alone; values follow an option's name.`);
    }
    if (token.kind === "option-terminator") continue;
    const known = byFlag.get(token.name);
    if (known === undefined || !token.rawName.startsWith("--")) {
      const nearest = nearestOf(token.name, [...byFlag.keys()]);
      throw new UsageError(
        `There is no option ${token.rawName}${nearest === undefined ? "" : `; the closest is --${nearest}`}.`,
      );
    }
    if (known.option.type === "list") {
      const value = valueOf(token.name, known.option, token.value, token.inlineValue === true);
      values[known.name] = [...(values[known.name] as string[] | undefined ?? []), value as string];
      continue;
    }
    if (known.name in values) throw new UsageError(`--${token.name} is given twice.`);
    values[known.name] = valueOf(token.name, known.option, token.value, token.inlineValue === true);
  }
  for (const [name, option] of Object.entries(table)) {
    if (name in values) continue;
    if (option.type === "flag") values[name] = false;
    else if (option.type === "list") values[name] = [];
    else if (option.required) {
      throw new UsageError(`--${flagName(name)} ${placeholder(option)} is needed: ${option.about}.`);
    } else values[name] = option.default;
  }
  return values as Values<T>;
}

function valueOf(
  flag: string,
  option: Option,
  text: string | undefined,
  inline: boolean,
): string | number | boolean {
  if (option.type === "flag") {
    if (text !== undefined) throw new UsageError(`--${flag} takes no value.`);
    return true;
  }
  if (text === undefined || text === "" || (!inline && text.startsWith("--"))) {
    throw new UsageError(`--${flag} needs a value: ${placeholder(option)}, ${option.about}.`);
  }
  if (option.type === "text" || option.type === "list") return text;
  if (option.type === "choice") {
    if (option.choices.includes(text)) return text;
    throw new UsageError(`--${flag} is "${text}"; it can be ${listed(option.choices)}.`);
  }
  const number = Number(text);
  const kind = option.type === "integer" ? "a whole number" : "a number";
  if (
    text.trim() === "" || !Number.isFinite(number) ||
    (option.type === "integer" && !Number.isSafeInteger(number))
  ) {
    throw new UsageError(`--${flag} is "${text}"; it must be ${kind}.`);
  }
  if (number < (option.min ?? -Infinity) || number > (option.max ?? Infinity)) {
    const bounds = [
      ...(option.min === undefined ? [] : [`at least ${option.min}`]),
      ...(option.max === undefined ? [] : [`at most ${option.max}`]),
    ];
    throw new UsageError(`--${flag} is ${text}; it must be ${bounds.join(" and ")}.`);
  }
  return number;
}

/** The help of a command, made from its table. */
export function helpText(line: CommandLine<OptionTable>): string {
  const rows = Object.entries(line.options).map(([name, option]) => {
    const left = option.type === "flag"
      ? `--${flagName(name)}`
      : `--${flagName(name)} ${placeholder(option)}`;
    const standard = option.type === "flag" || option.type === "list" || option.default === undefined
      ? ""
      : ` (default ${option.default})`;
    const needed = option.type !== "flag" && option.type !== "list" && option.required ? " (needed)" : "";
    const several = option.type === "list" ? "; may be given several times" : "";
    return [left, option.about + standard + needed + several] as const;
  });
  rows.push(["--help", "this text"]);
  const width = Math.min(34, Math.max(...rows.map(([left]) => left.length)));
  const table = rows.map(([left, right]) =>
    left.length > width ? `  ${left}\n  ${" ".repeat(width)}  ${right}` : `  ${left.padEnd(width)}  ${right}`
  );
  return [`deno task ${line.command} -- [options]`, "", line.about, "", ...table].join("\n");
}

/** The known word that takes the fewest changed letters from the given one; `undefined` when none is known. */
export function nearestOf(word: string, known: readonly string[]): string | undefined {
  let best: string | undefined;
  let least = Infinity;
  for (const candidate of known) {
    const changes = editDistance(word.toLowerCase(), candidate.toLowerCase());
    if (changes < least) [best, least] = [candidate, changes];
  }
  return best;
}

/** Insertions, deletions and replacements from one word to another (Levenshtein). */
function editDistance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, j) => j);
  for (let i = 1; i <= from.length; i++) {
    const next = [i];
    for (let j = 1; j <= to.length; j++) {
      const replaced = row[j - 1]! + (from[i - 1] === to[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, row[j]! + 1, next[j - 1]! + 1));
    }
    row = next;
  }
  return row.at(-1)!;
}

const flagName = (name: string): string => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

const listed = (words: readonly string[]): string =>
  words.length < 2 ? words.join("") : `${words.slice(0, -1).join(", ")} or ${words.at(-1)}`;

function placeholder(option: Exclude<Option, { type: "flag" }>): string {
  if (option.type === "text" || option.type === "list") return option.placeholder;
  if (option.type === "choice") return option.choices.join("|");
  return "N";
}
