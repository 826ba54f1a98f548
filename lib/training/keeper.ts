/** The part of a training that keeps: its folder, history, best model and checkpoints; and tells those who listen. */
import { join } from "node:path";
import { holdFolder, UserError, writeJson, writeWhole } from "../ground/mod.ts";
import { agreed } from "../team/mod.ts";
import { checkAlike, makeAlike, shareState } from "./alike.ts";
import type { Example } from "./batches.ts";
import { saveTraining, takeUp } from "./checkpoint.ts";
import { validate } from "./evaluate.ts";
import { publishFolder } from "./folders.ts";
import { gatherMoments } from "./gradients.ts";
import { evaluationLine, Journal, stepLine } from "./journal.ts";
import type { Learner } from "./learner.ts";
import { checkMemory } from "./memory.ts";
import { modelCard } from "./model_card.ts";
import { type Plan, seenIn } from "./plan.ts";
import type {
  EvaluationRecord,
  StepRecord,
  Trainable,
  TrainingCallback,
  TrainingOptions,
  TrainingRun,
  ValidationMetrics,
} from "./types.ts";

/** What a training leaves behind. Without an output folder that is its history, in memory. */
export class Keeper implements Disposable {
  private readonly startedAt: number;
  private readonly startedFrom: { step: number; elapsedMs: number };
  /** As the model sees them in every evaluation. */
  private validation: Example[] | null = null;
  private savedAt: number;

  private constructor(
    private readonly learner: Learner,
    private readonly options: TrainingOptions,
    private readonly journal: Journal,
    /** Where it writes: of a team the first does. */
    private readonly output: string | undefined,
    /** Whether it, or the first of its team, writes. */
    private readonly keeps: boolean,
    /** On the output folder. */
    private readonly hold: Disposable | null,
  ) {
    const { step, elapsedMs } = learner.state;
    this.startedAt = performance.now() - elapsedMs;
    this.startedFrom = { step, elapsedMs };
    this.savedAt = step;
  }

  /**
   * Holds the output folder, lets the learner go on from the newest checkpoint there, opens the history, and checks that the memory will
   * do. The learner's epoch has begun then. Of a team the first one's learner goes on, and the others follow it.
   */
  static async open(learner: Learner, options: TrainingOptions): Promise<Keeper> {
    const { model, plan, state, team } = learner;
    checkBestMetric(model, plan, options);
    await checkAlike(team, plan);
    const output = team.rank === 0 ? options.output : undefined;
    // nobody else writes there meanwhile
    const hold = output === undefined ? null : await holdFolder(output);
    let journal: Journal | undefined;
    try {
      const warnings = output === undefined ? [] : await takeUp(learner, output, options);
      shareState(learner);
      journal = await Journal.open(output, state.step);
      const keeper = new Keeper(learner, options, journal, output, agreed(team, output !== undefined), hold);
      for (const warning of warnings) await keeper.say(warning);
      await checkMemory(learner.foreseeMemory(), options.memoryLimit);
      learner.startEpoch();
      await keeper.tell((callback) =>
        callback.onStart?.({
          epochs: plan.recipe.epochs,
          steps: plan.steps,
          stepsPerEpoch: plan.stepsPerEpoch,
          examples: plan.train.length,
          resumedAt: state.step,
          precision: plan.precision,
        })
      );
      return keeper;
    } catch (error) {
      journal?.close();
      hold?.[Symbol.dispose]();
      throw error;
    }
  }

  private async tell(call: (callback: TrainingCallback) => void | Promise<void>): Promise<void> {
    if (this.learner.team.rank > 0) return;
    for (const callback of this.options.callbacks ?? []) await call(callback);
  }

  private say(line: string): Promise<void> {
    return this.tell((callback) => callback.onLog?.(line));
  }

  private elapsedMs(): number {
    return Math.round(performance.now() - this.startedAt);
  }

  /** Writes a step down. */
  async step(step: Omit<StepRecord, "elapsedMs">): Promise<void> {
    const record = { ...step, elapsedMs: this.elapsedMs() };
    this.journal.add(record);
    await this.tell((callback) => callback.onStep?.(record));
  }

  /** Says how the last step went. */
  async log(): Promise<void> {
    const record = this.journal.records.findLast((record) => record.kind === "step")!;
    await this.say(stepLine(record, this.learner.plan.steps, this.startedFrom));
  }

