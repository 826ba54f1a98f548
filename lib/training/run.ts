/** A training under way: its state, and what each turn of the loop does with it. */
import { join } from "node:path";
import { UserError } from "../ground/errors.ts";
import { AdamW } from "../engine/mod.ts";
import { epochBatches, type Example, isRight } from "./batches.ts";
import {
  checkIdentity,
  clearOutput,
  newestCheckpoint,
  recoverOutput,
  restoreTraining,
  saveTrainingCheckpoint,
  type TrainingState,
} from "./checkpoint.ts";
import { evaluateExamples, evaluateTokens, microF1 } from "./evaluate.ts";
import { holdFolder, writeWhole } from "../ground/mod.ts";
import { publishFolder, startFolder } from "./folders.ts";
import { freezeFor, layerRates } from "./freeze.ts";
import { Journal } from "./journal.ts";
import { evaluationLine, stepLine } from "./log_lines.ts";
import { checkMemory, foreseeMemory } from "./memory.ts";
import { modelCard } from "./model_card.ts";
import { type Plan, seenIn } from "./plan.ts";
import { decisiveFields, studyRecipe } from "./recipe.ts";
import { learningRateFactor } from "./schedule.ts";
import { trainStep } from "./step.ts";
import type {
  EvaluationRecord,
  StepRecord,
  Trainable,
  TrainingCallback,
  TrainingOptions,
  TrainingRun,
  ValidationMetrics,
} from "./types.ts";

function freshState(identity: Record<string, unknown>): TrainingState {
  return {
    step: 0,
    epoch: 0,
    batchOfEpoch: 0,
    sums: { loss: 0, weight: 0, correct: 0, answers: 0 },
    best: null,
    evaluationsWithoutImprovement: 0,
    elapsedMs: 0,
    identity,
  };
}

/** One training, from its start or from a checkpoint on. */
export class Training {
  readonly state: TrainingState;
  private readonly model: Trainable;
  private readonly plan: Plan;
  private readonly options: TrainingOptions;
  private readonly optimizer: AdamW;
  private readonly journal: Journal;
  /** On the output folder. */
  private readonly hold: Disposable | null;
  /** Names of the parameters that were trainable before; they are so again in the end. */
  private readonly trainable: ReadonlySet<string>;
  private readonly startedAt: number;
  private readonly startedFrom: { step: number; elapsedMs: number };
  private batches: number[][] = [];
  /** As the model sees them in every evaluation. */
  private validation: Example[] | null = null;
  private savedAt: number;

  private constructor(
    model: Trainable,
    plan: Plan,
    options: TrainingOptions,
    optimizer: AdamW,
    journal: Journal,
    state: TrainingState,
    hold: Disposable | null,
  ) {
    this.hold = hold;
    this.model = model;
    this.plan = plan;
    this.options = options;
    this.optimizer = optimizer;
    this.journal = journal;
    this.state = state;
    this.trainable = new Set([...model.parameters.values()].filter((p) => p.trainable).map((p) => p.name));
    this.startedAt = performance.now() - state.elapsedMs;
    this.startedFrom = { step: state.step, elapsedMs: state.elapsedMs };
    this.savedAt = state.step;
  }

  /** Takes up the newest checkpoint where there is one, opens the journal and checks that the memory will do. */
  static async start(model: Trainable, plan: Plan, options: TrainingOptions): Promise<Training> {
    const { recipe } = plan;
    const optimizer = new AdamW({
      beta1: recipe.adamBeta1,
      beta2: recipe.adamBeta2,
      epsilon: recipe.adamEpsilon,
      weightDecay: recipe.weightDecay,
      rates: layerRates(model.parameters.keys(), recipe.layerDecay),
    });
    checkBestMetric(model, plan, options);
    const warnings: string[] = [];
    // nobody else writes there meanwhile
    const hold = options.output === undefined ? null : await holdFolder(options.output);
    try {
      const state = await takeUp(model, plan, options, optimizer, (message) => warnings.push(message));
      const journal = await Journal.open(options.output, state.step);
      const training = new Training(model, plan, options, optimizer, journal, state, hold);
      try {
        for (const warning of warnings) await training.say(warning);
        await training.checkMemory();
        training.startEpoch();
        await training.tell((callback) =>
          callback.onStart?.({
            epochs: recipe.epochs,
            steps: plan.steps,
            stepsPerEpoch: plan.stepsPerEpoch,
            examples: plan.train.length,
            resumedAt: state.step,
            precision: plan.precision,
          })
        );
      } catch (error) {
        training.dispose();
        throw error;
      }
      return training;
    } catch (error) {
      optimizer.dispose();
      hold?.[Symbol.dispose]();
      throw error;
    }
  }

