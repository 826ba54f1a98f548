/** The loss of a classifier that gives each class its own yes or no. */
import * as tf from "@tensorflow/tfjs";
import type { Pass } from "./ops.ts";
import { toFloat32 } from "./raw.ts";

/** What {@link binaryCrossEntropy} can be told beside logits and targets. */
export interface BinaryCrossEntropyOptions {
  /** The weight of each example, [n], at least 0; the loss is the weighted mean. */
  exampleWeights?: Float32Array;
  /** How much more a class's yes weighs than its no, [classes]: PyTorch's `pos_weight`. */
  positiveWeights?: Float32Array;
  /** Divides the sum over examples in place of the sum of weights: for a batch computed in parts. */
  normaliser?: number;
}

/**
 * Sigmoid and binary cross-entropy, the mean over classes and the weighted mean over examples: PyTorch's
 * `BCEWithLogitsLoss`, which Hugging Face takes for `multi_label_classification`.
 *
 * With x a logit, y its target and p its class's positive weight, each term is (1 - y) x + (1 + (p - 1) y) ln(1 + e⁻ˣ).
 *
 * @param logits [n, classes]
 * @param targets [n · classes], each 0 to 1: whether the example has the class
 * @returns a scalar, float32
 * @throws Error where targets or weights do not fit the logits, or a target is outside 0 to 1
 */
export function binaryCrossEntropy(
  pass: Pass,
  logits: tf.Tensor,
  targets: Float32Array,
  options: BinaryCrossEntropyOptions = {},
): tf.Tensor {
  const [examples, classes] = logits.shape as [number, number];
  const { exampleWeights, positiveWeights } = options;
  const wrong = (what: string, length: number, wanted: number) =>
    new Error(`${length} ${what} are given for logits [${examples}, ${classes}]; there must be ${wanted}.`);
  if (targets.length !== examples * classes) throw wrong("targets", targets.length, examples * classes);
  if (exampleWeights && exampleWeights.length !== examples) {
    throw wrong("weights of examples", exampleWeights.length, examples);
  }
  if (positiveWeights && positiveWeights.length !== classes) {
    throw wrong("positive weights", positiveWeights.length, classes);
  }
  const outside = targets.findIndex((target) => !(target >= 0 && target <= 1));
  if (outside >= 0) {
    const example = Math.floor(outside / classes);
    throw new Error(
      `The target of example ${example}, class ${outside % classes} is ${targets[outside]}; give 0 or 1.`,
    );
  }
  const total = options.normaliser ?? exampleWeights?.reduce((sum, weight) => sum + weight, 0) ?? examples;
  const divisor = total * classes;
  // parts of the formula above: `no` is 1 - y and `yes` 1 + (p - 1) y
  const factors = () => {
    const y = tf.tensor2d(targets, [examples, classes]);
    const p = positiveWeights && tf.tensor2d(positiveWeights, [1, classes]);
    return {
      no: tf.sub(1, y),
      yes: p ? tf.add(1, tf.mul(tf.sub(p, 1), y)) : tf.scalar(1),
      byExample: exampleWeights ? tf.tensor2d(exampleWeights, [examples, 1]) : tf.scalar(1),
    };
  };
  const { loss, probabilities } = tf.tidy(() => {
    const x = toFloat32(logits);
    const { no, yes, byExample } = factors();
    const terms = tf.add(tf.mul(no, x), tf.mul(yes, tf.softplus(tf.neg(x))));
    return { probabilities: tf.sigmoid(x), loss: tf.div(tf.sum(tf.mul(terms, byExample)), divisor) };
  });
  pass.tape?.record(loss, [logits], [probabilities], (dy) => [
    tf.tidy(() => {
      const { no, yes, byExample } = factors();
      const gradient = tf.add(no, tf.mul(yes, tf.sub(probabilities, 1)));
      return tf.mul(tf.mul(gradient, byExample), tf.div(dy, divisor));
    }),
  ]);
  if (pass.tape === null) probabilities.dispose();
  return loss;
}
