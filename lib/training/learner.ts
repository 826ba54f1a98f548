/** The part of a training that learns: batch after batch, in memory alone. */
import { AdamW } from "../engine/mod.ts";
import { type EpochBatches, epochBatches } from "./batches.ts";
import { freezeFor, layerRates, thawedAfter } from "./freeze.ts";
import { foreseeMemory, type MemoryForecast } from "./memory.ts";
import { type Plan, seenIn } from "./plan.ts";
import { trainStep } from "./step.ts";
import { alone, type Team } from "../team/mod.ts";
import type { StepRecord, Trainable, TrainingState } from "./types.ts";
import type { Recipe } from "./recipe.ts";

/** A model, its optimizer and where they stand in the plan. */
export class Learner implements Disposable {
  readonly optimizer: AdamW;
  readonly state: TrainingState;
  /** Names of the parameters that were trainable before; they are so again in the end. */
  private readonly trainable: ReadonlySet<string>;
  private batches: EpochBatches | null = null;
  /** Whether someone of the team wanted to stop when the last step was taken. */
  stopped = false;
  /** By name the mean of each parameter over `averagedEpochs` of the state. */
  readonly means = new Map<string, Float32Array>();
  /** How many groups of frozen parameters have thawed; `null` before a step has looked. */
  private thawed: number | null = null;

  /** @param team who takes each step together; every one of them has a learner of the same model, plan and state */
  constructor(readonly model: Trainable, readonly plan: Plan, readonly team: Team = alone) {
    const { recipe, identity } = plan;
    this.optimizer = new AdamW({
      beta1: recipe.adamBeta1,
      beta2: recipe.adamBeta2,
      epsilon: recipe.adamEpsilon,
      weightDecay: recipe.weightDecay,
      rates: layerRates(model.parameters.keys(), recipe.layerDecay),
    });
    this.trainable = new Set([...model.parameters.values()].filter((p) => p.trainable).map((p) => p.name));
    this.state = {
      step: 0,
      epoch: 0,
      batchOfEpoch: 0,
      sums: { loss: 0, weight: 0, correct: 0, answers: 0 },
      best: null,
      evaluationsWithoutImprovement: 0,
      averagedEpochs: 0,
      elapsedMs: 0,
      identity,
    };
  }

  /** What the training takes at its peak: in the last step, when the most is thawed. */
  foreseeMemory(): MemoryForecast {
    const { model, plan, optimizer } = this;
    freezeFor((plan.steps - 1) / plan.stepsPerEpoch, model.parameters, this.trainable, plan.recipe);
    this.thawed = null;
    const heldMoments = [...model.parameters.values()]
      .filter((parameter) => optimizer.stepsOf(parameter) > 0)
      .reduce((sum, { size }) => sum + 8 * size, 0);
    return foreseeMemory(model, plan, heldMoments, this.team);
  }

  /** Makes the batches of the epoch it stands in. */
  startEpoch(): void {
    const { train: { lengths }, recipe } = this.plan, { epoch } = this.state;
    this.batches = epochBatches(lengths, { ...recipe, epoch });
  }

  /** Freezes what the recipe has frozen at this point of the training. */
  private thaw(): void {
    const { epochs, model, plan: { recipe } } = this, thawed = thawedAfter(epochs, recipe);
    if (thawed === this.thawed) return;
    this.thawed = thawed;
    freezeFor(epochs, model.parameters, this.trainable, recipe);
  }

  /**
   * Takes the parameters at an epoch's end into the mean that the recipe keeps; at the end of the last epoch the model gets that mean.
   *
   * @returns of how many epochs' ends the model is the mean now; 0 where it is not
   */
  averageEpoch(): number {
    const { means, model, plan: { recipe, steps, stepsPerEpoch }, state } = this;
    const left = Math.ceil((steps - state.step) / stepsPerEpoch);
    if (recipe.averageEpochs === 1 || left >= recipe.averageEpochs) return 0;
    const epochs = ++state.averagedEpochs;
    for (const [name, parameter] of model.parameters) {
      if (!this.trainable.has(name)) continue;
      const value = parameter.data(), mean = means.get(name) ?? new Float32Array(value.length);
      for (let i = 0; i < mean.length; i++) mean[i]! += (value[i]! - mean[i]!) / epochs;
      if (left > 0) means.set(name, mean);
      else parameter.assign(mean);
    }
    if (left > 0) return 0;
    means.clear();
    state.averagedEpochs = 0;
    return epochs;
  }

  /** Moves on to the next epoch. */
  nextEpoch(): void {
    const { state } = this;
    state.epoch++;
    state.batchOfEpoch = 0;
    state.sums = { loss: 0, weight: 0, correct: 0, answers: 0 };
    this.startEpoch();
  }

  /**
   * The next batch: loss, gradients, clipping, update.
   *
   * @param stop that the training is to end after this step: the team hears of it, whose {@link Learner.stopped} is true then
   */
  step(stop = false): Omit<StepRecord, "elapsedMs"> {
    const { model, optimizer, plan, state, team } = this, { recipe, precision, classWeights } = plan;
    this.thaw();
    const examples = Array.from(
      this.batches!.at(state.batchOfEpoch),
      (i) => seenIn(state.epoch, model, plan.train.at(i), i),
    );
    const learningRate = recipe.learningRate * learningRateFactor(state.step, plan.steps, recipe);
    const result = trainStep(model, optimizer, examples, {
      recipe,
      precision,
      step: state.step,
      learningRate,
      classWeights,
      team,
      stop,
    });
    this.stopped = result.stop;
    state.step++;
    state.batchOfEpoch++;
    state.sums.loss += result.loss * result.weight;
    state.sums.weight += result.weight;
    state.sums.correct += result.correct;
    state.sums.answers += result.answers;
    return {
      kind: "step",
      step: state.step,
      epoch: this.epochs,
      loss: result.loss,
      learningRate,
      gradientNorm: result.norm,
      examples: examples.length,
      tokens: result.tokens,
    };
  }

  /** Epochs done; a fraction within one. */
  get epochs(): number {
    return this.state.epoch + this.state.batchOfEpoch / this.plan.stepsPerEpoch;
  }

  /** Whether the last step was its epoch's last, or the training's. */
  get isAtEnd(): boolean {
    return this.state.batchOfEpoch === this.plan.stepsPerEpoch || this.state.step === this.plan.steps;
  }

  /** Whether the last step ended an epoch after which the recipe validates. */
  get isToValidate(): boolean {
    const { state, plan: { recipe, steps } } = this;
    return this.isAtEnd && ((state.epoch + 1) % recipe.evaluateEveryEpochs === 0 || state.step === steps);
  }

  /** Frees the optimizer's memory; parameters are as trainable as before. */
  [Symbol.dispose](): void {
    for (const [name, parameter] of this.model.parameters) parameter.trainable = this.trainable.has(name);
    this.optimizer.dispose();
  }
}

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