  private async tell(call: (callback: TrainingCallback) => void | Promise<void>): Promise<void> {
    for (const callback of this.options.callbacks ?? []) await call(callback);
  }

  private say(line: string): Promise<void> {
    return this.tell((callback) => callback.onLog?.(line));
  }

  private elapsedMs(): number {
    return Math.round(performance.now() - this.startedAt);
  }

  private epoch(): number {
    return this.state.epoch + this.state.batchOfEpoch / this.plan.stepsPerEpoch;
  }

  /** By the last epoch, when the most is thawed. */
  private async checkMemory(): Promise<void> {
    const { model, plan, optimizer, trainable, options } = this;
    freezeFor(plan.recipe.epochs - 1, model.parameters, trainable, plan.recipe);
    const heldMoments = [...model.parameters.values()]
      .filter((parameter) => optimizer.stepsOf(parameter) > 0)
      .reduce((sum, { size }) => sum + 8 * size, 0);
    await checkMemory(foreseeMemory(model, plan, heldMoments), options.memoryLimit);
  }

  private startEpoch(): void {
    const { train: { lengths }, recipe } = this.plan, { epoch } = this.state;
    const { batchSize, sortWindow, seed } = recipe;
    this.batches = epochBatches(lengths, { batchSize, sortWindow, seed, epoch });
    freezeFor(epoch, this.model.parameters, this.trainable, recipe);
  }

  /** The next batch: loss, gradients, clipping, update. */
  async step(): Promise<void> {
    const { model, optimizer, plan, state } = this;
    const { recipe, precision, classWeights } = plan;
    const examples = this.batches[state.batchOfEpoch]!.map((i) =>
      seenIn(state.epoch, model, plan.train.at(i), i)
    );
    const learningRate = recipe.learningRate * learningRateFactor(state.step, plan.steps, recipe);
    const result = trainStep(model, optimizer, examples, {
      recipe,
      precision,
      step: state.step,
      learningRate,
      classWeights,
    });
    state.step++;
    state.batchOfEpoch++;
    state.sums.loss += result.loss * result.weight;
    state.sums.weight += result.weight;
    state.sums.correct += result.correct;
    state.sums.answers += result.answers;
    const record: StepRecord = {
      kind: "step",
      step: state.step,
      epoch: this.epoch(),
      loss: result.loss,
      learningRate,
      gradientNorm: result.norm,
      examples: examples.length,
      tokens: result.tokens,
      elapsedMs: this.elapsedMs(),
    };
    this.journal.add(record);
    await this.tell((callback) => callback.onStep?.(record));
  }

  /** Says how the last step went. */
  async log(): Promise<void> {
    const record = this.journal.records.findLast((record) => record.kind === "step")!;
    await this.say(stepLine(record, this.plan.steps, this.startedFrom));
  }

  /** Training and validation figures; keeps the model where it is the best so far. */
  async evaluate(): Promise<void> {
    const { plan, state, options } = this, { sums } = state;
    const validation = await this.validate();
    const value = validation === null
      ? -sums.loss / sums.weight
      : betterIsMore(validation, plan.recipe.bestMetric);
    const best = state.best === null || value > state.best.value + plan.recipe.earlyStoppingDelta;
    state.evaluationsWithoutImprovement = best ? 0 : state.evaluationsWithoutImprovement + 1;
    if (best) {
      state.best = { value, step: state.step, epoch: this.epoch() };
      if (options.output !== undefined) {
        const folder = join(options.output, "best");
        await this.model.save(await startFolder(folder));
        await publishFolder(folder);
      }
    }
    const record: EvaluationRecord = {
      kind: "evaluation",
      step: state.step,
      epoch: this.epoch(),
      train: { loss: sums.loss / sums.weight, accuracy: sums.correct / sums.answers },
      validation,
      best,
      elapsedMs: this.elapsedMs(),
    };
    this.journal.add(record);
    await this.say(evaluationLine(record));
    await this.tell((callback) => callback.onEvaluation?.(record));
  }

  private async validate(): Promise<ValidationMetrics | null> {
    const { recipe: { batchSize }, precision } = this.plan;
    if (this.plan.validation.length === 0) return null;
    const { model } = this;
    this.validation ??= Array.from(
      { length: this.plan.validation.length },
      (_, i) => seenIn(0, model, this.plan.validation.at(i), i),
    );
    const { validation } = this;
    if (model.validate !== undefined) return await model.validate(validation, { batchSize, precision });
    if (model.languageModel !== undefined) {
      return await evaluateTokens(model, validation, { batchSize, precision });
    }
    const evaluation = await evaluateExamples(model, validation, { batchSize, precision });
    const { loss, predicted, probabilities } = evaluation;
    const correct = validation.filter((example, i) => isRight(example, predicted[i]!)).length;
    const more = this.options.validationMetrics?.(predicted, validation);
    const ofSeveral = model.multiLabel && { microF1: microF1(probabilities, validation) };
    return { ...more, ...ofSeveral, loss, accuracy: correct / validation.length };
  }

