/** What the notebooks may train beside the model itself, by the recipe's name. */
import { UserError } from "../ground/mod.ts";
import { shippedNames } from "../models/mod.ts";
import { type Recipe, recipes, studyRecipe } from "../training/mod.ts";
import { smallModels } from "./names.ts";

/** How much the notebooks of evaluation and ideas train beside the model itself. */
export interface EvaluationBudget {
  /**
   * The learning curve: from which parts of the training songs n-grams and the transformer learn, beside all of them; and from which the
   * same transformer learns from scratch, 1 for all of them.
   */
  shares: { regression: readonly number[]; transformer: readonly number[]; scratch: readonly number[] };
  /** Whether the transformer is trained once more on a split by artists, too; n-grams always are. */
  artistSplit: boolean;
  /** Whether the transformer is trained each way of learning songs of several genres, too; n-grams always are. */
  severalGenres: boolean;
}

/** The part of a search's options that a recipe decides. */
export interface SearchBudget {
  /** The same for every network; the learning rate for those from scratch. */
  recipe: Recipe;
  /** One training of each network by each. */
  seeds: number[];
  /** Of checkpoints: the study's. */
  pretrainedLearningRate: number;
}

interface Budget extends Partial<EvaluationBudget> {
  shares: EvaluationBudget["shares"];
  /** What a search changes in the recipe, and how often it trains each network. */
  search: { recipe: Partial<Recipe>; trainings: number };
}

const all = [1 / 16, 1 / 8, 1 / 4, 1 / 2];

const budgets: Readonly<Record<string, Budget>> = {
  // a checkpoint of full size: each training takes hours on a processor
  study: {
    search: {
      recipe: { epochs: 3, maxLength: 128, learningRate: recipes.quick!.learningRate },
      trainings: 1,
    },
    shares: { regression: all, transformer: [], scratch: [] },
  },
  // six networks in a minute, by short texts; then a minute for what the transformer learns from an eighth of the songs: from fewer it
  // learns no more than which genre is the largest
  quick: {
    search: { recipe: { epochs: 2, maxLength: 48, batchSize: 16, learningRate: 7e-4 }, trainings: 1 },
    shares: { regression: all, transformer: [1 / 8], scratch: [1 / 8] },
  },
  // as quick: the search as short, the curve's small part by whole songs
  "fine-tune": {
    search: {
      recipe: {
        adapt: 0,
        epochs: 2,
        cropLength: 0,
        averageEpochs: 1,
        maxLength: 48,
        maxWindows: 1,
        batchSize: 16,
        learningRate: 7e-4,
      },
      trainings: 1,
    },
    shares: { regression: all, transformer: [1 / 8], scratch: [1 / 8] },
  },
  // fifteen trainings in an hour
  thorough: {
    search: { recipe: { epochs: 10, maxLength: 128 }, trainings: 3 },
    shares: { regression: all, transformer: all, scratch: [...all, 1] },
    artistSplit: true,
    severalGenres: true,
  },
  // the whole way in seconds, whatever comes out
  test: {
    search: { recipe: { maxSteps: 2, maxLength: 24 }, trainings: 1 },
    shares: { regression: [1 / 16], transformer: [1 / 16], scratch: [1 / 16] },
    severalGenres: true,
  },
};

function budgetOf(recipe: string): Budget {
  const budget = budgets[recipe];
  if (budget === undefined) {
    throw new UserError(
      `No trials go with a recipe "${recipe}"; known are ${Object.keys(budgets).join(", ")}.`,
    );
  }
  return budget;
}

/** The budget of evaluation and ideas. @param recipe a name in `recipes` @throws UserError for an unknown name */
export function evaluationBudget(recipe: string): EvaluationBudget {
  const { search: _, ...budget } = budgetOf(recipe);
  return { artistSplit: false, severalGenres: false, ...budget };
}

/**
 * The budget of a search: shorter than the recipe, as it is for several networks; `thorough` trains each by three seeds.
 *
 * @param recipe a name in `recipes`
 * @param seed the first seed; the others follow it
 * @throws UserError for an unknown name
 */
export function searchBudget(recipe: string, seed: number): SearchBudget {
  const { search } = budgetOf(recipe);
  return {
    recipe: { ...recipes[recipe]!, ...search.recipe, seed },
    seeds: Array.from({ length: search.trainings }, (_, i) => seed + i),
    pretrainedLearningRate: studyRecipe.learningRate,
  };
}

/**
 * The networks to compare: those named, else the small ones, and the model that is to be trained.
 *
 * @param options.tokenizer where one takes the place of the models' own, those of the project are left out: they have read with theirs
 */
export function searchedModels(
  { named, model, tokenizer = null }: {
    named?: readonly string[];
    model?: string;
    tokenizer?: string | null;
  } = {},
): string[] {
  const small = smallModels.filter((name) => tokenizer === null || !shippedNames.includes(name));
  return [...new Set(named ?? [...small, ...(model === undefined ? [] : [model])])];
}
