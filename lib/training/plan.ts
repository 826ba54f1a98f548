/** What a training is going to do, checked before it starts. */
import { fingerprint, UserError } from "../ground/mod.ts";
import { type Parameter, type Precision, resolvePrecision } from "../engine/mod.ts";
import type { Example } from "./batches.ts";
import { type Examples, sampleExamples } from "./examples.ts";
import { frozenAfter } from "./freeze.ts";
import { checkRecipe, decisiveFields, type Recipe } from "./recipe.ts";
import type { Trainable } from "./types.ts";

/** Everything that is fixed before the first step. */
export interface Plan {
  recipe: Recipe;
  precision: Precision;
  train: Examples;
  validation: Examples;
  stepsPerEpoch: number;
  steps: number;
  classWeights: Float32Array | undefined;
  /** What a resumed run must agree in with its checkpoint. */
  identity: Record<string, unknown>;
}

/**
 * Checks recipe and data and works out the rest.
 *
 * @throws Error naming what cannot be trained on
 */
export function makePlan(
  model: Trainable,
  data: { train: readonly Example[] | Examples; validation?: readonly Example[] | Examples },
  recipe: Recipe,
): Plan {
  checkRecipe(recipe);
  const train = sampleExamples(data.train, recipe.maxTrainSamples, recipe.seed);
  const validation = sampleExamples(data.validation ?? [], recipe.maxValidationSamples, recipe.seed);
  if (train.length === 0) throw new UserError("There is nothing to train on: no example is given.");
  if (recipe.multiLabel !== (model.multiLabel ?? false)) {
    throw new RangeError(
      recipe.multiLabel
        ? "Recipe: multiLabel is true, but the model chooses one class: make or load it with multiLabel."
        : "The model gives each class its own yes or no: train it with the recipe's multiLabel, or load it without.",
    );
  }
  checkExamples(train, model, "training");
  checkExamples(validation, model, "validation");
  if (model.languageModel !== undefined && recipe.balanceClasses) {
    throw new UserError(
      "Recipe: balanceClasses weighs classes, and a language model has none; leave it out.",
    );
  }
  frozenAfter(0, model.parameters.keys(), recipe);
  const precision = resolvePrecision(recipe.precision);
  return {
    recipe,
    precision,
    train,
    validation,
    ...stepsOf(recipe, train.length),
    classWeights: recipe.balanceClasses
      ? (recipe.multiLabel ? positiveWeights : balancedWeights)(train, model.labels.length)
      : undefined,
    identity: {
      recipe: { ...decisiveFields(recipe), precision },
      model: { ...model.identity, labels: model.labels },
      weights: weightsFingerprint(model.parameters.values()),
      train: train.fingerprint,
      validation: validation.fingerprint,
    },
  };
}

/**
 * How many steps a recipe takes over so many examples.
 *
 * @throws UserError where they are over before the learning rate has risen: nearly nothing would be learnt
 */
export function stepsOf(recipe: Recipe, examples: number): Pick<Plan, "stepsPerEpoch" | "steps"> {
  const stepsPerEpoch = Math.ceil(examples / recipe.batchSize);
  const steps = Math.min(recipe.maxSteps ?? Infinity, recipe.epochs * stepsPerEpoch);
  const { warmupSteps } = recipe;
  if (warmupSteps !== null && warmupSteps > 0 && warmupSteps >= steps) {
    throw new UserError(
      `Recipe: warmupSteps is ${warmupSteps}, and the training has ${steps} steps: the learning rate would still be rising at ` +
        "its end. Give fewer, or warmupRatio, a share of the steps (0.1 is usual).",
    );
  }
  return { stepsPerEpoch, steps };
}

/** A short number that changes with a model's parameters: names, shapes and up to 1,024 values of each. */
export function weightsFingerprint(parameters: Iterable<Parameter>): string {
  const pieces = function* () {
    for (const parameter of parameters) {
      const values = parameter.data(), stride = Math.ceil(values.length / 1024);
      yield `${parameter.name} ${parameter.shape}\n`;
      const length = Math.ceil(values.length / stride);
      yield new Uint8Array(Float32Array.from({ length }, (_, i) => values[i * stride]!).buffer);
    }
  };
  return fingerprint(pieces()).slice(0, 16);
}

/** An example as the training sees it in an epoch, or as validation does (`null`). @param index among the examples */
export function seenIn(epoch: number | null, model: Trainable, example: Example, index: number): Example {
  return model.draw?.(example, epoch, index) ?? example;
}

function checkExamples(examples: Examples, model: Trainable, what: "training" | "validation"): void {
  const classes = model.labels.length, epoch = what === "training" ? 0 : null;
  for (let i = 0; i < examples.length && !examples.checked; i++) {
    const { songId, inputIds, label, targets, weight, tokenLabels } = seenIn(epoch, model, examples.at(i), i);
    const problem = inputIds.length === 0
      ? "has no token"
      : !(Number.isFinite(weight) && weight > 0)
      ? `has the weight ${weight}; it must be above 0`
      : model.languageModel !== undefined
      ? tokenProblem(inputIds, tokenLabels, model.languageModel)
      : !(Number.isInteger(label) && label < classes &&
          (label >= 0 || (what === "validation" && label === -100)))
      ? `has the label ${label}; the model's ${classes} classes are 0 to ${classes - 1}`
      : model.multiLabel && targets?.length !== classes
      ? `has ${targets?.length ?? "no"} targets for the model's ${classes} classes`
      : null;
    if (problem !== null) throw new UserError(`Song ${songId} of the ${what} examples ${problem}.`);
  }
}

/** What is wrong with the labels of a language model's example, or `null`. */
function tokenProblem(
  inputIds: Int32Array,
  tokenLabels: Int32Array | undefined,
  kind: "masked" | "causal",
): string | null {
  if (tokenLabels === undefined) return "has no tokenLabels, which a language model learns from";
  if (tokenLabels.length !== inputIds.length) {
    return `has ${tokenLabels.length} tokenLabels for ${inputIds.length} tokens`;
  }
  if (tokenLabels.every((label) => label === -100)) return "has no token with a label: all are -100";
  if (kind === "causal" && tokenLabels[0] !== -100) {
    return "labels its first token, which a causal model predicts from nothing; it must be -100";
  }
  return null;
}

/** The weight of each class that makes them count alike: examples / (classes · count), as scikit-learn's "balanced". */
export function balancedWeights(examples: Examples, classes: number): Float32Array {
  const counts = new Float32Array(classes);
  for (let i = 0; i < examples.length; i++) counts[examples.at(i).label]!++;
  return counts.map((count) => count === 0 ? 0 : examples.length / (classes * count));
}

/**
 * How much more a class's yes weighs than its no, so that both weigh the same in sum: examples without the class divided by
 * examples with it, PyTorch's suggestion for `pos_weight`; 1 where no example has it.
 */
export function positiveWeights(examples: Examples, classes: number): Float32Array {
  const counts = new Float32Array(classes);
  for (let i = 0; i < examples.length; i++) {
    examples.at(i).targets!.forEach((target, k) => counts[k]! += target);
  }
  return counts.map((count) => count === 0 ? 1 : (examples.length - count) / count);
}
