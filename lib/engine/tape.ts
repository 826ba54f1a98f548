/**
 * Reverse-mode differentiation over a few large operations whose backward passes are written by hand.
 *
 * TensorFlow.js's own tape keeps every intermediate result of every small operation until the gradient is done. Here an
 * operation ({@link Tape.record}) says itself what its backward pass needs; that alone is kept, and freed as soon as it
 * was used. The gradients of parameters add up over several backward passes, which is gradient accumulation.
 */
import * as tf from "@tensorflow/tfjs";
import { Parameter } from "./parameters.ts";
import { isBfloat16, toFloat32 } from "./raw.ts";
import { addGradients, denseGradient, type Gradient, keepGradient } from "./row_gradient.ts";

/** What an operation's gradients belong to: an earlier result, or a parameter. */
export type Differentiable = tf.Tensor | Parameter;

interface Node {
  output: tf.Tensor;
  inputs: (Differentiable | null)[];
  saved: tf.Tensor[];
  /** Whether the output's gradient may be bfloat16: where the output is, or where the backward pass takes it so. */
  low: boolean;
  /** Whether it looks up rows of its parameters. */
  looksUp: boolean;
  backward: Backward;
}

/**
 * From the gradient of an operation's output to those of its inputs, `null` for none. An operation that runs a tape of its
 * own adds the gradients of its parameters to `into` itself.
 */
export type Backward = (dy: tf.Tensor, into: Gradients) => (Gradient | null)[];

/**
 * Gradients by parameter: float32, or bfloat16 where a single bfloat16 product gave it (sums are float32); of a large table of
 * embeddings the rows that were looked up. Whoever takes them from {@link Tape.backward} disposes them.
 */
export type Gradients = Map<Parameter, Gradient>;

/** Records operations in forward order and runs their backward passes in reverse. */
export class Tape {
  private nodes: Node[] = [];
  private savers = new Map<tf.Tensor, number>();
  /** Outputs that depend on a trainable parameter; nothing else is recorded. */
  private active = new Set<tf.Tensor>();
  private watched = new Set<tf.Tensor>();
  /** What {@link Tape.backward} found for the watched tensors. Whoever takes them disposes them. */
  readonly inputGradients = new Map<tf.Tensor, tf.Tensor>();

  /** Asks for the gradient of a tensor that comes from outside the tape: see {@link Tape.inputGradients}. */
  watch(tensor: tf.Tensor): void {
    this.active.add(tensor);
    this.watched.add(tensor);
  }

  /**
   * Records one operation.
   *
   * @param output its result
   * @param inputs what gradients flow to, in the order `backward` returns them; `null` entries get none
   * @param saved tensors `backward` reads: they become the tape's, which disposes them after that
   * @param options.takesLow that `backward` takes a gradient in bfloat16 although the output is float32
   * @param options.looksUp that its parameters are tables, of which it looks up rows
   */
  record(
    output: tf.Tensor,
    inputs: (Differentiable | null)[],
    saved: tf.Tensor[],
    backward: Backward,
    { takesLow = false, looksUp = false }: { takesLow?: boolean; looksUp?: boolean } = {},
  ): void {
    if (!inputs.some((input) => this.needsGradient(input))) return;
    this.active.add(output);
    for (const tensor of saved) {
      tf.keep(tensor);
      this.savers.set(tensor, (this.savers.get(tensor) ?? 0) + 1);
    }
    this.nodes.push({ output, inputs, saved, low: takesLow || isBfloat16(output), looksUp, backward });
  }

  /** Whether a gradient for this input is of use: backward passes skip what nobody asks for. */
  needsGradient(input: Differentiable | null): boolean {
    if (input === null) return false;
    return input instanceof Parameter ? input.trainable : this.active.has(input);
  }

  /** Whether a tensor is kept for a backward pass. */
  isSaved(tensor: tf.Tensor): boolean {
    return this.savers.has(tensor);
  }

