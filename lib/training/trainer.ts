/**
 * The training loop. It knows a model only by {@link Trainable}: parameters, a loss, a way to save.
 *
 * Every random choice comes from the recipe's seed and the step's number, so that a run that was cut off and resumed
 * repeats the uninterrupted one.
 */
import * as tf from "@tensorflow/tfjs";
import { createHash } from "node:crypto";
import { join } from "node:path";
import {
  AdamW,
  type CrossEntropyOptions,
  globalNorm,
  type Gradients,
  inferencePass,
  lossWeights,
  type Parameter,
  type Pass,
  type Precision,
  resolvePrecision,
  Tape,
  trainingPass,
} from "../engine/mod.ts";
import { type Batch, batchesByLength, collate, epochBatches, type Example, microBatches } from "./batches.ts";
import {
  checkIdentity,
  newestCheckpoint,
  replaceFolder,
  restoreTraining,
  saveTrainingCheckpoint,
  type TrainingState,
} from "./checkpoint.ts";
import { checkRecipe, type Recipe } from "./recipe.ts";
import { learningRateFactor } from "./schedule.ts";

/** What the trainer needs of a model. */
export interface Trainable {
  parameters: Map<string, Parameter>;
  /** Fills rows to equal length. */
  padId: number;
  /** The classes' names, in the order of labels and logits. */
  labels: readonly string[];
  /** The mean loss (a scalar) and the logits [rows, classes] of a batch. */
  loss(pass: Pass, batch: Batch, options: CrossEntropyOptions): { loss: tf.Tensor; logits: tf.Tensor };
  /** Writes the model's files into a folder, `model.safetensors` with every parameter among them. */
  save(folder: string): Promise<void>;
  /** What makes this model another one, for telling checkpoints apart. */
  identity: Record<string, unknown>;
}

/** One optimizer step. */
export interface StepRecord {
  kind: "step";
  step: number;
  epoch: number;
  loss: number;
  learningRate: number;
  /** Of all gradients, before clipping. */
  gradientNorm: number;
  examples: number;
  /** Tokens computed, padding included. */
  tokens: number;
  elapsedMs: number;
}

/** One evaluation: at an epoch's end, or between. */
export interface EvaluationRecord {
  kind: "evaluation";
  step: number;
  /** Epochs done; a fraction between them. */
  epoch: number;
  /** Over the training examples since the epoch began, with dropout, as they were met. */
  train: { loss: number; accuracy: number };
  /** Over validation, without dropout; `null` where there is none. */
  validation: ValidationMetrics | null;
  best: boolean;
  elapsedMs: number;
}

/** Numbers by name: `loss` and `accuracy` (per instance) always, and what the caller's metrics add. */
export type ValidationMetrics = { loss: number; accuracy: number } & Record<string, number>;

export type HistoryRecord = StepRecord | EvaluationRecord;

/** What is told while a training runs. All may be left out. */
export interface TrainingCallback {
  onStart?(plan: TrainingPlan): void | Promise<void>;
  onStep?(record: StepRecord): void | Promise<void>;
  /** Every `logEverySteps` and at an epoch's end: a line for a person. */
  onLog?(line: string): void | Promise<void>;
  onEvaluation?(record: EvaluationRecord): void | Promise<void>;
  onSave?(folder: string): void | Promise<void>;
  onEnd?(run: TrainingRun): void | Promise<void>;
}

/** What a training is going to do. */
export interface TrainingPlan {
  epochs: number;
  steps: number;
  stepsPerEpoch: number;
  examples: number;
  /** Steps done before: more than 0 where a run is resumed. */
  resumedAt: number;
  precision: Precision;
}

/** How a training ended. */
export interface TrainingRun {
  history: HistoryRecord[];
  steps: number;
  ended: "finished" | "stopped early" | "interrupted";
  best: { value: number; step: number; epoch: number } | null;
  /** Where the best model stands, in Hugging Face's layout; `null` without an output folder. */
  bestFolder: string | null;
  elapsedMs: number;
}

