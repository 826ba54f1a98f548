/** Trainings that write nothing: the best epoch is kept in memory. */
import type pl from "nodejs-polars";
import {
  type Classifier,
  fineTune,
  type Recipe,
  type TrainingOptions,
  type TrainingRun,
} from "../training/mod.ts";

/**
 * Fine-tunes a classifier without an output folder and leaves it with the weights of its best evaluation, as a run with a
 * folder keeps them in `best/`. The weights are held twice meanwhile.
 *
 * @param options as {@link fineTune} takes them, but for `output`
 */
export async function fineTuneToBest(
  classifier: Classifier,
  data: { train: pl.DataFrame; validation: pl.DataFrame },
  recipe: Partial<Recipe>,
  options: Omit<TrainingOptions, "output" | "resume"> = {},
): Promise<TrainingRun> {
  const parameters = [...classifier.model.parameters.values()];
  let best: Float32Array[] | undefined;
  const keeper = {
    onEvaluation: (record: { best: boolean }) => {
      if (record.best) best = parameters.map((parameter) => parameter.data());
    },
  };
  const run = await fineTune(classifier, data, recipe, {
    ...options,
    callbacks: [...(options.callbacks ?? []), keeper],
  });
  best?.forEach((values, i) => parameters[i]!.assign(values));
  return run;
}
