/** A model's weights, whatever files they came in, and one naming for the names they came under. */

import { join } from "node:path";
import { UserError } from "../../ground/errors.ts";
import { openPytorchBin } from "./pytorch_bin.ts";
import { openSafetensors } from "./safetensors.ts";
import { type TensorFile } from "./tensor_file.ts";

/** The files of weights a folder may hold, in the order of preference, which is that of transformers. */
const weightFiles = [
  "model.safetensors",
  "model.safetensors.index.json",
  "pytorch_model.bin",
  "pytorch_model.bin.index.json",
] as const;

/**
 * Opens the weights of a model: of a folder the first that is there of `model.safetensors`, its index with shards,
 * `pytorch_model.bin`, its index with shards; or a single file of these kinds, under any name.
 *
 * @returns names, dtypes and shapes; `read(name)` gives a tensor as float32, read from the file at that moment.
 * @throws naming the folder and what was looked for where there is none, or the file and what is wrong with it.
 * @example
 * const checkpoint = openCheckpoint("outputs/run-1/best");
 * for (const name of checkpoint.names()) console.log(name, checkpoint.info(name).shape);
 * checkpoint.close();
 */
export function openCheckpoint(path: string): TensorFile {
  const file = isFolder(path) ? weightsIn(path) : path;
  return /\.safetensors(\.index\.json)?$/.test(file) ? openSafetensors(file) : openPytorchBin(file);
}

function isFolder(path: string): boolean {
  try {
    return Deno.statSync(path).isDirectory;
  } catch (cause) {
    throw new UserError(`There is no checkpoint at ${path}: ${(cause as Error).message}`, { cause });
  }
}

/**
 * Which of the files in a folder hold the weights, as `openCheckpoint` chooses: a single file or an index; null where
 * there are none.
 */
export function chooseWeights(fileNames: readonly string[]): string | null {
  return weightFiles.find((name) => fileNames.includes(name)) ?? null;
}

function weightsIn(folder: string): string {
  const names = [...Deno.readDirSync(folder)].map(({ name }) => name);
  const found = chooseWeights(names);
  if (found !== null) return join(folder, found);
  const others = names.filter((name) => /\.(h5|msgpack|onnx|ot|params|ckpt.*)$/.test(name));
  throw new UserError(
    `${folder} holds no weights: looked for ${weightFiles.join(", ")}.` +
      (others.length > 0
        ? ` It has ${
          others.join(", ")
        }, which are of another framework: convert them to safetensors with Python.`
        : ` Is it the folder of a model?`),
  );
}

/**
 * The names under which a model looks for its parameters, for the names a checkpoint has. In this order
 * 1. `module.` and `_orig_mod.` at the front go: torch's DataParallel and compile put them there;
 * 2. a last part `gamma` or `beta` becomes `weight` or `bias`: the layer norms of TensorFlow's BERT and of
 *    gluonnlp-era KoBERT (transformers renames these two in the same way);
 * 3. where no name begins with the prefix of the encoder, all get it: the checkpoint was saved from the bare encoder, as
 *    `skt/kobert-base-v1` and `monologg/kobert` were.
 *
 * @param options.prefix what precedes the encoder's parameters in the model with its head, without the dot: `bert`,
 * `roberta`, `electra`, `transformer`, `model`.
 * @returns the model's name to the checkpoint's, in the checkpoint's order.
 * @throws where two names of the checkpoint become the same.
 * @example
 * canonicalNames(["embeddings.LayerNorm.gamma"], { prefix: "bert" });
 * // Map { "bert.embeddings.LayerNorm.weight" => "embeddings.LayerNorm.gamma" }
 */
export function canonicalNames(
  names: readonly string[],
  options: { prefix?: string } = {},
): Map<string, string> {
  const renamed = names.map((name) =>
    name.replace(/^((module|_orig_mod)\.)+/, "").replace(/(^|\.)gamma$/, "$1weight").replace(
      /(^|\.)beta$/,
      "$1bias",
    )
  );
  const front = options.prefix ? `${options.prefix}.` : "";
  const bare = !renamed.some((name) => name.startsWith(front));
  const result = new Map<string, string>();
  for (const [i, name] of renamed.entries()) {
    const canonical = bare ? front + name : name;
    const other = result.get(canonical);
    if (other !== undefined) {
      throw new UserError(
        `The checkpoint has both ${other} and ${names[i]}, which are two names for ${canonical}.`,
      );
    }
    result.set(canonical, names[i]!);
  }
  return result;
}