export interface TrainingOptions {
  /** Where `history.jsonl`, `checkpoints/` and `best/` go; nothing is written without. */
  output?: string;
  /** Goes on from the newest checkpoint in `output` where there is one. Default true. */
  resume?: boolean;
  callbacks?: TrainingCallback[];
  /** Asks the run to end after the step it is in: it saves a checkpoint first. */
  signal?: AbortSignal;
  /** More numbers over validation, from the predicted class of each example. */
  validationMetrics?: (predicted: Int32Array, examples: readonly Example[]) => Record<string, number>;
}

/** Class probabilities and the mean loss of examples, without gradients and dropout. */
export interface Evaluation {
  loss: number;
  /** [examples][classes], in the order given. */
  probabilities: Float32Array[];
  predicted: Int32Array;
}

/**
 * A model's probabilities for examples, longest first in batches of their own length.
 *
 * @param onBatch is told how many examples are done
 */
export async function evaluateExamples(
  model: Trainable,
  examples: readonly Example[],
  options: { batchSize: number; precision: Precision; onBatch?: (done: number) => void | Promise<void> },
): Promise<Evaluation> {
  const probabilities: Float32Array[] = new Array(examples.length);
  const predicted = new Int32Array(examples.length);
  let loss = 0, weight = 0, done = 0;
  for (const indices of batchesByLength(examples.map(({ inputIds }) => inputIds.length), options.batchSize)) {
    const batch = collate(indices.map((i) => examples[i]!), model.padId);
    const batchWeight = batch.weights.reduce((sum, w) => sum + w, 0);
    const result = tf.tidy(() => {
      const { loss, logits } = model.loss(inferencePass(options.precision), batch, {
        exampleWeights: batch.weights,
      });
      return { loss, probabilities: tf.softmax(logits) };
    });
    const values = result.probabilities.dataSync() as Float32Array;
    const classes = values.length / indices.length;
    loss += result.loss.dataSync()[0]! * batchWeight;
    weight += batchWeight;
    tf.dispose(result);
    indices.forEach((index, row) => {
      const ofRow = values.slice(row * classes, (row + 1) * classes);
      probabilities[index] = ofRow;
      predicted[index] = ofRow.indexOf(ofRow.reduce((a, b) => Math.max(a, b)));
    });
    done += indices.length;
    await options.onBatch?.(done);
    await breathe();
  }
  return { loss: weight === 0 ? 0 : loss / weight, probabilities, predicted };
}

/** Lets timers, signals and the notebook's kernel have their turn. */
function breathe(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}

/** A number that changes with any example's tokens, label or weight. */
function fingerprint(examples: readonly Example[]): string {
  const hash = createHash("sha256");
  for (const { songId, inputIds, label, weight } of examples) {
    hash.update(`${songId}|${inputIds}|${label}|${weight}\n`);
  }
  return hash.digest("hex").slice(0, 16);
}

/** The weight of each class that makes them count alike: examples / (classes · count). */
function balancedWeights(examples: readonly Example[], classes: number): Float32Array {
  const counts = new Float32Array(classes);
  for (const { label } of examples) counts[label]!++;
  return counts.map((count) => count === 0 ? 0 : examples.length / (classes * count));
}

/**
 * Trains a model in place and returns its history.
 *
 * @throws Error when the recipe or the data cannot be trained on, when the loss stops being a number (naming the step and
 * the songs), or when a checkpoint in `output` belongs to another training.
 */
