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
  memoryOf,
  readVariable,
  type ResourceVariable,
  toBfloat16,
} from "./raw.ts";

/** One named float32 tensor that is trained. Its values are read through {@link Parameter.value}. */
export class Parameter {
  readonly name: string;
  readonly shape: readonly number[];
  readonly size: number;
  /** Frozen parameters get no gradient and are not stepped. */
  trainable = true;

  /** The storage, which only the engine touches: a resource variable on TensorFlow, a `tf.Variable` elsewhere. */
  readonly storage: ResourceVariable | tf.Variable;
  private reading: tf.Tensor | null = null;
  private lowReading: tf.Tensor | null = null;

  /** @param initial its values; disposed here. */
  constructor(name: string, initial: tf.Tensor) {
    this.name = name;
    this.shape = initial.shape;
    this.size = initial.size;
    this.storage = hasNative() ? createVariable(initial) : tf.variable(initial, true);
    initial.dispose();
  }

  /** The values, [shape]. Read once and kept until {@link Parameter.release}; never dispose it yourself. */
  value(): tf.Tensor {
    if (this.storage instanceof tf.Variable) return this.storage;
    if (hasKernels()) return memoryOf(this.storage);
    this.reading ??= tf.keep(readVariable(this.storage));
    return this.reading;
  }

  /** The values in bfloat16, cast once and kept until {@link Parameter.release}. */
  lowValue(): tf.Tensor {
    this.lowReading ??= tf.keep(toBfloat16(this.value()));
    return this.lowReading;
  }

  /** What {@link Parameter.lowValue} keeps, `null` for nothing: a step in place must write both or {@link Parameter.release}. */
  heldLowValue(): tf.Tensor | null {
    return this.lowReading;
  }

  /** Drops what {@link Parameter.value} and {@link Parameter.lowValue} keep; must precede a step in place that does not write it. */
  release(): void {
    if (!(this.storage instanceof tf.Variable)) forgetMemory(this.storage);
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
    if (this.storage instanceof tf.Variable) this.storage.assign(tensor);
    else assignVariable(this.storage, tensor);
    tensor.dispose();
  }

  /** A copy of the values in row-major order. */
  data(): Float32Array {
    const held = this.reading !== null;
    const values = this.value().dataSync() as Float32Array;
    if (!held) this.release();
    // wasm and cpu backends may hand out their own memory
    return this.storage instanceof tf.Variable ? values.slice() : values;
  }

  /** Frees the memory. */
  dispose(): void {
    this.release();
    if (this.storage instanceof tf.Variable) this.storage.dispose();
    else destroyVariable(this.storage);
  }
}
