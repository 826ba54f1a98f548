/** The model that a command works with: found, or chosen, before the engine starts. */
import { join } from "node:path";
import { tell, UserError } from "../lib/ground/mod.ts";
import { checkOwnTokenizer, configNames, type ResolveOptions } from "../lib/models/mod.ts";
import { type ProgressBar, progressBar } from "../lib/notebook/mod.ts";
import {
  checkTrainable,
  checkTrained,
  type Classifier,
  type ClassifierOptions,
  loadClassifier,
  type SourceOptions,
} from "../lib/training/mod.ts";
import { ownModels } from "./command_lines.ts";

/**
 * Finds a model to train: a named one, its folder, or the files of the Hub; and looks at them before an engine starts.
 *
 * @param tokenizer what is to take the place of its own
 * @param check what it is to be trained as
 * @throws UserError where there is none, it cannot be trained so, or goes with no other tokenizer
 */
export async function findModel(
  source: string,
  tokenizer: string | undefined,
  check: (source: string, options: SourceOptions) => Promise<void> = checkTrainable,
): Promise<void> {
  await naming(tokenizer, (options) => check(source, options));
}

/**
 * Finds a trained classifier.
 *
 * @param source a folder or the Hub's id; without one the newest of {@link ownModels}, which is told
 * @param tokenizer what is to take the place of its own
 * @throws UserError where there is none, it tells no genres, or it goes with no other tokenizer
 */
export async function findTrained(
  source: string | undefined,
  tokenizer: string | undefined,
): Promise<string> {
  if (source === undefined) {
    const chosen = newestOf(ownModels);
    const { folder, made, older } = chosen;
    tell(
      older.length === 0
        ? `Model: ${folder}, of ${made} (--model names another)`
        : `Model: ${folder}, of ${made}, newer than ${older.join(", ")} (--model names another)`,
    );
    source = chosen.folder;
  }
  checkOwnTokenizer(source, tokenizer);
  if (configNames.includes(source)) {
    throw new UserError(
      `--model ${source} is a model from scratch, which tells no genres yet. "deno task train -- ` +
        `--model ${source}" makes one that does, in ${ownModels[0]}.`,
    );
  }
  const found = source;
  await naming(tokenizer, (options) => checkTrained(found, options));
  return found;
}

/** The folder whose model was written last, when, and the others that hold one. @throws UserError where none of them holds one */
export function newestOf(folders: readonly string[]): { folder: string; made: string; older: string[] } {
  const there = folders.flatMap((folder) => {
    const written = ["config.json", "adapter_config.json"].map((name) => modified(join(folder, name)));
    const time = written.find((time) => time !== null);
    return time === undefined || time === null ? [] : [{ folder, time }];
  }).sort((a, b) => b.time.getTime() - a.time.getTime());
  const [newest, ...older] = there;
  if (newest === undefined) {
    throw new UserError(
      `There is no model yet in ${folders.join(" or ")}: "deno task train" or "deno task start" makes one; ` +
        "--model names another.",
    );
  }
  const made = `${newest.time.toISOString().slice(0, 16).replace("T", " ")} UTC`;
  return { folder: newest.folder, made, older: older.map(({ folder }) => folder) };
}

function modified(path: string): Date | null {
  try {
    return Deno.statSync(path).mtime;
  } catch {
    return null;
  }
}

/** Finds a model, with a progress bar where it is downloaded; what is wrong is said of `--model`, unless a tokenizer is named, too. */
async function naming<T>(
  tokenizer: string | undefined,
  find: (options: SourceOptions) => Promise<T>,
): Promise<T> {
  const bars: ProgressBar[] = [], megabytes = (bytes: number) => Math.round(bytes / 1e6);
  const hub: ResolveOptions = {
    onProgress({ file, bytes, totalBytes, bytesPerSecond }) {
      if (bytesPerSecond === 0) return; // all of it is in the cache so far
      if (bars.length === 0) {
        const label = "모델 내려받기 · downloading the model";
        bars.push(progressBar({ total: megabytes(totalBytes), label, unit: "MB" }));
      }
      bars[0]!.update(megabytes(bytes), file);
    },
    onNotice: (notice) => tell(notice),
  };
  try {
    return await find({ tokenizer, hub });
  } catch (error) {
    throw error instanceof UserError && tokenizer === undefined && !error.message.startsWith("Recipe: ")
      ? new UserError(`--model: ${error.message}`, { cause: error })
      : error;
  } finally {
    await bars[0]?.finish();
  }
}

/** A classifier, and on the screen what there is to know of how it was loaded: every command that takes a model loads it so. */
export async function loadTelling(
  source: string,
  options: ClassifierOptions,
): Promise<Classifier> {
  const classifier = await loadClassifier(source, options);
  for (const note of classifier.notes) tell(note);
  return classifier;
}