  /** Disposes a result that the forward pass no longer needs, unless a backward pass does. */
  release(tensor: tf.Tensor): void {
    if (!this.savers.has(tensor)) tensor.dispose();
  }

  private unsave(tensors: tf.Tensor[]): void {
    for (const tensor of tensors) {
      const left = this.savers.get(tensor)! - 1;
      if (left > 0) this.savers.set(tensor, left);
      else {
        this.savers.delete(tensor);
        tensor.dispose();
      }
    }
  }

  /** The trainable parameters that take part in what was recorded. */
  parameters(): Parameter[] {
    const inputs = this.nodes.flatMap(({ inputs }) => inputs);
    return [...new Set(inputs.filter((input) => input instanceof Parameter))]
      .filter(({ trainable }) => trainable);
  }

  /** Those among them whose rows are looked up, and which nothing else reads: tables of embeddings that no head shares. */
  tables(): Parameter[] {
    const read = new Set(this.nodes.flatMap(({ looksUp, inputs }) => looksUp ? [] : inputs));
    return this.parameters().filter((parameter) => !read.has(parameter));
  }

  /** The memory that waits for the backward pass, in bytes; what several tensors share counts once. */
  savedBytes(): number {
    const sizes = new Map([...this.savers.keys()].map((tensor) => [tensor.dataId, bytesOf(tensor)]));
    return [...sizes.values()].reduce((sum, bytes) => sum + bytes, 0);
  }

  /**
   * The gradients of `output`, by parameter, added to `into` where given. The tape is empty afterwards.
   *
   * @param seed the gradient of the output itself, disposed here; ones by default
   */
  backward(output: tf.Tensor, into: Gradients = new Map(), seed?: tf.Tensor): Gradients {
    const pending = new Map<tf.Tensor, tf.Tensor>();
    pending.set(output, tf.keep(seed ?? tf.onesLike(output)));
    try {
      // a node leaves the tape when it is done, so that an error half-way leaks nothing
      for (let node = this.nodes.at(-1); node !== undefined; node = this.nodes.at(-1)) {
        const dy = pending.get(node.output);
        if (dy !== undefined) this.runBackward(node, dy, pending, into);
        this.nodes.pop();
        this.unsave(node.saved);
      }
      for (const tensor of this.watched) {
        const gradient = pending.get(tensor);
        if (gradient === undefined) continue;
        pending.delete(tensor);
        this.inputGradients.set(tensor, gradient);
      }
    } finally {
      pending.forEach((tensor) => tensor.dispose());
      this.clear();
    }
    return into;
  }

  private runBackward(
    { output, inputs, backward, low }: Node,
    dy: tf.Tensor,
    pending: Map<tf.Tensor, tf.Tensor>,
    into: Gradients,
  ): void {
    tf.tidy(() => {
      const gradients = backward(low ? dy : toFloat32(dy), into);
      inputs.forEach((input, i) => {
        const gradient = gradients[i];
        if (input === null || !gradient || !this.needsGradient(input)) return;
        if (input instanceof Parameter) accumulate(into, input, gradient);
        else accumulate(pending, input, denseGradient(gradient));
      });
    });
    pending.delete(output);
    dy.dispose();
  }

  /** Forgets everything recorded and frees what was kept. */
  clear(): void {
    for (const node of this.nodes) this.unsave(node.saved);
    this.nodes = [];
    this.active.clear();
    this.watched.clear();
  }
}

function bytesOf(tensor: tf.Tensor): number {
  return tensor.size * (isBfloat16(tensor) ? 2 : tensor.dtype === "bool" ? 1 : 4);
}

function accumulate<K, G extends Gradient>(map: Map<K, G>, key: K, gradient: G): void {
  const held = map.get(key);
  // kept is a clone, which shares the memory, and lets one tensor be the gradient of several inputs
  map.set(key, keepGradient(held === undefined ? gradient : addGradients(held, gradient)) as G);
  held?.dispose();
}
