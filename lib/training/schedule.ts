/** Learning rates over a training. */
import type { Recipe } from "./recipe.ts";

/**
 * The share of the highest learning rate at a step (from 0) of `total`: rising linearly from 0 over the warmup, then falling
 * to 0 at the end by a line or half a cosine, or staying (to the end, or until `decayRatio` of all steps are left, over which it
 * falls by a line), as Hugging Face's `get_scheduler` has it. The first step's is 0 wherever there is a warmup.
 */
export function learningRateFactor(
  step: number,
  total: number,
  recipe: Pick<Recipe, "schedule" | "warmupRatio" | "warmupSteps" | "decayRatio">,
): number {
  const warmup = recipe.warmupSteps ?? Math.ceil(total * recipe.warmupRatio);
  if (step < warmup) return step / Math.max(1, warmup);
  if (recipe.schedule === "constant") return 1;
  if (recipe.schedule === "warmup-stable-decay") {
    return Math.max(0, Math.min(1, (total - step) / Math.max(1, Math.round(total * recipe.decayRatio))));
  }
  const progress = (step - warmup) / Math.max(1, total - warmup);
  if (recipe.schedule === "linear") return Math.max(0, 1 - progress);
  return Math.max(0, 0.5 * (1 + Math.cos(Math.PI * progress)));
}
