/** Gradient checkpointing: less memory for one more forward pass (Chen et al. 2016, "Training Deep Nets with Sublinear Memory Cost"). */
import * as tf from "@tensorflow/tfjs";
import type { Pass } from "./ops.ts";
import type { Parameter } from "./parameters.ts";
import type { RandomKey } from "../ground/pure.ts";
import { Tape } from "./tape.ts";

/**
 * Runs a part of a model; where the pass asks for checkpointing, keeps its inputs alone and computes the part once more in
 * the backward pass, with the same dropout: the same gradients to the bit.
 *
 * @param inputs the part's tensors, `null` for an absent one; gradients flow to those that an earlier result went into
 * @param part a function of the pass, the inputs and parameters, and of no other tensor
 * @example
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { inferencePass } from "./mod.ts";
 *
 * const pass = inferencePass("float32"), x = tf.ones([4, 8]), mask = tf.ones([4, 1]);
 * const y = checkpointed(pass, [x, mask], (_pass, x, mask) => tf.mul(x, mask));
 * ```
 */
export function checkpointed<Inputs extends (tf.Tensor | null)[]>(
  pass: Pass,
  inputs: [...Inputs],
  part: (pass: Pass, ...inputs: Inputs) => tf.Tensor,
): tf.Tensor {
  const { tape, nextKey } = pass;
  if (tape === null || !pass.checkpointing) return part(pass, ...inputs);
  const keys: RandomKey[] = [];
  const drawn = nextKey && (() => {
    const key = nextKey();
    keys.push(key);
    return key;
  });
  // the inner tapes own copies, which share the memory: what they dispose is not the outer one's
  const start = (inner: Tape) =>
    inputs.map((input) => {
      if (input === null) return null;
      const copy = tf.clone(input);
      if (tape.needsGradient(input)) inner.watch(copy);
      return copy;
    }) as Inputs;

  const trial = new Tape();
  let parameters: Parameter[] = [];
  const output = tf.tidy(() => {
    try {
      const result = part({ ...pass, tape: trial, nextKey: drawn, checkpointing: false }, ...start(trial));
      parameters = trial.parameters();
      return tf.clone(result);
    } finally {
      trial.clear();
    }
  });
  const saved = inputs.filter((input) => input !== null);
  tape.record(output, [...inputs, ...parameters], saved, (dy, into) => {
    const inner = new Tape();
    const copies = start(inner);
    let place = 0;
    const again = { ...pass, tape: inner, nextKey: nextKey && (() => keys[place++]!), checkpointing: false };
    try {
      inner.backward(part(again, ...copies), into, tf.clone(dy));
    } finally {
      inner.clear();
    }
    return copies.map((copy) => {
      const gradient = copy && inner.inputGradients.get(copy);
      if (!gradient) return null;
      const result = tf.clone(gradient);
      gradient.dispose();
      return result;
    });
  });
  return output;
}
