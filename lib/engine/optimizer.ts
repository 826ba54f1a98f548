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
import type { Gradients } from "./tape.ts";

export interface AdamWOptions {
  beta1?: number;
  beta2?: number;
  epsilon?: number;
  weightDecay?: number;
  /** Whether a parameter decays. Default: all but biases and LayerNorm weights. */
  decays?: (name: string) => boolean;
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
}

/** √(Σ g²) over all gradients, in one read-back. */
export function globalNorm(gradients: Gradients): number {
  if (gradients.size === 0) return 0;
  return tf.tidy(() => {
    const squares = [...gradients.values()].map((g) =>
      tf.reshape(kernels().sumOfSquares(g), []) as tf.Scalar
    );
    return Math.sqrt(tf.addN(squares).dataSync()[0]!);
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
  private readonly decays: (name: string) => boolean;
  private readonly moments = new Map<Parameter, Moments>();

  constructor(options: AdamWOptions = {}) {
    this.beta1 = options.beta1 ?? 0.9;
    this.beta2 = options.beta2 ?? 0.999;
    this.epsilon = options.epsilon ?? 1e-8;
    this.weightDecay = options.weightDecay ?? 0.01;
    this.decays = options.decays ?? decaysByName;
  }

  /**
   * One step: decay, moments, update. Disposes the gradients.
   *
   * @param learningRate of this step
   * @param scale multiplies every gradient first (clipping)
   */
  step(gradients: Gradients, learningRate: number, scale = 1): void {
    for (const [parameter, gradient] of gradients) {
      const moments = this.momentsOf(parameter);
      moments.steps++;
      const decay = this.decays(parameter.name) ? learningRate * this.weightDecay : 0;
      tf.tidy(() => {
        if (hasKernels()) return this.stepFused(parameter, moments, gradient, learningRate, decay, scale);
        parameter.release();
        const { storage } = parameter, scaled = tf.mul(toFloat32(gradient), scale);
        if (storage instanceof tf.Variable) this.stepPortable(storage, moments, scaled, learningRate, decay);
        else this.stepNative(storage, moments, scaled, learningRate, decay);
      });
      gradient.dispose();
    }
    gradients.clear();
  }

  /** One pass over the memory of parameter and moments, the parameter's bfloat16 copy included. */
  private stepFused(
    parameter: Parameter,
    moments: Moments,
    gradient: tf.Tensor,
    learningRate: number,
    decay: number,
    scale: number,
  ): void {
    const numbers = tf.tensor1d([
      1 - decay,
      scale,
      1 - this.beta1,
      this.beta2,
      1 - this.beta2,
      learningRate / (1 - this.beta1 ** moments.steps),
      1 / Math.sqrt(1 - this.beta2 ** moments.steps),
      this.epsilon,
    ]);
    const written = [parameter.storage, moments.m, moments.v].map((v) => memoryOf(v as ResourceVariable));
    const low = parameter.heldLowValue();
    const attributes = [
      attribute.type("T", dataTypeOf(gradient)),
      attribute.int("lows", low === null ? 0 : 1),
    ];
    run("SongAdamW", attributes, [...written, ...(low === null ? [] : [low]), gradient, numbers], 0);
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
      moments = { m: make(), v: make(), steps: 0 };
      this.moments.set(parameter, moments);
    }
    return moments;
  }

  /** Steps taken with a parameter; 0 before its first. */
  stepsOf(parameter: Parameter): number {
    return this.moments.get(parameter)?.steps ?? 0;
  }

  /** A copy of one of a parameter's moments: `m` of gradients, `v` of their squares. Zeros before its first step. */
  momentData(parameter: Parameter, which: "m" | "v"): Float32Array {
    const moments = this.moments.get(parameter);
    return moments === undefined ? new Float32Array(parameter.size) : dataOf(moments[which]);
  }

  /** Restores a parameter's moments from a checkpoint. */
  restoreMoments(
    parameter: Parameter,
    values: { m: Float32Array; v: Float32Array; steps: number },
  ): void {
    const moments = this.momentsOf(parameter);
    moments.steps = values.steps;
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
