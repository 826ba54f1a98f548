/** What a model search spends on each network, by the recipe's name. */
import { UserError } from "../ground/errors.ts";
import { type Recipe, recipes, studyRecipe } from "../training/mod.ts";
import { SEARCH_MODELS } from "./model_search.ts";

/** The part of a search's options that a recipe decides. */
export interface SearchBudget {
  /** The same for every network; the learning rate for those from scratch. */
  recipe: Recipe;
  /** One training of each network by each. */
  seeds: number[];
  /** Of checkpoints: the study's. */
  pretrainedLearningRate: number;
}

/** What a search changes in a recipe, and how often it trains each network. */
const changes: Readonly<Record<string, { recipe: Partial<Recipe>; trainings: number }>> = {
  study: { recipe: { epochs: 3, maxLength: 128, learningRate: recipes.quick!.learningRate }, trainings: 1 },
  // five networks in two minutes: large batches cost least a song, and the texts are short
  quick: { recipe: { epochs: 3, maxLength: 48, batchSize: 32, learningRate: 7e-4 }, trainings: 1 },
  // fifteen trainings in an hour
  thorough: { recipe: { epochs: 10, maxLength: 128 }, trainings: 3 },
  test: { recipe: { maxSteps: 2, maxLength: 24 }, trainings: 1 },
};

/**
 * The budget of a search where notebooks train by a recipe: shorter, as it is for several networks; `thorough` trains each by
 * three seeds.
 *
 * @param recipe a name in `recipes`
 * @param seed the first seed; the others follow it
 * @throws Error for an unknown name, with those that are known
 */
export function searchBudget(recipe: string, seed: number): SearchBudget {
  const base = recipes[recipe], change = changes[recipe];
  if (base === undefined || change === undefined) {
    throw new UserError(
      `No search is made by a recipe "${recipe}"; known are ${Object.keys(changes).join(", ")}.`,
    );
  }
  return {
    recipe: { ...base, ...change.recipe, seed },
    seeds: Array.from({ length: change.trainings }, (_, i) => seed + i),
    pretrainedLearningRate: studyRecipe.learningRate,
  };
}

/** The networks to compare: those named, else {@link SEARCH_MODELS} and the model that is to be trained. */
export function searchedModels(named: readonly string[] | undefined, model: string): string[] {
  return [...new Set(named ?? [...Object.keys(SEARCH_MODELS), model])];
}
