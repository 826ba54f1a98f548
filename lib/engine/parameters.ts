/**
 * A model's parameters: named float32 tensors that an optimizer steps. Inside TensorFlow they are resource variables,
 * stepped in place; elsewhere `tf.Variable`s.
 */
import * as tf from "@tensorflow/tfjs";
import {
  assignVariable,
  createVariable,
  destroyVariable,
  forgetMemory,
  hasKernels,
  hasNative,
  isBfloat16,
  memoryOf,
  readVariable,
  type ResourceVariable,
  toBfloat16,
  toFloat32,
} from "./raw.ts";

/**
 * What is learnt beside a frozen weight W [out, in]: `linear` then computes x Wᵀ + scale · Dropout(x) Aᵀ Bᵀ (Hu et al. 2021,
 * "LoRA: Low-Rank Adaptation of Large Language Models").
 */
export interface Adapter {
  /** A, [rank, in] */
  down: Parameter;
  /** B, [out, rank] */
  up: Parameter;
  /** α / rank */
  scale: number;
  dropout: number;
}

/** One named tensor that is trained, float32. Its values are read through {@link Parameter.value}. */
export class Parameter {
  readonly name: string;
  readonly shape: readonly number[];
  readonly size: number;
  /** Frozen parameters get no gradient and are not stepped. */
  trainable = true;
  /** Of a linear layer's weight. Its parameters are trained by themselves. */
  adapter: Adapter | null = null;

  private full: ResourceVariable | tf.Variable | null;
  private narrowed: tf.Tensor | null = null;
  private reading: tf.Tensor | null = null;
  private lowReading: tf.Tensor | null = null;

  /**
   * @param initial its values, disposed here; of bfloat16 they are held as {@link Parameter.narrow} does
   * @param options.owned that TensorFlow made them and nothing else has them: their memory is taken, not copied
   */
  constructor(name: string, initial: tf.Tensor, { owned = false }: { owned?: boolean } = {}) {
    this.name = name;
    this.shape = initial.shape;
    this.size = initial.size;
    if (isBfloat16(initial)) {
      this.full = null;
      this.narrowed = tf.keep(initial);
      this.trainable = false;
      return;
    }
    this.full = hasNative() ? createVariable(initial, owned) : tf.variable(initial, true);
    initial.dispose();
  }

  /**
   * The storage, which only the engine touches: a resource variable on TensorFlow, a `tf.Variable` elsewhere.
   *
   * @throws Error when the parameter is narrow
   */
  get storage(): ResourceVariable | tf.Variable {
    if (this.full === null) {
      throw new Error(
        `Parameter ${this.name} is held in bfloat16, where it cannot be trained: leave it frozen, or widen it.`,
      );
    }
    return this.full;
  }

  /** Whether the values are held in bfloat16 alone. */
  get isNarrow(): boolean {
    return this.narrowed !== null;
  }

  /**
   * Freezes the parameter and holds its values in bfloat16 alone, rounded: half the memory, and none for a copy in bf16.
   * Where TensorFlow does not run, which alone has bfloat16, they stay float32.
   */
  narrow(): void {
    this.trainable = false;
    if (this.full === null || !hasNative()) return;
    const low = this.lowValue();
    this.lowReading = null;
    this.release();
    destroyVariable(this.full as ResourceVariable);
    this.full = null;
    this.narrowed = low;
  }

  /** Takes {@link Parameter.narrow} back: float32 again, which can be trained; the values stay rounded. */
  widen(): void {
    if (this.narrowed === null) return;
    const values = toFloat32(this.narrowed);
    this.narrowed.dispose();
    this.narrowed = null;
    this.release();
    this.full = createVariable(values, true);
    values.dispose();
  }

  /**
   * The values, [shape]. Read once and kept until {@link Parameter.release}; never dispose it yourself. Those of a narrow
   * parameter are made anew, for the `tf.tidy` that asks.
   */
  value(): tf.Tensor {
    if (this.narrowed !== null) return toFloat32(this.narrowed);
    if (this.storage instanceof tf.Variable) return this.storage;
    if (hasKernels()) return memoryOf(this.storage);
    this.reading ??= tf.keep(readVariable(this.storage));
    return this.reading;
  }

  /** The values in bfloat16, cast once and kept until {@link Parameter.release}. */
  lowValue(): tf.Tensor {
    if (this.narrowed !== null) return this.narrowed;
    this.lowReading ??= tf.keep(toBfloat16(this.value()));
    return this.lowReading;
  }

  /** What {@link Parameter.lowValue} keeps, `null` for nothing: a step in place must write both or {@link Parameter.release}. */
  heldLowValue(): tf.Tensor | null {
    return this.lowReading;
  }

  /** Drops what {@link Parameter.value} and {@link Parameter.lowValue} keep; must precede a step in place that does not write it. */
  release(): void {
    if (this.full !== null && !(this.full instanceof tf.Variable)) forgetMemory(this.full);
    this.reading?.dispose();
    this.lowReading?.dispose();
    this.reading = null;
    this.lowReading = null;
  }

  /** Overwrites the values. @throws Error when the size differs. */
  assign(values: Float32Array): void {
    if (values.length !== this.size) {
      throw new Error(
        `Parameter ${this.name} has ${this.size} values [${this.shape}], but ${values.length} are given.`,
      );
    }
    this.release();
    const tensor = tf.tensor(values, [...this.shape]);
    if (this.narrowed !== null) {
      this.narrowed.dispose();
      this.narrowed = tf.keep(toBfloat16(tensor));
    } else if (this.storage instanceof tf.Variable) this.storage.assign(tensor);
    else assignVariable(this.storage, tensor);
    tensor.dispose();
  }

  /** A copy of the values in row-major order. */
  data(): Float32Array {
    if (this.narrowed !== null) {
      const float = toFloat32(this.narrowed), values = float.dataSync() as Float32Array;
      float.dispose();
      return values;
    }
    const held = this.reading !== null;
    const values = this.value().dataSync() as Float32Array;
    if (!held) this.release();
    // wasm and cpu backends may hand out their own memory
    return this.full instanceof tf.Variable ? values.slice() : values;
  }

  /** Frees the memory. */
  dispose(): void {
    this.release();
    this.narrowed?.dispose();
    if (this.full instanceof tf.Variable) this.full.dispose();
    else if (this.full !== null) destroyVariable(this.full);
  }
}