  /** Moves on to the next epoch. */
  nextEpoch(): void {
    const { state } = this;
    state.epoch++;
    state.batchOfEpoch = 0;
    state.sums = { loss: 0, weight: 0, correct: 0, answers: 0 };
    this.startEpoch();
  }

  /** Writes a checkpoint, unless this step has one. */
  async save(): Promise<void> {
    const { state, options: { output }, model } = this;
    if (output === undefined || this.savedAt === state.step) return;
    state.elapsedMs = this.elapsedMs();
    await this.journal.flush();
    const folder = await saveTrainingCheckpoint(
      output,
      state,
      this.optimizer,
      [...model.parameters.values()],
      (folder) => model.save(folder),
      this.plan.recipe.keepCheckpoints,
    );
    this.savedAt = state.step;
    await this.tell((callback) => callback.onSave?.(folder));
  }

  /** Writes `metrics.json` and the model card, and gives the result. */
  async finish(ended: TrainingRun["ended"]): Promise<TrainingRun> {
    const { state, options: { output }, plan, journal } = this;
    const run: TrainingRun = {
      history: journal.records,
      steps: state.step,
      ended,
      best: state.best,
      bestFolder: output === undefined || state.best === null ? null : join(output, "best"),
      elapsedMs: this.elapsedMs(),
    };
    if (output !== undefined) await writeWhole(join(output, "metrics.json"), metricsJson(run));
    if (run.bestFolder !== null) {
      const data = {
        train: plan.train,
        validation: plan.validation,
        ...(this.options.dataDescription !== undefined && { description: this.options.dataDescription }),
      };
      await writeWhole(join(run.bestFolder, "README.md"), modelCard(run, plan.recipe, this.model, data));
    }
    await this.tell((callback) => callback.onEnd?.(run));
    return run;
  }

  /** Frees the optimizer's memory, closes files and lets go of the folder; parameters are as trainable as before. */
  dispose(): void {
    for (const [name, parameter] of this.model.parameters) parameter.trainable = this.trainable.has(name);
    this.journal.close();
    this.optimizer.dispose();
    this.hold?.[Symbol.dispose]();
  }
}

/** The state to go on from: a checkpoint's, whose parameters and moments are put back, or a fresh one. */
async function takeUp(
  model: Trainable,
  plan: Plan,
  { output, resume }: TrainingOptions,
  optimizer: AdamW,
  warn: (message: string) => void,
): Promise<TrainingState> {
  if (output === undefined) return freshState(plan.identity);
  await recoverOutput(output);
  const found = resume === false ? null : await newestCheckpoint(output, warn);
  if (found === null) {
    const kept = await clearOutput(output);
    if (kept !== null) warn(`What an earlier training left in ${output} is kept in ${kept}.`);
    return freshState(plan.identity);
  }
  const { folder, state: { weights, ...state } } = found;
  // the interrupted run's own model, still in memory, is as welcome as the one the run began with
  const current = plan.identity.weights === weights
    ? { ...plan.identity, weights: state.identity.weights }
    : plan.identity;
  checkIdentity(withNewerFields(state.identity), current, folder);
  restoreTraining(folder, model, optimizer);
  return state;
}

/** An identity of a time when recipes had fewer fields: the missing ones had the value that they have in the study's. */
function withNewerFields({ recipe, ...rest }: Record<string, unknown>): Record<string, unknown> {
  return { ...rest, recipe: { ...decisiveFields(studyRecipe), ...recipe as object } };
}

/** What validation will give is known before the first step, but where the model or the caller measure in ways of their own. */
function checkBestMetric(model: Trainable, { recipe, validation }: Plan, options: TrainingOptions): void {
  if (validation.length === 0 || model.validate !== undefined || options.validationMetrics !== undefined) {
    return;
  }
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

function betterIsMore(metrics: ValidationMetrics, name: string): number {
  const value = metrics[name];
  if (value === undefined) throw unknownMetric(name, Object.keys(metrics));
  return name === "loss" ? -value : value;
}

function metricsJson({ history, steps, ended, best, elapsedMs }: TrainingRun): string {
  const last = history.findLast((record) => record.kind === "evaluation") ?? null;
  const atBest = history.find((record) => record.kind === "evaluation" && record.step === best?.step) ?? null;
  return JSON.stringify({ ended, steps, elapsedMs, best: atBest, last }, null, 2) + "\n";
}
