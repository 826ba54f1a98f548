/** AdamW with decoupled weight decay and clipping by global norm: PyTorch's arithmetic, step by step. */
import * as tf from "@tensorflow/tfjs";
import { Parameter } from "./parameters.ts";
import { kernels } from "./kernels.ts";
import {
  assignVariable,
  attribute,
  createVariable,
  DataType,
  dataTypeOf,
  destroyVariable,
  hasKernels,
  hasNative,
  memoryOf,
  readVariable,
  type ResourceVariable,
  run,
  runOnVariables,
  toFloat32,
} from "./raw.ts";
import { PartGradient } from "./parts.ts";
import { denseGradient, type Gradient, isLargeTable, RowGradient } from "./row_gradient.ts";

/** What the optimizer takes: of each parameter its gradient, or that of a part of it, which alone is stepped then. */
export type StepGradients = Map<Parameter, Gradient | PartGradient>;

export interface AdamWOptions {
  beta1?: number;
  beta2?: number;
  epsilon?: number;
  weightDecay?: number;
  /** What a parameter's learning rate is multiplied by. Default: 1 for all. */
  rates?: (name: string) => number;
}

/** Biases and the weights of normalisations are not decayed, by their names (as BERT's authors and Hugging Face do). */
export function decaysByName(name: string): boolean {
  return !/bias|layer_?norm\.weight|(^|\.)norm\.weight$/i.test(name);
}

interface Moments {
  m: ResourceVariable | tf.Variable;
  v: ResourceVariable | tf.Variable;
  /** Steps taken with this parameter: one that is frozen at first starts its bias correction when it thaws. */
  steps: number;
  /** Whether steps were taken with a part of the parameter alone: the moments of the rest are out of date. */
  inPart: boolean;
  /** Of a table whose gradients were rows: those that had one yet, as {@link noGradient}, the others as {@link noMoments}. */
  rows: Int32Array | null;
}

/** A row without a gradient in a step, and one that never had any, whose moments are zeros: nothing but decay moves it. */
const noGradient = -1, noMoments = -2;

/** A parameter's part in a step. */
interface Update<G extends Gradient | PartGradient = Gradient | PartGradient> {
  parameter: Parameter;
  gradient: G;
  moments: Moments;
  /** The learning rate. */
  rate: number;
  /** How much of the parameter decays. */
  decay: number;
}

/** √(Σ g²) over all gradients. */
export function globalNorm(gradients: ReadonlyMap<Parameter, Gradient | PartGradient>): number {
  const isPart = (one: Gradient | PartGradient) => one instanceof PartGradient;
  const parts = Map.groupBy([...gradients.values()].filter(isPart), ({ values }) => values);
  const others = [...gradients.values()].filter((one) => !isPart(one));
  return tf.tidy(() => {
    const ofParts = [...parts].flatMap(([values, those]) =>
      those.reduce((sum, { size }) => sum + size, 0) === values.size
        ? [values]
        : those.map(({ at, size }) => tf.slice(values, [at], [size]))
    );
    const whole = others.map((one) => one instanceof tf.Tensor ? one : one.values);
    return Math.sqrt(kernels().sumOfSquares([...whole, ...ofParts]));
  });
}

/**
 * What gradients of global norm `norm` are multiplied by so that it is at most `most`: `most / (norm + 1e-6)`, as torch's
 * `clip_grad_norm_`; 1 where they are small enough, or `most` is `null`.
 */
export function clippingScale(norm: number, most: number | null): number {
  return most !== null && norm > most ? most / (norm + 1e-6) : 1;
}

/**
 * AdamW (Loshchilov & Hutter 2019) as `torch.optim.AdamW` computes it. Parameters without a gradient are left alone, weight
 * decay included.
 */
export class AdamW {
  private readonly beta1: number;
  private readonly beta2: number;
  private readonly epsilon: number;
  private readonly weightDecay: number;
  private readonly rates: (name: string) => number;
  private readonly moments = new Map<Parameter, Moments>();

  constructor(options: AdamWOptions = {}) {
    this.beta1 = options.beta1 ?? 0.9;
    this.beta2 = options.beta2 ?? 0.999;
    this.epsilon = options.epsilon ?? 1e-8;
    this.weightDecay = options.weightDecay ?? 0.01;
    this.rates = options.rates ?? (() => 1);
  }

