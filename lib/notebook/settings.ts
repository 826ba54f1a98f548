/** What a run of the notebooks can be told from outside: the songs, the model, the recipe. */
import { isAbsolute, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { holds, UserError, wanted } from "../ground/mod.ts";
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

/** What the notebooks work on; `deno task start` sets it by its options, a notebook by itself takes the defaults. */
export interface Settings {
  /** The table of songs. Environment `SONGS_FILE`; default the bundled songs. */
  songs: string;
  /** The genres to tell apart; songs of none of them are left out. Environment `GENRES`, with commas; default all. */
  genres?: string[];
  /** What parts the table's columns, where it is not found in the file. Environment `SEPARATOR`. */
  separator?: string;
  /** A file with the names of genre codes. Environment `GENRE_NAMES`. */
  genreNames?: string;
  /** A small model's name, a checkpoint's folder or a Hub id. Environment `MODEL`; default `kobert-small`, pretrained. */
  model: string;
  /** A tokenizer's folder or file, where not the model's own. Environment `TOKENIZER`; not with `kobert-small`. */
  tokenizer?: string;
  /** How to train. Environment `RECIPE` names it; by default what goes with the model (`defaultRecipe`). `PRECISION` takes the place of its precision. */
  recipe: Recipe;
  /**
   * What the model search compares, and what it spends on each. Environment `MODELS` names sources with commas; default
   * `kobert-small`, one small configuration of each architecture from scratch, and `MODEL`.
   */
  search: SearchBudget & { models: string[]; tokenizer?: string };
  /** What evaluation and ideas compare: n-grams, and the model that is trained, by its recipe. */
  methods: { words: WordsMethod; network: NetworkMethod };
  /** What evaluation and ideas may train beside the model itself; the recipe's name decides. */
  evaluation: EvaluationBudget;
  /** Where checkpoints and results go. Environment `OUTPUT`; default `outputs/run`. */
  output: string;
  /** Of the split, the weights, the order and the dropout. Environment `SEED`; default 7. */
  seed: number;
}

const project = fileURLToPath(new URL("../../", import.meta.url));

/**
 * Reads the settings from the environment; relative paths start at the project.
 *
 * @throws UserError naming a value that cannot be used.
 * @example `const { songs, recipe } = settings();`
 */
export function settings(
  read: (name: string) => string | undefined = (name) => Deno.env.get(name),
): Settings {
  const value = (name: string) => read(name) || undefined;
  const path = (text: string) => isAbsolute(text) ? text : resolve(project, text);
  const model = value("MODEL") ?? "kobert-small", name = value("RECIPE") ?? defaultRecipe(model);
  const named = recipes[name];
  if (named === undefined) {
    throw new UserError(`RECIPE is "${name}"; it can be ${Object.keys(recipes).join(", ")}.`);
  }
  const precision = (value("PRECISION") ?? named.precision) as Recipe["precision"];
  if (!holds(recipeFields.precision, precision)) {
    throw new UserError(`PRECISION is "${precision}"; it can be ${wanted(recipeFields.precision)}.`);
  }
  const recipe = { ...named, precision };
  const seed = Number(value("SEED") ?? recipe.seed);
  if (!Number.isSafeInteger(seed) || seed < 0) {
    throw new UserError(`SEED is "${value("SEED")}"; it must be a whole number.`);
  }
  const pieces = value("TOKENIZER"), tokenizer = pieces === undefined ? {} : { tokenizer: path(pieces) };
  const list = (text: string | undefined) => text?.split(",").map((part) => part.trim());
  const separator = value("SEPARATOR"), names = value("GENRE_NAMES");
  const genres = list(value("GENRES"));
  const searched = list(value("MODELS"));
  const budget = searchBudget(name, seed);
  return {
    songs: path(value("SONGS_FILE") ?? "data/songs.csv"),
    ...(genres !== undefined && { genres }),
    ...(separator !== undefined && { separator }),
    ...(names !== undefined && { genreNames: path(names) }),
    model,
    ...tokenizer,
    recipe: { ...recipe, seed },
    search: {
      models: searchedModels({ ...(searched !== undefined && { named: searched }), model, ...tokenizer }),
      ...budget,
      recipe: { ...budget.recipe, precision },
      ...tokenizer,
    },
    methods: {
      words: words(),
      network: { kind: "network", source: model, ...tokenizer, recipe: { ...recipe, seed } },
    },
    evaluation: evaluationBudget(name),
    output: path(value("OUTPUT") ?? "outputs/run"),
    seed,
  };
}