  /**
   * Training and validation figures; keeps the model where it is the best so far, or the mean that the recipe keeps.
   *
   * @param averagedEpochs of how many epochs' ends the model is the mean
   */
  async evaluate(averagedEpochs: number): Promise<void> {
    const { learner: { model, plan: { recipe }, state, epochs }, output } = this, { sums } = state;
    if (makeAlike(this.learner)) await this.say(driftedApart);
    const validation = await this.validate();
    const value = validation === null
      ? -sums.loss / sums.weight
      : betterIsMore(validation, recipe.bestMetric);
    const best = averagedEpochs > 0 || state.best === null ||
      value > state.best.value + recipe.earlyStoppingDelta;
    state.evaluationsWithoutImprovement = best ? 0 : state.evaluationsWithoutImprovement + 1;
    if (best) {
      state.best = { value, step: state.step, epoch: epochs };
      if (output !== undefined) {
        await publishFolder(join(output, "best"), (folder) => model.save(folder));
      }
    }
    const record: EvaluationRecord = {
      kind: "evaluation",
      step: state.step,
      epoch: epochs,
      train: { loss: sums.loss / sums.weight, accuracy: sums.correct / sums.answers },
      validation,
      best,
      ...(averagedEpochs > 0 && { averagedEpochs }),
      elapsedMs: this.elapsedMs(),
    };
    this.journal.add(record);
    await this.say(evaluationLine(record));
    await this.tell((callback) => callback.onEvaluation?.(record));
  }

  private async validate(): Promise<ValidationMetrics | null> {
    const { model, plan, team } = this.learner;
    if (plan.validation.length === 0) return null;
    this.validation ??= Array.from(
      { length: plan.validation.length },
      (_, i) => seenIn(null, model, plan.validation.at(i), i),
    );
    return await validate(model, this.validation, plan, this.options, team);
  }

  /** Writes a checkpoint, unless this step has one. */
  async save(): Promise<void> {
    const { learner, learner: { state, team, optimizer }, output } = this;
    if (!this.keeps || this.savedAt === state.step) return;
    this.savedAt = state.step;
    gatherMoments(team, optimizer, learner.model.parameters.values());
    if (output === undefined) return;
    state.elapsedMs = this.elapsedMs();
    await this.journal.flush();
    const folder = await saveTraining(output, learner);
    await this.tell((callback) => callback.onSave?.(folder));
  }

  /** Writes `metrics.json` and the model card, and gives the result. */
  async finish(ended: TrainingRun["ended"]): Promise<TrainingRun> {
    const { learner: { state, plan, model, team }, output, options: { dataDescription } } = this;
    const run: TrainingRun = {
      history: this.journal.records,
      steps: state.step,
      ended,
      best: state.best,
      bestFolder: this.options.output === undefined || state.best === null
        ? null
        : join(this.options.output, "best"),
      elapsedMs: this.elapsedMs(),
    };
    if (output !== undefined) await writeJson(join(output, "metrics.json"), metricsOf(run));
    if (output !== undefined && run.bestFolder !== null) {
      const { train, validation } = plan;
      const data = {
        train,
        validation,
        ...(dataDescription !== undefined && { description: dataDescription }),
      };
      await writeWhole(join(run.bestFolder, "README.md"), modelCard(run, plan.recipe, model, data));
    }
    await this.tell((callback) => callback.onEnd?.(run));
    // nobody reads what is not written yet
    agreed(team, null);
    return run;
  }

  /** Closes the history and lets go of the folder. */
  [Symbol.dispose](): void {
    this.journal.close();
    this.hold?.[Symbol.dispose]();
  }
}

const driftedApart =
  "The processes' parameters were not the same to the bit any more (their processors round differently): all have the first one's again.";

function metricsOf({ history, steps, ended, best, elapsedMs }: TrainingRun) {
  const last = history.findLast((record) => record.kind === "evaluation") ?? null;
  const atBest = history.find((record) => record.kind === "evaluation" && record.step === best?.step) ?? null;
  return { ended, steps, elapsedMs, best: atBest, last };
}

/** What validation will give is known before the first step, but where the model or the caller measure in ways of their own. */
function checkBestMetric(
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
function betterIsMore(metrics: ValidationMetrics, name: string): number {
  const value = metrics[name];
  if (value === undefined) throw unknownMetric(name, Object.keys(metrics));
  return name === "loss" ? -value : value;
}