  /**
   * One step: decay, moments, update. Disposes the gradients.
   *
   * @param learningRate of this step
   * @param scale multiplies every gradient first (clipping)
   */
  step(gradients: StepGradients, learningRate: number, scale = 1): void {
    const updates = [...gradients].map(([parameter, gradient]) => {
      const moments = this.momentsOf(parameter);
      moments.steps++;
      moments.inPart ||= gradient instanceof PartGradient;
      const rate = learningRate * this.rates(parameter.name);
      const decay = decaysByName(parameter.name) ? rate * this.weightDecay : 0;
      return { parameter, gradient, moments, rate, decay };
    });
    if (hasKernels()) {
      for (const type of [DataType.float32, DataType.bfloat16]) {
        const same = updates.filter(({ gradient }) =>
          !(gradient instanceof RowGradient) &&
          dataTypeOf(gradient instanceof PartGradient ? gradient.values : gradient) === type
        );
        if (same.length > 0) this.stepFused(same as Update<tf.Tensor | PartGradient>[], type, scale);
      }
      for (const update of updates) {
        if (update.gradient instanceof RowGradient) this.stepRows(update as Update<RowGradient>, scale);
      }
    } else {
      for (const update of updates) tf.tidy(() => this.stepApart(update, scale));
    }
    for (const gradient of gradients.values()) gradient.dispose();
    gradients.clear();
  }

  /** What the operations are told of a parameter's step; `low` is the place of its bfloat16 copy among them, -1 for none. */
  private numbersOf({ moments: { steps }, rate, decay }: Update, scale: number, low: number): number[] {
    return [
      1 - decay,
      scale,
      1 - this.beta1,
      this.beta2,
      1 - this.beta2,
      rate / (1 - this.beta1 ** steps),
      1 / Math.sqrt(1 - this.beta2 ** steps),
      this.epsilon,
      low,
    ];
  }

  /** One pass over the memory of all the parameters, their moments and their bfloat16 copies. */
  private stepFused(updates: Update<tf.Tensor | PartGradient>[], type: number, scale: number): void {
    const lows: tf.Tensor[] = [];
    const numbers = updates.flatMap((update) => {
      update.moments.rows = null;
      const low = update.parameter.heldLowValue();
      return this.numbersOf(update, scale, low === null ? -1 : lows.push(low) - 1);
    });
    const memory = (of: (update: Update) => unknown) =>
      updates.map((update) => memoryOf(of(update) as ResourceVariable));
    tf.tidy(() => {
      const attributes = [
        attribute.type("T", type),
        attribute.int("N", updates.length),
        attribute.int("lows", lows.length),
      ];
      const inputs = [
        ...memory(({ parameter }) => parameter.storage),
        ...memory(({ moments }) => moments.m),
        ...memory(({ moments }) => moments.v),
        ...lows,
        ...updates.map(({ gradient }) => gradient instanceof PartGradient ? gradient.values : gradient),
        tf.tensor2d(
          updates.flatMap(({ gradient }) =>
            gradient instanceof PartGradient
              ? [gradient.from, gradient.at, gradient.size]
              : [0, 0, gradient.size]
          ),
          [updates.length, 3],
          "int32",
        ),
        tf.tensor2d(numbers, [updates.length, 9]),
      ];
      run("SongAdamW", attributes, inputs, 0);
    });
  }

  /** The same numbers for a table of which few rows have a gradient: rows that never had one are decayed, and their moments not read. */
  private stepRows(update: Update<RowGradient>, scale: number): void {
    const { parameter, gradient, moments } = update;
    const held = moments.rows ??= new Int32Array(gradient.shape[0]).fill(noGradient);
    const places = held.slice();
    gradient.rows.forEach((row, place) => {
      places[row] = place;
      held[row] = noGradient;
    });
    const low = parameter.heldLowValue(), lows = low === null ? [] : [low];
    tf.tidy(() => {
      const inputs = [
        ...[parameter.storage, moments.m, moments.v].map((one) => memoryOf(one as ResourceVariable)),
        ...lows,
        gradient.values,
        tf.tensor1d(places, "int32"),
        tf.tensor1d(this.numbersOf(update, scale, lows.length - 1)),
      ];
      const attributes = [attribute.type("T", DataType.float32), attribute.int("lows", lows.length)];
      run("SongAdamWRows", attributes, inputs, 0);
    });
  }

  private stepApart({ parameter, gradient, moments, rate, decay }: Update, scale: number): void {
    if (gradient instanceof PartGradient) {
      throw new Error("A part of a parameter is stepped by the fused operations.");
    }
    parameter.release();
    moments.rows = null;
    const { storage } = parameter, scaled = tf.mul(toFloat32(denseGradient(gradient)), scale);
    if (storage instanceof tf.Variable) this.stepPortable(storage, moments, scaled, rate, decay);
    else this.stepNative(storage, moments, scaled, rate, decay);
  }