export async function train(
  model: Trainable,
  data: { train: readonly Example[]; validation?: readonly Example[] },
  recipe: Recipe,
  options: TrainingOptions = {},
): Promise<TrainingRun> {
  checkRecipe(recipe);
  const { train: examples, validation = [] } = data;
  if (examples.length === 0) throw new Error("There is nothing to train on: no example is given.");
  const precision = resolvePrecision(recipe.precision);
  const stepsPerEpoch = Math.ceil(examples.length / recipe.batchSize);
  const steps = Math.min(recipe.maxSteps ?? Infinity, recipe.epochs * stepsPerEpoch);
  const lengths = examples.map(({ inputIds }) => inputIds.length);
  const classWeights = recipe.balanceClasses ? balancedWeights(examples, model.labels.length) : undefined;
  const optimizer = new AdamW({
    beta1: recipe.adamBeta1,
    beta2: recipe.adamBeta2,
    epsilon: recipe.adamEpsilon,
    weightDecay: recipe.weightDecay,
  });
  const { keepCheckpoints: _, logEverySteps: __, saveEverySteps: ___, ...decisive } = recipe;
  const identity = {
    recipe: { ...decisive, precision },
    model: model.identity,
    train: fingerprint(examples),
    validation: fingerprint(validation),
  };
  const journal = new Journal(options.output);
  let state: TrainingState = {
    step: 0,
    epoch: 0,
    batchOfEpoch: 0,
    sums: { loss: 0, weight: 0, correct: 0, examples: 0 },
    best: null,
    evaluationsWithoutImprovement: 0,
    elapsedMs: 0,
    identity,
  };
  const tell = async (call: (callback: TrainingCallback) => void | Promise<void>) => {
    for (const callback of options.callbacks ?? []) await call(callback);
  };
  const log = (line: string) => tell((callback) => callback.onLog?.(line));

  if (options.output !== undefined && options.resume !== false) {
    const warnings: string[] = [];
    const found = await newestCheckpoint(options.output, (message) => warnings.push(message));
    for (const warning of warnings) await log(warning);
    if (found !== null) {
      checkIdentity(found.state.identity, identity, found.folder);
      state = found.state;
      restoreTraining(found.folder, state, model.parameters, optimizer);
    }
  }
  await journal.open(state.step);
  await tell((callback) =>
    callback.onStart?.({
      epochs: recipe.epochs,
      steps,
      stepsPerEpoch,
      examples: examples.length,
      resumedAt: state.step,
      precision,
    })
  );

  const startedAt = performance.now() - state.elapsedMs;
  const elapsed = () => Math.round(performance.now() - startedAt);
  let savedAt = state.step;
  const save = async () => {
    if (options.output === undefined || savedAt === state.step) return;
    state.elapsedMs = elapsed();
    await journal.flush();
    const folder = await saveTrainingCheckpoint(
      options.output,
      state,
      optimizer,
      model.parameters.values(),
      (folder) => model.save(folder),
      recipe.keepCheckpoints,
    );
    savedAt = state.step;
    await tell((callback) => callback.onSave?.(folder));
  };

  const evaluate = async () => {
    const { sums } = state;
    let metrics: ValidationMetrics | null = null;
    if (validation.length > 0) {
      const { loss, predicted } = await evaluateExamples(model, validation, {
        batchSize: recipe.batchSize,
        precision,
      });
      const correct = validation.filter(({ label }, i) => label === predicted[i]).length;
      const more = options.validationMetrics?.(predicted, validation);
      metrics = { ...more, loss, accuracy: correct / validation.length };
    }
    const value = metrics === null ? -sums.loss / sums.weight : betterIsMore(metrics, recipe.bestMetric);
    const best = state.best === null || value > state.best.value + recipe.earlyStoppingDelta;
    state.evaluationsWithoutImprovement = best ? 0 : state.evaluationsWithoutImprovement + 1;
    const epoch = state.epoch + state.batchOfEpoch / stepsPerEpoch;
    if (best) {
      state.best = { value, step: state.step, epoch };
      if (options.output !== undefined) await saveBest(model, options.output);
    }
    const record: EvaluationRecord = {
      kind: "evaluation",
      step: state.step,
      epoch,
      train: { loss: sums.loss / sums.weight, accuracy: sums.correct / sums.examples },
      validation: metrics,
      best,
      elapsedMs: elapsed(),
    };
    journal.add(record);
    await log(evaluationLine(record));
    await tell((callback) => callback.onEvaluation?.(record));
  };

  const patience = recipe.earlyStoppingPatience ?? Infinity;
  let ended: TrainingRun["ended"] = state.evaluationsWithoutImprovement >= patience
    ? "stopped early"
    : "finished";
  try {
    while (state.step < steps && ended === "finished") {
      const { seed, batchSize, sortWindow } = recipe;
      const batches = epochBatches(lengths, { batchSize, sortWindow, seed, epoch: state.epoch });
      while (state.batchOfEpoch < batches.length && state.step < steps) {
        const chosen = batches[state.batchOfEpoch]!.map((i) => examples[i]!);
        const rate = recipe.learningRate * learningRateFactor(state.step, steps, recipe);
        const result = trainStep(model, optimizer, chosen, {
          recipe,
          precision,
          step: state.step,
          rate,
          classWeights,
        });
        state.step++;
        state.batchOfEpoch++;
        state.sums.loss += result.loss * result.weight;
        state.sums.weight += result.weight;
        state.sums.correct += result.correct;
        state.sums.examples += chosen.length;
        const record: StepRecord = {
          kind: "step",
          step: state.step,
          epoch: state.epoch + state.batchOfEpoch / stepsPerEpoch,
          loss: result.loss,
          learningRate: rate,
          gradientNorm: result.norm,
          examples: chosen.length,
          tokens: result.tokens,
          elapsedMs: elapsed(),
        };
        journal.add(record);
        await tell((callback) => callback.onStep?.(record));
        const atEnd = state.batchOfEpoch === batches.length || state.step === steps;
        if (state.step % recipe.logEverySteps === 0 || atEnd) await log(stepLine(record, steps));
        if (!atEnd && recipe.evaluateEverySteps !== null && state.step % recipe.evaluateEverySteps === 0) {
          await evaluate();
          if (state.evaluationsWithoutImprovement >= patience) ended = "stopped early";
        }
        if (options.signal?.aborted && !atEnd) ended = "interrupted";
        if (ended !== "finished") break;
        if (!atEnd && state.step % recipe.saveEverySteps === 0) await save();
        await breathe();
      }
      if (ended === "finished") {
        // before the state moves to the next epoch, so that the evaluation is told of this one
        await evaluate();
        if (state.evaluationsWithoutImprovement >= patience) ended = "stopped early";
        else if (options.signal?.aborted && state.step < steps) ended = "interrupted";
        state.epoch++;
        state.batchOfEpoch = 0;
        state.sums = { loss: 0, weight: 0, correct: 0, examples: 0 };
      }
      await save();
    }
  } finally {
    await journal.close();
    optimizer.dispose();
  }
  const run: TrainingRun = {
    history: journal.records,
    steps: state.step,
    ended,
    best: state.best,
    bestFolder: options.output === undefined || state.best === null ? null : join(options.output, "best"),
    elapsedMs: elapsed(),
  };
  await tell((callback) => callback.onEnd?.(run));
  return run;
}

