/** Adapters as a recipe asks for them. */
import { UserError } from "../ground/mod.ts";
import { attachLora, isLoraFolder, type Model } from "../models/mod.ts";
import { checkRecipe, type Recipe } from "./recipe.ts";

/** Where a model's weights come from: what an adapter must name to be opened later. */
export interface Origin {
  /** A folder's full path, or an id on the Hub. */
  source: string;
  /** Parameters that were freshly drawn. */
  initialised: readonly string[];
}

/**
 * Puts the adapters that a recipe asks for beside a model's layers and freezes the rest; a model that has them already goes on
 * with them.
 *
 * @param origin absent for a model from scratch
 * @throws Error when there is nothing to adapt, no layer of that name, or other adapters are there
 */
export function adaptFor(model: Model, recipe: Recipe, origin: Origin | undefined): void {
  checkRecipe(recipe);
  const { loraRank: rank, loraAlpha: alpha, loraTargets: targets, loraDropout: dropout, seed } = recipe;
  if (rank === null) return;
  const wanted = { rank, alpha, targets, dropout };
  if (model.lora !== undefined) {
    const { rank, alpha, targets, dropout } = model.lora,
      there = JSON.stringify({ rank, alpha, targets, dropout });
    if (there === JSON.stringify(wanted)) return;
    throw new UserError(
      `Recipe: the model has adapters already (${there}); leave loraRank out to train them further, or give the ` +
        "merged model, which train writes with --merged.",
    );
  }
  if (origin === undefined) {
    throw new UserError(
      "Recipe: loraRank adapts a pretrained checkpoint, and this model starts from scratch: all of it has to be trained.",
    );
  }
  if (isLoraFolder(origin.source)) {
    throw new UserError(
      `Recipe: loraRank needs a base model that can be opened, and ${origin.source} is an adapter: give the merged model, which train writes with --merged, and ` +
        "train on that.",
    );
  }
  attachLora(model, { ...wanted, seed, base: origin.source, fresh: origin.initialised });
}
