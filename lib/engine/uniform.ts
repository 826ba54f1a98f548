/** Random tensors that depend on nothing but their key: dropout is drawn with them. */
import * as tf from "@tensorflow/tfjs";
import { generator, type RandomKey } from "../ground/pure.ts";
import { attribute, DataType, hasNative, runOne } from "./raw.ts";

/** Uniform float32 numbers in [0, 1) of the given shape, drawn by the engine from the key. */
export function uniform(shape: number[], key: RandomKey): tf.Tensor {
  if (hasNative()) {
    return tf.tidy(() =>
      runOne("StatelessRandomUniform", [
        attribute.type("dtype", DataType.float32),
        attribute.type("T", DataType.int32),
        attribute.type("Tseed", DataType.int32),
      ], [tf.tensor1d(shape, "int32"), tf.tensor1d([...key], "int32")])
    );
  }
  const random = generator(key);
  const values = new Float32Array(tf.util.sizeFromShape(shape));
  for (let i = 0; i < values.length; i++) values[i] = random();
  return tf.tensor(values, shape);
}