  private stepNative(
    storage: ResourceVariable,
    { m, v, steps }: Moments,
    gradient: tf.Tensor,
    learningRate: number,
    decay: number,
  ): void {
    if (decay !== 0) {
      tf.tidy(() => {
        const value = readVariable(storage);
        const less = tf.mul(value, decay);
        value.dispose();
        runOnVariables("AssignSubVariableOp", [attribute.type("dtype", DataType.float32)], [storage], [less]);
      });
    }
    // TensorFlow adds ε to the uncorrected √v and computes 1 - β in float32: the corrections go into its learning rate and ε.
    const corrected1 = (1 - this.beta1 ** steps) * (1 - Math.fround(this.beta1)) / (1 - this.beta1);
    const inflation = Math.sqrt((1 - Math.fround(this.beta2)) / (1 - this.beta2));
    const corrected2 = Math.sqrt(1 - this.beta2 ** steps) * inflation;
    const scalars = [
      0,
      0,
      learningRate * corrected2 / corrected1,
      this.beta1,
      this.beta2,
      this.epsilon * corrected2,
    ];
    runOnVariables(
      "ResourceApplyAdam",
      [
        attribute.type("T", DataType.float32),
        attribute.bool("use_locking", false),
        attribute.bool("use_nesterov", false),
      ],
      [storage, m as ResourceVariable, v as ResourceVariable],
      [...scalars.map((x) => tf.scalar(x)), gradient],
    );
  }

  private stepPortable(
    p: tf.Variable,
    moments: Moments,
    gradient: tf.Tensor,
    learningRate: number,
    decay: number,
  ): void {
    const m = moments.m as tf.Variable, v = moments.v as tf.Variable;
    m.assign(tf.add(tf.mul(m, this.beta1), tf.mul(gradient, 1 - this.beta1)));
    v.assign(tf.add(tf.mul(v, this.beta2), tf.mul(tf.square(gradient), 1 - this.beta2)));
    const denominator = tf.add(tf.div(tf.sqrt(v), Math.sqrt(1 - this.beta2 ** moments.steps)), this.epsilon);
    const update = tf.mul(tf.div(m, denominator), learningRate / (1 - this.beta1 ** moments.steps));
    p.assign(tf.sub(tf.mul(p, 1 - decay), update));
  }

  private momentsOf(parameter: Parameter): Moments {
    let moments = this.moments.get(parameter);
    if (moments === undefined) {
      const make = () => {
        const zeros = tf.zeros([...parameter.shape]);
        const variable = hasNative() ? createVariable(zeros) : tf.variable(zeros, false);
        zeros.dispose();
        return variable;
      };
      const { shape } = parameter;
      const rows = isLargeTable(shape) ? new Int32Array(shape[0]).fill(noMoments) : null;
      moments = { m: make(), v: make(), steps: 0, rows, inPart: false };
      this.moments.set(parameter, moments);
    }
    return moments;
  }

  /** Steps taken with a parameter; 0 before its first. */
  stepsOf(parameter: Parameter): number {
    return this.moments.get(parameter)?.steps ?? 0;
  }

  /**
   * The moments of parameters of which a part alone was stepped, and nowhere else all of them: where they stand, to write what others
   * have. They are whole from here on.
   *
   * @param of those asked for, in the order of the moments that come of them
   */
  takeParts(of: Iterable<Parameter>): tf.Tensor[] {
    const parted = [...of].map((parameter) => this.moments.get(parameter)).filter((one) => one?.inPart);
    return parted.flatMap((one) => {
      one!.inPart = false;
      return [one!.m, one!.v].map((storage) => memoryOf(storage as ResourceVariable));
    });
  }

  /** A copy of one of a parameter's moments: `m` of gradients, `v` of their squares. Zeros before its first step. */
  momentData(parameter: Parameter, which: "m" | "v"): Float32Array {
    const moments = this.moments.get(parameter);
    if (moments?.inPart) {
      throw new Error(`A part of ${parameter.name} was stepped here: the moments of the rest are elsewhere.`);
    }
    return moments === undefined ? new Float32Array(parameter.size) : dataOf(moments[which]);
  }

  /** Restores a parameter's moments from a checkpoint. */
  restoreMoments(
    parameter: Parameter,
    values: { m: Float32Array; v: Float32Array; steps: number },
  ): void {
    const moments = this.momentsOf(parameter);
    moments.steps = values.steps;
    moments.inPart = false;
    const { shape } = parameter;
    moments.rows = !isLargeTable(shape) ? null : Int32Array.from({ length: shape[0] }, (_, row) => {
      const isZero = (x: number) => x === 0, from = row * shape[1], to = from + shape[1];
      const still = values.m.subarray(from, to).every(isZero) && values.v.subarray(from, to).every(isZero);
      return still ? noMoments : noGradient;
    });
    for (const key of ["m", "v"] as const) {
      const tensor = tf.tensor(values[key], [...parameter.shape]);
      const storage = moments[key];
      if (storage instanceof tf.Variable) storage.assign(tensor);
      else assignVariable(storage, tensor);
      tensor.dispose();
    }
  }

  /** Frees the moments. */
  dispose(): void {
    for (const { m, v } of this.moments.values()) {
      for (const storage of [m, v]) {
        storage instanceof tf.Variable ? storage.dispose() : destroyVariable(storage);
      }
    }
    this.moments.clear();
  }
}

function dataOf(storage: ResourceVariable | tf.Variable): Float32Array {
  if (storage instanceof tf.Variable) return (storage.dataSync() as Float32Array).slice();
  const tensor = readVariable(storage);
  const values = tensor.dataSync() as Float32Array;
  tensor.dispose();
  return values;
}
