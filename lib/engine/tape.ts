/**
 * Reverse-mode differentiation over a few large operations whose backward passes are written by hand.
 *
 * TensorFlow.js's own tape keeps every intermediate result of every small operation until the gradient is done. Here an
 * operation ({@link Tape.record}) says itself what its backward pass needs; that alone is kept, and freed as soon as it
 * was used. The gradients of parameters add up over several backward passes, which is gradient accumulation.
 */
import * as tf from "@tensorflow/tfjs";
import { Parameter } from "./parameters.ts";
import { attribute, DataType, isBfloat16, runOne, toFloat32 } from "./raw.ts";

/** What an operation's gradients belong to: an earlier result, or a parameter. */
export type Differentiable = tf.Tensor | Parameter;

interface Node {
  output: tf.Tensor;
  inputs: (Differentiable | null)[];
  saved: tf.Tensor[];
  /** Whether the output is bfloat16: then its gradient may be, too. */
  low: boolean;
  backward: (dy: tf.Tensor) => (tf.Tensor | null)[];
}

/** Gradients by parameter; float32. Whoever takes them from {@link Tape.backward} disposes them. */
export type Gradients = Map<Parameter, tf.Tensor>;

/** Records operations in forward order and runs their backward passes in reverse. */
export class Tape {
  private nodes: Node[] = [];
  private savers = new Map<tf.Tensor, number>();
  /** Outputs that depend on a trainable parameter; nothing else is recorded. */
  private active = new Set<tf.Tensor>();

  /**
   * Records one operation.
   *
   * @param output its result
   * @param inputs what gradients flow to, in the order `backward` returns them; `null` entries get none
   * @param saved tensors `backward` reads: kept alive until it ran
   * @param backward from the gradient of the output to those of the inputs (`null` for none)
   */
  record(
    output: tf.Tensor,
    inputs: (Differentiable | null)[],
    saved: tf.Tensor[],
    backward: Node["backward"],
  ): void {
    if (!inputs.some((input) => this.needsGradient(input))) return;
    this.active.add(output);
    for (const tensor of saved) {
      tf.keep(tensor);
      this.savers.set(tensor, (this.savers.get(tensor) ?? 0) + 1);
    }
    this.nodes.push({ output, inputs, saved, low: isBfloat16(output), backward });
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

  /**
   * The gradients of `output`, by parameter, added to `into` where given. The tape is empty afterwards.
   *
   * @param seed the gradient of the output itself; ones by default
   */
  backward(output: tf.Tensor, into: Gradients = new Map(), seed?: tf.Tensor): Gradients {
    const pending = new Map<tf.Tensor, tf.Tensor>();
    pending.set(output, tf.keep(seed ?? tf.onesLike(output)));
    try {
      for (let node = this.nodes.pop(); node !== undefined; node = this.nodes.pop()) {
        const dy = pending.get(node.output);
        if (dy === undefined) {
          this.unsave(node.saved);
          continue;
        }
        pending.delete(node.output);
        const { inputs, backward, low } = node;
        tf.tidy(() => {
          const gradients = backward(low ? dy : toFloat32(dy));
          inputs.forEach((input, i) => {
            const gradient = gradients[i];
            if (input === null || !gradient || !this.needsGradient(input)) return;
            if (input instanceof Parameter) accumulate(into, input, toFloat32(gradient));
            else accumulate(pending, input, gradient);
          });
        });
        dy.dispose();
        this.unsave(node.saved);
      }
    } finally {
      pending.forEach((tensor) => tensor.dispose());
      this.clear();
    }
    return into;
  }

  /** Forgets everything recorded and frees what was kept. */
  clear(): void {
    for (const node of this.nodes) this.unsave(node.saved);
    this.nodes = [];
    this.active.clear();
  }
}

function accumulate<K>(map: Map<K, tf.Tensor>, key: K, gradient: tf.Tensor): void {
  const held = map.get(key);
  if (held === undefined) {
    // a clone shares the memory, and lets one tensor be the gradient of several inputs
    map.set(key, tf.keep(tf.clone(gradient)));
    return;
  }
  const sum = isBfloat16(held) && isBfloat16(gradient)
    ? runOne("AddV2", [attribute.type("T", DataType.bfloat16)], [held, gradient])
    : tf.add(toFloat32(held), toFloat32(gradient));
  map.set(key, tf.keep(sum));
  held.dispose();
}
