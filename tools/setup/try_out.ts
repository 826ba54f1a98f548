/** Started by the set-up in a process of its own: fails, or crashes, where TensorFlow does not work. */
import * as tf from "@tensorflow/tfjs";
import { kernels, startEngine } from "../../lib/engine/mod.ts";

const { device } = await startEngine({ engine: "tensorflow" });
if (Deno.args[0] === "gpu" && device !== "gpu") {
  throw new Error("TensorFlow's GPU libraries find no GPU they can use.");
}
const product = tf.matMul(tf.tensor2d([[1, 2], [3, 4]]), tf.tensor2d([[5, 6], [7, 8]]));
const numbers = [...product.dataSync()].join(" ");
if (numbers !== "19 22 43 50") {
  throw new Error(`TensorFlow multiplies wrongly: ${numbers} where 19 22 43 50 is right.`);
}
const sum = kernels().sumOfSquares([product]);
if (sum !== 5194) throw new Error(`The engine's own operations are wrong: ${sum} where 5194 is right.`);
