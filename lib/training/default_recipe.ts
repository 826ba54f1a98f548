/** Which recipe a model is trained by where none is named. */
import { configNames, shippedNames } from "../models/mod.ts";

/**
 * A name in `recipes`: `fine-tune` for the project's small pretrained models, `quick` for the small ones from scratch, `study` for any
 * other checkpoint.
 *
 * @param source as `loadClassifier` takes it
 */
export function defaultRecipe(source: string): "fine-tune" | "quick" | "study" {
  if (shippedNames.includes(source)) return "fine-tune";
  return configNames.includes(source) ? "quick" : "study";
}
