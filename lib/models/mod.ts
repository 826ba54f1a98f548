/**
 * Architectures, their weights and what they compute, in PyTorch's numbers: BERT (KoBERT), RoBERTa, ELECTRA, DistilBERT, XLNet, Llama; LoRA on all.
 * Checkpoints come from a folder or the Hub and are written in Hugging Face's layout, so that Python opens them; Llama also generates.
 * A model is config, parameters by Hugging Face's names, and a forward pass that is a function of both; nothing here knows of songs.
 *
 * A checkpoint's folder, its logits on token ids, and some steps of training on batches of one's own:
 *
 * ```ts
 * import { AdamW, clippingScale, globalNorm, startEngine, Tape, trainingPass } from "../engine/mod.ts";
 * import { loadCheckpoint, lossOf, predictLogits, saveCheckpoint, tokenBatch } from "./mod.ts";
 * import * as tf from "@tensorflow/tfjs";
 *
 * await startEngine();
 * const { model, report } = loadCheckpoint("path/to/checkpoint", { labels: ["발라드", "댄스", "트로트"] });
 * console.log("freshly drawn:", report.initialised, "not used:", report.unused);
 *
 * // rows of token ids, special tokens included; the logits row by row, one for each class
 * const batch = tokenBatch([[2, 11, 25, 3], [2, 47, 3]], model.config.padId ?? 0);
 * console.log(predictLogits(model, batch));
 *
 * // AdamW with dropout and clipping: the dropout follows from seed and step, so a run can be repeated
 * const optimizer = new AdamW({ weightDecay: 0.01 });
 * const labels = Int32Array.of(0, 2), seed = 7, precision = "float32";
 * for (let step = 0; step < 10; step++) {
 *   const tape = new Tape();
 *   const { loss } = tf.tidy(() => lossOf(model, trainingPass(tape, precision, seed, step), batch, labels));
 *   const gradients = tape.backward(loss);
 *   optimizer.step(gradients, 2e-5, clippingScale(globalNorm(gradients), 1));
 *   console.log(step, loss.dataSync()[0]);
 *   loss.dispose();
 * }
 * await saveCheckpoint(model, "path/to/fine-tuned"); // opens here, and in Python by from_pretrained
 * ```
 *
 * The room `training` does the same for whole tables of songs, with batches, schedules, evaluation and checkpoints.
 */
export * from "./architecture.ts";
export { type PaddingSide, type TokenBatch, tokenBatch } from "./batch.ts";
export * from "./checkpoint.ts";
export { ConfigReader, type JsonObject, type Pooling, poolingField, type Task } from "./config.ts";
export * from "./files/mod.ts";
export * from "./generate.ts";
export * from "./hub.ts";
export * from "./load_model.ts";
export { adaptedLayers, attachLora, detachLora, type LoraOptions, mergeLora } from "./lora.ts";
export * from "./lora_config.ts";
export { isLoraFolder, loadLora, readLoraConfig, restoreLora, saveLora } from "./lora_files.ts";
export {
  absoluteSource,
  checkOwnTokenizer,
  localFolder,
  modelNames,
  scratchOf,
  shippedNames,
} from "./shipped.ts";
export {
  configNames,
  createModel,
  describeModel,
  disposeModel,
  languageTaskOf,
  logitsOf,
  lossOf,
  type Model,
  type ModelOptions,
  modelTypes,
  multiLabelLossOf,
  namedConfig,
  parameterCount,
  predictLogits,
  redraw,
  setPooling,
  withDropout,
} from "./model.ts";
