/** How well a training does on its validation examples, and by which number one model is better than another. */
import { UserError } from "../ground/mod.ts";
import { type Example, isRight } from "./batches.ts";
import { evaluateExamples, evaluateTokens, microF1 } from "./evaluate.ts";
import type { Plan } from "./plan.ts";
import type { Trainable, TrainingOptions, ValidationMetrics } from "./types.ts";

/**
 * What the model's own `validate` measures, else a language model's tokens, else a classifier's classes.
 *
 * @param examples as the model sees them
 */
export async function validate(
  model: Trainable,
  examples: readonly Example[],
  { recipe: { batchSize }, precision }: Plan,
  { validationMetrics }: Pick<TrainingOptions, "validationMetrics">,
): Promise<ValidationMetrics> {
  const options = { batchSize, precision };
  if (model.validate !== undefined) return await model.validate(examples, options);
  if (model.languageModel !== undefined) return await evaluateTokens(model, examples, options);
  const { loss, predicted, probabilities } = await evaluateExamples(model, examples, options);
  const correct = examples.filter((example, i) => isRight(example, predicted[i]!)).length;
  const more = validationMetrics?.(predicted, examples);
  const ofSeveral = model.multiLabel && { microF1: microF1(probabilities, examples) };
  return { ...more, ...ofSeveral, loss, accuracy: correct / examples.length };
}

/** What validation will give is known before the first step, but where the model or the caller measure in ways of their own. */
export function checkBestMetric(
  model: Trainable,
  { recipe, validation }: Plan,
  { validationMetrics }: Pick<TrainingOptions, "validationMetrics">,
): void {
  if (validation.length === 0 || model.validate !== undefined || validationMetrics !== undefined) return;
  const given = [
    "loss",
    "accuracy",
    ...(model.languageModel === undefined ? [] : ["perplexity", "tokens"]),
    ...(model.multiLabel ? ["microF1"] : []),
  ];
  if (!given.includes(recipe.bestMetric)) throw unknownMetric(recipe.bestMetric, given);
}

const unknownMetric = (name: string, given: readonly string[]): UserError =>
  new UserError(`Recipe: bestMetric is "${name}", but validation gives ${given.join(", ")}.`);

/** The number that is larger for the better model: a metric, or the loss negated. */
export function betterIsMore(metrics: ValidationMetrics, name: string): number {
  const value = metrics[name];
  if (value === undefined) throw unknownMetric(name, Object.keys(metrics));
  return name === "loss" ? -value : value;
}