function betterIsMore(metrics: ValidationMetrics, name: string): number {
  const value = metrics[name];
  if (value === undefined) {
    throw new Error(`bestMetric is "${name}", but validation gives ${Object.keys(metrics).join(", ")}.`);
  }
  return name === "loss" ? -value : value;
}

async function saveBest(model: Trainable, output: string): Promise<void> {
  const best = join(output, "best");
  await Deno.remove(`${best}.tmp`, { recursive: true }).catch(() => {});
  await Deno.mkdir(`${best}.tmp`, { recursive: true });
  await model.save(`${best}.tmp`);
  await replaceFolder(`${best}.tmp`, best);
}

function stepLine(record: StepRecord, steps: number): string {
  const { step, epoch, loss, learningRate, gradientNorm } = record;
  return `step ${step}/${steps}  epoch ${epoch.toFixed(2)}  loss ${loss.toFixed(4)}  ` +
    `learning rate ${learningRate.toExponential(2)}  gradient norm ${gradientNorm.toFixed(2)}`;
}

function evaluationLine({ epoch, train, validation, best }: EvaluationRecord): string {
  const of = ({ loss, accuracy }: { loss: number; accuracy: number }) =>
    `loss ${loss.toFixed(4)} accuracy ${accuracy.toFixed(4)}`;
  return `epoch ${epoch.toFixed(2)}  train ${of(train)}` +
    (validation === null ? "" : `  validation ${of(validation)}${best ? "  (best so far)" : ""}`);
}

