/**
 * The training loop. It knows a model only by {@link Trainable}: parameters, a loss, a way to save.
 *
 * Every random choice comes from the recipe's seed and the step's number, so that a run that was cut off and resumed
 * repeats the uninterrupted one.
 */
import type { Example } from "./batches.ts";
import { breathe } from "./evaluate.ts";
import type { Examples } from "./examples.ts";
import { Keeper } from "./keeper.ts";
import { Learner } from "./learner.ts";
import { makePlan } from "./plan.ts";
import type { Recipe } from "./recipe.ts";
import type { Trainable, TrainingOptions, TrainingRun } from "./types.ts";

/**
 * Trains a model in place and returns its history.
 *
 * @param data examples; without validation the training loss decides which model is the best
 * @throws Error when the recipe or the data cannot be trained on, when the memory will not do, when the loss stops being a
 * number (naming the step and the songs), or when a checkpoint in `output` belongs to another training.
 * @example
 * ```ts
 * const trained = trainableOf(classifier), examples = songExamplesOf(classifier, sides.train, recipe);
 * const run = await train(trained, { train: examples }, { ...studyRecipe, epochs: 3 }, { output: "outputs/run" });
 * ```
 */
export async function train(
  model: Trainable,
  data: { train: readonly Example[] | Examples; validation?: readonly Example[] | Examples },
  recipe: Recipe,
  options: TrainingOptions = {},
): Promise<TrainingRun> {
  const plan = makePlan(model, data, recipe);
  using learner = new Learner(model, plan, options.team);
  using keeper = await Keeper.open(learner, options);
  const { state, team } = learner;
  const asked = () => options.signal?.aborted ?? false;
  const patience = recipe.earlyStoppingPatience ?? Infinity;
  const due = (every: number | null) => every !== null && state.step % every === 0;
  let ended: TrainingRun["ended"] = "finished";
  while (state.step < plan.steps) {
    if (state.evaluationsWithoutImprovement >= patience) ended = "stopped early";
    // a team ends together, after the step in which one of them said so
    else if (team.size === 1 ? asked() : learner.stopped) ended = "interrupted";
    if (ended !== "finished") break;

    await keeper.step(learner.step(asked()));

    const epochEnds = learner.isAtEnd;
    if (epochEnds || due(recipe.logEverySteps)) await keeper.log();
    const averagedEpochs = epochEnds ? learner.averageEpoch() : 0;
    if (learner.isToValidate || due(recipe.evaluateEverySteps)) await keeper.evaluate(averagedEpochs);
    if (epochEnds) learner.nextEpoch();
    if (epochEnds || due(recipe.saveEverySteps)) await keeper.save();
    await breathe();
  }
  await keeper.save();
  return await keeper.finish(ended);
}
