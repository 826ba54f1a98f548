/** A model's weights, whatever files they came in, and one naming for the names they came under. */

import { join } from "node:path";
import { UserError } from "../../ground/pure.ts";
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
 * ```ts
 * const checkpoint = openCheckpoint("outputs/run-1/best");
 * for (const name of checkpoint.names()) console.log(name, checkpoint.info(name).shape);
 * checkpoint.close();
 * ```
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

/**
 * The file in a folder that {@link openCheckpoint} opens.
 *
 * @throws UserError where there is none, with what is there instead and what to do about it
 */
export function weightsIn(folder: string): string {
  const names = [...Deno.readDirSync(folder)].map(({ name }) => name).sort();
  const found = chooseWeights(names);
  if (found !== null) return join(folder, found);
  throw new UserError(
    `${folder} holds no weights. Looked for ${weightFiles.join(", ")}.${insteadOfWeights(folder, names)}`,
  );
}

/** Files that torch.save writes beside a model's weights. */
const besideWeights = /^(optimizer|scheduler|rng_state|training_args|scaler|adapter_model)\b/;

/** What a folder without weights has in their place, as sentences to add to an error. */
function insteadOfWeights(folder: string, names: readonly string[]): string {
  const named = names.filter((name) =>
    /\.(pt|pth|bin|safetensors)$|^[^.].*\.ckpt$/.test(name) && !besideWeights.test(name)
  );
  if (named.length > 0) {
    const renamed = named.map((name) => {
      const wanted = name.endsWith(".safetensors") ? "model.safetensors" : "pytorch_model.bin";
      return `mv "${join(folder, name)}" "${join(folder, wanted)}"`;
    });
    return ` It has ${named.join(", ")}: if that is what Python saved of the model's weights (a state ` +
      `dict), give it the name that is looked for: ${renamed.join(", or ")}.`;
  }
  const others = names.filter((name) => /\.(h5|msgpack|onnx|ot|params|ckpt.*)$/.test(name));
  return others.length > 0
    ? ` It has ${others.join(", ")}, which are of another framework: convert them to safetensors with Python.`
    : " Is it the folder of a model?";
}

/** Parts of names that torch puts in: DataParallel, compile, FSDP, activation checkpointing. */
const wrapperParts = new Set([
  "module",
  "_orig_mod",
  "_fsdp_wrapped_module",
  "_checkpoint_wrapped_module",
]);

/**
 * The names under which a model looks for its parameters, for the names a checkpoint has. In this order
 * 1. the parts `module`, `_orig_mod` and others that torch's wrappers put in go;
 * 2. a last part `gamma` or `beta` becomes `weight` or `bias`: the layer norms of TensorFlow's BERT and of
 *    gluonnlp-era KoBERT (transformers renames these two in the same way);
 * 3. what a program of one's own stands in front of all of the encoder's names goes, whatever it is (`model.` in Lightning's
 *    checkpoints, `net.`, `backbone.`), from all names that begin so;
 * 4. where the encoder's names do not begin with its prefix, they get it: the checkpoint was saved from the bare encoder, as
 *    `skt/kobert-base-v1` and `monologg/kobert` were.
 *
 * @param options.prefix what precedes the encoder's parameters in the model with its head, without the dot: `bert`,
 * `roberta`, `electra`, `transformer`, `model`.
 * @param options.known the encoder's parameters without that prefix; without them the third step is left out.
 * @returns the model's name to the checkpoint's, in the checkpoint's order.
 * @throws where two names of the checkpoint become the same, or it holds two models.
 * @example
 * ```ts
 * canonicalNames(["embeddings.LayerNorm.gamma"], { prefix: "bert" });
 * // Map { "bert.embeddings.LayerNorm.weight" => "embeddings.LayerNorm.gamma" }
 * ```
 */
export function canonicalNames(
  names: readonly string[],
  options: { prefix?: string; known?: ReadonlySet<string> } = {},
): Map<string, string> {
  const renamed = names.map((name) => {
    const parts = name.split(".");
    const own = parts.filter((part, i) => i === parts.length - 1 || !wrapperParts.has(part)).join(".");
    return own.replace(/(^|\.)gamma$/, "$1weight").replace(/(^|\.)beta$/, "$1bias");
  });
  const front = options.prefix ? `${options.prefix}.` : "";
  const { wrapper, bare } = leadIn(renamed, front, options.known);
  const result = new Map<string, string>();
  for (const [i, name] of renamed.entries()) {
    const inside = name.startsWith(wrapper);
    const own = inside ? name.slice(wrapper.length) : name;
    const canonical = inside && bare ? front + own : own;
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

/** What stands in front of the encoder's names, and whether its own prefix is missing after that. */
function leadIn(
  names: readonly string[],
  front: string,
  known: ReadonlySet<string> = new Set(),
): { wrapper: string; bare: boolean } {
  const counts = new Map<string, number>();
  for (const name of names) {
    const lead = leadOf(name, known);
    if (lead !== null) counts.set(lead, (counts.get(lead) ?? 0) + 1);
  }
  // one that has most of an encoder; the usual ones go before others
  const leads = [...counts].filter(([, count]) => 2 * count > known.size).map(([lead]) => lead);
  const usual = [front, ""].find((lead) => leads.includes(lead));
  if (usual === undefined && leads.length > 1) {
    throw new UserError(
      `The checkpoint holds several models, under ${leads.join(" and ")}: save the one that is meant ` +
        "by itself.",
    );
  }
  const lead = usual ?? leads[0];
  if (lead === undefined) return { wrapper: "", bare: !names.some((name) => name.startsWith(front)) };
  const bare = front !== "" && !(`.${lead}`).endsWith(`.${front}`);
  return { wrapper: bare ? lead : lead.slice(0, lead.length - front.length), bare };
}

/** What stands in a name before that of a known parameter, the longest such. */
function leadOf(name: string, known: ReadonlySet<string>): string | null {
  for (let at = 0; at < name.length;) {
    if (known.has(name.slice(at))) return name.slice(0, at);
    const dot = name.indexOf(".", at);
    if (dot < 0) return null;
    at = dot + 1;
  }
  return null;
}