interface StepInput {
  recipe: Recipe;
  precision: Precision;
  step: number;
  rate: number;
  classWeights: Float32Array | undefined;
}

/** One optimizer step on a batch: loss and gradients in parts that fit the token budget, clipping, update. */
function trainStep(model: Trainable, optimizer: AdamW, examples: Example[], input: StepInput) {
  const { recipe, precision, step, classWeights } = input;
  const labels = Int32Array.from(examples, ({ label }) => label);
  const exampleWeights = Float32Array.from(examples, ({ weight }) => weight);
  const weight = lossWeights(labels, { exampleWeights, ...(classWeights && { classWeights }) })
    .reduce((sum, w) => sum + w, 0);
  const gradients: Gradients = new Map();
  let loss = 0, correct = 0, tokens = 0;
  microBatches(examples, recipe.microBatchTokens).forEach((part, i) => {
    const batch = collate(part, model.padId);
    const tape = new Tape();
    const result = tf.tidy(() =>
      model.loss(trainingPass(tape, precision, recipe.seed, step, i), batch, {
        exampleWeights: batch.weights,
        ...(classWeights && { classWeights }),
        labelSmoothing: recipe.labelSmoothing,
        normaliser: weight,
      })
    );
    tape.backward(result.loss, gradients);
    loss += result.loss.dataSync()[0]!;
    correct += countCorrect(result.logits, batch.labels);
    tokens += batch.tokens.batch * batch.tokens.length;
    tf.dispose(result);
  });
  const norm = globalNorm(gradients);
  if (!Number.isFinite(loss) || !Number.isFinite(norm)) {
    gradients.forEach((gradient) => gradient.dispose());
    const what = Number.isFinite(loss) ? `gradient norm is ${norm}` : `loss is ${loss}`;
    throw new Error(
      `Step ${step + 1}: the ${what}. Songs of the batch: ${
        examples.map(({ songId }) => songId).join(", ")
      }. ` +
        "Try a smaller learning rate, more warmup, gradient clipping, or --precision float32.",
    );
  }
  const clip = recipe.gradClip;
  const scale = clip !== null && norm > clip ? clip / (norm + 1e-6) : 1;
  optimizer.step(gradients, input.rate, scale);
  return { loss, weight, correct, norm, tokens };
}

function countCorrect(logits: tf.Tensor, labels: Int32Array): number {
  const predicted = tf.tidy(() => tf.argMax(logits, 1));
  const values = predicted.dataSync();
  predicted.dispose();
  return labels.filter((label, i) => label === values[i]).length;
}

/** `history.jsonl`: one line a record, appended as they come. */
class Journal {
  readonly records: HistoryRecord[] = [];
  private readonly path: string | null;
  private readonly folder: string | undefined;
  private file: Deno.FsFile | null = null;

  constructor(output: string | undefined) {
    this.folder = output;
    this.path = output === undefined ? null : join(output, "history.jsonl");
  }

  /** Keeps the records up to a step and opens the file behind them. */
  async open(step: number): Promise<void> {
    if (this.path === null) return;
    await Deno.mkdir(this.folder!, { recursive: true });
    if (step > 0) {
      const text = await Deno.readTextFile(this.path).catch(() => "");
      for (const line of text.split("\n")) {
        try {
          const record: HistoryRecord = JSON.parse(line);
          if (record.step <= step) this.records.push(record);
        } catch { /* a line that a kill cut short, or the empty one at the end */ }
      }
    }
    await Deno.writeTextFile(this.path, this.records.map((record) => JSON.stringify(record) + "\n").join(""));
    this.file = await Deno.open(this.path, { append: true });
  }

  add(record: HistoryRecord): void {
    this.records.push(record);
    this.file?.writeSync(new TextEncoder().encode(JSON.stringify(record) + "\n"));
  }

  async flush(): Promise<void> {
    await this.file?.sync();
  }

  async close(): Promise<void> {
    await this.flush();
    this.file?.close();
    this.file = null;
  }
}
