/** What `start` and `lab` hand to the notebooks: their options, checked, as paths that hold everywhere and as variables of the environment. */
import { join, resolve } from "node:path";
import { settingsEnvironment } from "../../lib/notebook/mod.ts";
import { absoluteSource } from "../../lib/models/mod.ts";
import { prepareSongs, splitToLearn } from "../../lib/songs/mod.ts";
import { checkReads } from "../../lib/training/mod.ts";
import { onNotebooks } from "../command_lines.ts";
import type { OptionTable, Values } from "../options.ts";
import { findModel } from "../find_model.ts";
import { recipeOf } from "../run_songs.ts";
import { newRecord, type RunRecord } from "../report/record.ts";

/** The options that `start` and `lab` have in common. */
export type NotebookOptions = Values<typeof onNotebooks>;

/** Where a run of the notebooks stands. */
export const runFolders = ({ output }: NotebookOptions) => {
  const folder = resolve(output);
  return { output: folder, run: join(folder, "run"), notebooks: join(folder, "notebooks") };
};

/** The options that name files and models, so that they hold in the notebooks' own folder. */
function located({ songs, genreNames, tokenizer, model, models }: NotebookOptions) {
  return {
    songs: resolve(songs),
    ...(genreNames !== undefined && { genreNames: resolve(genreNames) }),
    tokenizer: tokenizer === undefined ? null : resolve(tokenizer),
    model: absoluteSource(model),
    models: models?.map((source) => absoluteSource(source)).join(",") ?? null,
  };
}

/** The record of the run that these options ask for. @param planned the notebooks' names */
export function wantedRecord(
  options: NotebookOptions,
  setUpSeconds: number,
  planned: readonly string[],
): Promise<RunRecord> {
  const { genres, separator, seed, engine } = options, { name: recipe } = recipeOf(options);
  return newRecord(
    {
      ...located(options),
      genres: genres?.join(",") ?? null,
      ...(separator !== undefined && { separator }),
      recipe,
      seed,
      engine,
    },
    recipeOf(options).recipe,
    setUpSeconds,
    planned,
  );
}

/** The environment of the notebooks' kernels. What is as by default is left to them, so that they say so. */
export function notebookEnvironment(options: NotebookOptions): Record<string, string> {
  const told = { ...options, ...located(options), output: runFolders(options).run };
  const table: OptionTable = onNotebooks, values: Readonly<Record<string, unknown>> = options;
  const isDefault = (name: string) =>
    name === "output"
      ? resolve(options.output) === resolve(onNotebooks.output.default)
      : values[name] === table[name]?.default;
  const given = Object.entries(told).filter(([name]) => !isDefault(name))
    .map(([name, value]) => [name, String(value)]);
  return {
    ...settingsEnvironment(Object.fromEntries(given)),
    ...(options.engine !== "auto" && { KOBERT_ENGINE: options.engine }),
  };
}

/**
 * Reads what the notebooks are to work on, so that nothing has changed yet where it cannot be.
 *
 * @throws UserError where the table cannot be read or learnt from, or a model is not there
 */
export async function checkInputs(options: NotebookOptions): Promise<void> {
  const { songs: table, genres, separator, genreNames, seed, model, models, tokenizer } = options;
  const { songs } = await prepareSongs(table, { genres, separator, genreNames });
  splitToLearn(songs, { table, genres, seed });
  for (const source of [model, ...models ?? []]) {
    await findModel(source, tokenizer);
  }
  if (recipeOf(options).recipe.adapt > 0) await checkReads(model);
}
