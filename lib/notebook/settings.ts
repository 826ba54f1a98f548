/** What a run of the notebooks can be told: the songs, the model, the recipe. */
import { isAbsolute, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { didYouMean, holds, type Rule, UserError, wanted } from "../ground/mod.ts";
import { absoluteSource, scratchOf } from "../models/mod.ts";
import {
  type EvaluationBudget,
  evaluationBudget,
  type NetworkMethod,
  type SearchBudget,
  searchBudget,
  searchedModels,
  words,
  type WordsMethod,
} from "../trials/mod.ts";
import { defaultRecipe, type Recipe, recipeFields, recipes } from "../training/mod.ts";

/** What the notebooks work on. */
export interface Settings {
  /** The table of songs; default the bundled songs. */
  songs: string;
  /** The genres to tell apart; songs of none of them are left out. Default all. */
  genres?: string[];
  /** What parts the table's columns, where it is not found in the file. */
  separator?: string;
  /** A file with the names of genre codes. */
  genreNames?: string;
  /** A small model's name, a checkpoint's folder or a Hub id; default `kobert-small`, pretrained. */
  model: string;
  /** A tokenizer's folder or file, where not the model's own; not with `kobert-small`. */
  tokenizer?: string;
  /** How to train: the recipe that is named, by default what goes with the model (`defaultRecipe`), with the seed and the precision. */
  recipe: Recipe;
  /**
   * What the model search compares, by default the small models and `model`, and what it spends on each.
   */
  search: SearchBudget & { models: string[]; tokenizer?: string };
  /**
   * What evaluation and ideas compare: n-grams; the model that is trained, by its recipe; and the same model without having read anything,
   * where there is one.
   */
  methods: { words: WordsMethod; network: NetworkMethod; scratch: NetworkMethod | null };
  /** What evaluation and ideas may train beside the model itself; the recipe's name decides. */
  evaluation: EvaluationBudget;
  /** Where checkpoints and results go; default `outputs/run`. */
  output: string;
  /** Of the split, the weights, the order and the dropout; default 7. */
  seed: number;
  /** Each setting as it was given, or its default, and by whom. */
  given: Readonly<Record<SettingName, GivenSetting>>;
}

/** A setting's value as text, and where it comes from. */
export interface GivenSetting {
  value: string | undefined;
  from: "default" | "environment" | "parameters" | "cell";
}

/** What is known of a setting: the environment's variable of it, the option of `start` and `lab`, and what it is. */
export interface SettingDescription {
  variable: string;
  option: string;
  about: { ko: string; en: string };
}

/** In the order in which they are shown: what stands for a setting's value on the command line, and what the setting is. */
const meanings = {
  songs: ["FILE", "노래 표", "the table of songs"],
  genres: ["LIST", "구별할 장르", "the genres to tell apart"],
  separator: ["CHAR", "열을 나누는 글자", "what parts the table's columns"],
  genreNames: ["FILE", "장르 번호나 코드의 이름", "what genre codes mean"],
  model: ["SOURCE", "학습할 모델", "the model to train"],
  models: ["LIST", "3번 노트북이 비교할 모델", "the models that notebook 3 compares"],
  tokenizer: ["PATH", "토크나이저", "a tokenizer in place of the model's own"],
  recipe: ["NAME", "학습 방법", "how to train"],
  adapt: ["N", "장르를 배우기 전에 가사를 읽는 횟수", "times through the lyrics before the genres"],
  precision: ["NAME", "계산 정밀도", "in which numbers"],
  seed: ["N", "난수 시드", "of every random choice"],
  output: ["FOLDER (FOLDER/run)", "결과를 두는 곳", "where the results go"],
} as const;

/** A setting's name: in a cell, and as papermill's `-p NAME VALUE`. */
export type SettingName = keyof typeof meanings;

/** The settings: variable and option follow from the name. */
export const settingNames = Object.fromEntries(
  Object.entries(meanings).map(([name, [value, ko, en]]): [string, SettingDescription] => {
    const dashed = name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
    const variable = name === "songs" ? "SONGS_FILE" : dashed.replaceAll("-", "_").toUpperCase();
    return [name, { variable, option: `--${dashed} ${value}`, about: { ko, en } }];
  }),
) as Readonly<Record<SettingName, SettingDescription>>;

/** Settings that a cell gives. Lists may be texts with commas, as on the command line. */
export type SettingChanges = {
  [K in SettingName]?:
    | string
    | (K extends "genres" | "models" ? readonly string[] : K extends "adapt" | "seed" ? number : never);
};

const project = fileURLToPath(new URL("../../", import.meta.url));
const names = Object.keys(settingNames) as SettingName[];

/** What other programs have set before a notebook's first cell: papermill's parameters, by the translator in `tools/papermill`. */
const injected = (): unknown => (globalThis as { parameters?: unknown }).parameters ?? {};

/**
 * What the notebooks work on: what is given here, else papermill's parameters, else the environment's variables (which `deno task start` and
 * `deno task lab` set by their options), else the defaults. Relative paths start at the project.
 *
 * @throws UserError naming a setting that there is not, or a value that cannot be used.
 * @example
 * ```ts
 * import { settings } from "./mod.ts";
 *
 * const { songs, recipe } = settings(); // as the lab was started
 * const mine = settings({ songs: "내 노래.csv", genres: "발라드,댄스", recipe: "quick" });
 * ```
 */
export function settings(
  changes: SettingChanges = {},
  read: (name: string) => string | undefined = (name) => Deno.env.get(name),
  parameters: unknown = injected(),
): Settings {
  const inCell = textsOf(changes, "settings"), before = textsOf(parameters, "the parameters");
  const given = Object.fromEntries(names.map((name): [SettingName, GivenSetting] => {
    if (inCell[name] !== undefined) return [name, { value: inCell[name], from: "cell" }];
    if (before[name] !== undefined) return [name, { value: before[name], from: "parameters" }];
    const value = read(settingNames[name].variable) || undefined;
    return [name, { value, from: value === undefined ? "default" : "environment" }];
  })) as Record<SettingName, GivenSetting>;
  const value = (name: SettingName) => given[name].value;
  /** A setting in the words of whoever gave it. */
  const named = (name: SettingName) =>
    given[name].from === "environment" ? settingNames[name].variable : `The setting ${name}`;
  const path = (text: string) => isAbsolute(text) ? text : resolve(project, text);
  const source = (text: string) => absoluteSource(text, project);
  const list = (name: SettingName) => value(name)?.split(",").map((part) => part.trim());

  const model = source(value("model") ?? "kobert-small"),
    recipeName = value("recipe") ?? defaultRecipe(model);
  const base = recipes[recipeName];
  if (base === undefined) {
    throw new UserError(
      `${named("recipe")} is "${recipeName}"; it can be ${Object.keys(recipes).join(", ")}.`,
    );
  }
  /** A field of the recipe, as it is given or the recipe's own. */
  const field = <F extends "precision" | "seed" | "adapt">(name: F) => {
    const text = value(name), rule: Rule = recipeFields[name], isChoice = rule.type === "choice";
    const given = text === undefined ? base[name] : isChoice ? text : Number(text);
    if (holds(rule, given)) return given as Recipe[F];
    throw new UserError(`${named(name)} is "${text}"; it ${isChoice ? "can" : "must"} be ${wanted(rule)}.`);
  };
  const precision = field("precision"), seed = field("seed"), adapt = field("adapt");
  const recipe = { ...base, adapt, precision, seed }, budget = searchBudget(recipeName, seed);
  const pieces = value("tokenizer"), tokenizer = pieces === undefined ? {} : { tokenizer: path(pieces) };
  const scratch = scratchOf(model);
  const separator = value("separator"), genreNames = value("genreNames"), genres = list("genres");
  const searched = list("models")?.map(source);
  return {
    songs: path(value("songs") ?? "data/songs.csv"),
    ...(genres !== undefined && { genres }),
    ...(separator !== undefined && { separator }),
    ...(genreNames !== undefined && { genreNames: path(genreNames) }),
    model,
    ...tokenizer,
    recipe,
    search: {
      models: searchedModels({ ...(searched !== undefined && { named: searched }), model, ...tokenizer }),
      ...budget,
      recipe: { ...budget.recipe, precision },
      ...tokenizer,
    },
    methods: {
      words: words(),
      network: { kind: "network", source: model, ...tokenizer, recipe },
      scratch: scratch === null ? null : {
        kind: "network",
        source: scratch,
        recipe: { ...recipe, adapt: 0 },
      },
    },
    evaluation: evaluationBudget(recipeName),
    output: path(value("output") ?? "outputs/run"),
    seed,
    given,
  };
}

/** Settings as texts, by name. @throws UserError where one is no setting, or no text, number or list of texts */
function textsOf(values: unknown, whose: string): Partial<Record<SettingName, string>> {
  const texts: Partial<Record<SettingName, string>> = {};
  for (const [name, value] of Object.entries(values as Record<string, unknown>)) {
    if (!Object.hasOwn(settingNames, name)) {
      throw new UserError(
        `There is no setting "${name}"${didYouMean(name, names)} in ${whose}; there are ${names.join(", ")}.`,
      );
    }
    if (value === undefined || value === null || value === "") continue;
    const parts: unknown[] = Array.isArray(value) ? value : [value];
    if (!parts.every((part) => typeof part === "string" || typeof part === "number")) {
      throw new UserError(`The setting ${name} is ${Deno.inspect(value)}; it must be a text.`);
    }
    texts[name as SettingName] = parts.join(",");
  }
  return texts;
}

/** The environment's variables that give the notebooks of another process these settings; empty ones for what is not given. */
export function settingsEnvironment(
  values: Readonly<Partial<Record<SettingName, string>>>,
): Record<string, string> {
  return Object.fromEntries(names.map((name) => [settingNames[name].variable, values[name] ?? ""]));
}

/** A path as it is shown: within the project from there. */
export function shownPath(path: string): string {
  const within = relative(project, path);
  return isAbsolute(path) && !within.startsWith("..") && !isAbsolute(within) ? within || "." : path;
}
