/** What the closer look at a model may cost, by the recipe's name. */
import { UserError } from "../ground/errors.ts";

/** How much the notebooks of evaluation and ideas train beside the model itself. */
export interface EvaluationBudget {
  /** The learning curve: from which parts of the training songs n-grams and the transformer learn, beside all of them. */
  shares: { regression: readonly number[]; transformer: readonly number[] };
  /** Whether the transformer is trained anew on a split by artists, too; n-grams always are. */
  artistSplit: boolean;
  /** Whether the transformer is trained each way of learning songs of several genres, too; n-grams always are. */
  severalGenres: boolean;
  /** Of the n-grams' regressions: the gradient at which a fit ends. */
  tolerance: number;
}

const all = [1 / 16, 1 / 8, 1 / 4, 1 / 2];

const budgets: Readonly<Record<string, EvaluationBudget>> = {
  // a checkpoint of full size: each training takes hours on a processor
  study: {
    shares: { regression: all, transformer: [] },
    artistSplit: false,
    severalGenres: false,
    tolerance: 1e-4,
  },
  // a minute: what the transformer learns from an eighth of the songs, and half of that
  quick: {
    shares: { regression: all, transformer: [1 / 16, 1 / 8] },
    artistSplit: false,
    severalGenres: false,
    tolerance: 1e-4,
  },
  thorough: {
    shares: { regression: all, transformer: all },
    artistSplit: true,
    severalGenres: true,
    tolerance: 1e-5,
  },
  // the whole way in seconds, whatever comes out
  test: {
    shares: { regression: [1 / 16], transformer: [1 / 16] },
    artistSplit: false,
    severalGenres: true,
    tolerance: 1e-2,
  },
};

/**
 * The budget where notebooks train by a recipe.
 *
 * @param recipe a name in `recipes`
 * @throws Error for an unknown name, with those that are known
 */
export function evaluationBudget(recipe: string): EvaluationBudget {
  const budget = budgets[recipe];
  if (budget === undefined) {
    throw new UserError(
      `No evaluation goes with a recipe "${recipe}"; known are ${Object.keys(budgets).join(", ")}.`,
    );
  }
  return budget;
}
