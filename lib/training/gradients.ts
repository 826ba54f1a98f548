/** Gradients of a team's members, added up. */
import * as tf from "@tensorflow/tfjs";
import { type Gradients, type Parameter, toFloat32 } from "../engine/mod.ts";
import type { Team } from "../team/mod.ts";

/** Numbers that are sent at once: 25 MB, as PyTorch's DistributedDataParallel has it. */
const bucketNumbers = 6_250_000;

/**
 * Adds up the gradients of all members, bucket by bucket, in place: each has the same then, float32.
 *
 * @param parameters of which at least one member has a gradient, in the same order for all; a member without counts as zeros
 */
export function sumGradients(team: Team, parameters: readonly Parameter[], gradients: Gradients): void {
  const bucket = new Float32Array(
    Math.min(bucketNumbers, parameters.reduce((sum, { size }) => sum + size, 0)),
  );
  /** What the bucket holds: numbers of a parameter from one place on. */
  let held: { values: Float32Array; from: number; count: number; at: number }[] = [], filled = 0;
  const send = () => {
    team.sum(bucket.subarray(0, filled));
    for (const { values, from, count, at } of held) values.set(bucket.subarray(at, at + count), from);
    held = [];
    filled = 0;
  };
  const sums = parameters.map((parameter) => {
    const values = valuesOf(gradients.get(parameter), parameter.size);
    for (let from = 0; from < values.length;) {
      const count = Math.min(values.length - from, bucket.length - filled);
      bucket.set(values.subarray(from, from + count), filled);
      held.push({ values, from, count, at: filled });
      from += count;
      filled += count;
      if (filled === bucket.length) send();
    }
    return values;
  });
  if (filled > 0) send();
  for (const gradient of gradients.values()) gradient.dispose();
  // in the same order for all: what is summed over gradients is summed alike
  gradients.clear();
  parameters.forEach((parameter, i) =>
    gradients.set(parameter, tf.keep(tf.tensor(sums[i]!, [...parameter.shape])))
  );
}

/** A gradient's numbers, a copy. */
function valuesOf(gradient: tf.Tensor | undefined, size: number): Float32Array {
  if (gradient === undefined) return new Float32Array(size);
  const float = toFloat32(gradient);
  const values = float.dataSync() as Float32Array;
  if (float !== gradient) float.dispose();
  return values;
}
