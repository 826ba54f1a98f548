/** What the report tells of: the files of a run, read where they are there. */
import { basename, isAbsolute, join, relative } from "node:path";
import { UserError } from "../../lib/ground/mod.ts";
import type { LabelScores } from "../../lib/evaluation/mod.ts";
import type {
  ArtistFile,
  ColumnsComparison,
  EvaluationFile,
  ModelSearch,
  SeveralGenresFile,
} from "../../lib/trials/mod.ts";
import { openSafetensors } from "../../lib/models/mod.ts";
import { type CleaningReport, prepareSongs, type Song, songRows, splitCounts } from "../../lib/songs/mod.ts";
import type { EvaluationRecord, HistoryRecord, Recipe, TrainingRun } from "../../lib/training/mod.ts";
import { defaultSplit } from "../run_songs.ts";
import { exists, root } from "../setup/paths.ts";
import { digestOf, recordFile, type RunRecord } from "./record.ts";

/** A method's verdict as `test_metrics.json` holds it: `writeVerdicts` of lib/trials writes it. */
export interface WrittenVerdict {
  accuracyPerInstance: { value: number; correct: number; count: number };
  accuracyPerSong: { value: number; correct: number; count: number };
  macroF1: number;
  perGenre: LabelScores[];
  confusion: { labels: string[]; counts: number[][] };
}

/** `metrics.json`: how the training ended. */
export interface TrainingSummary {
  ended: TrainingRun["ended"];
  steps: number;
  elapsedMs: number;
  best: EvaluationRecord | null;
}

/** The songs of the run. */
export interface SongsSummary {
  /** The table's name, without the folders of this machine. */
  file: string;
  /** Whether the table is another one now than in the run. */
  changed: boolean;
  cleaning: CleaningReport;
  /** The cleaned songs. */
  songs: readonly Song[];
  sizes: { train: number; validation: number; test: number };
  /** Songs of each genre on each side of the split. */
  split: { genre: string; train: number; validation: number; test: number }[];
}

/** The trained model, out of its folder. */
export interface ModelSummary {
  config: Record<string, unknown>;
  parameters: number;
}

/** What the other files hold: by their names, as lib/trials writes them. */
export interface Answers {
  evaluation: EvaluationFile | null;
  modelSearch: ModelSearch | null;
  artist: ArtistFile | null;
  columns: ColumnsComparison | null;
  multilabel: SeveralGenresFile | null;
  /** Of a question-answering model, by context. */
  qa: Record<string, WrittenVerdict> | null;
}

/** What the report is made of; `null` where the run did not leave it. */
export interface ReportData extends Answers {
  made: Date;
  record: RunRecord | null;
  songs: SongsSummary | null;
  model: ModelSummary | null;
  recipe: Recipe | null;
  history: HistoryRecord[] | null;
  training: TrainingSummary | null;
  verdicts: Record<string, WrittenVerdict> | null;
  /** Files that are there and could not be read, and why. */
  unread: { file: string; problem: string }[];
}

/** Where the run of an output folder stands: of `start` inside it, of `train` there. */
const runFolderOf = (output: string): string => exists(join(output, "run")) ? join(output, "run") : output;

/** When a run last left something in its folder, in milliseconds; `null` where none has. */
function writtenAt(folder: string): number | null {
  const times = [recordFile, "history.jsonl", "test_metrics.json"].map((name) => join(folder, name))
    .filter(exists).map((path) => Number(Deno.statSync(path).mtime));
  return times.length === 0 ? null : Math.max(...times);
}

/** Of output folders of `start` and `train` the one with the newest run; the first where none has one. */
export function newestRun(outputs: readonly string[]): string {
  const time = (output: string) => writtenAt(runFolderOf(output)) ?? -1;
  return outputs.reduce((best, output) => time(output) > time(best) ? output : best);
}

/**
 * Reads what a run left.
 *
 * @param output the output folder of `start` (whose `run` is read), or of `train`
 * @throws Error where there is no such folder.
 */
export async function readRun(output: string): Promise<ReportData> {
  const folder = runFolderOf(output);
  if (!exists(folder) || !Deno.statSync(folder).isDirectory) {
    throw new UserError(
      `There is no folder ${output}. "deno task start" makes a run; --output names its folder.`,
    );
  }
  if (writtenAt(folder) === null) {
    throw new UserError(
      `${output} has no run in it. "deno task start" or "deno task train" makes one; --output names its folder.`,
    );
  }
  const unread: ReportData["unread"] = [];
  /** What `read` makes of a file; `null` where there is none, or it cannot be read, which is noted. */
  const attempt = async <T>(file: string, read: (path: string) => T | Promise<T>): Promise<T | null> => {
    const path = join(folder, file);
    if (!exists(path)) return null;
    try {
      return await read(path);
    } catch (error) {
      unread.push({ file, problem: error instanceof Error ? error.message : String(error) });
      return null;
    }
  };
  const json = <T>(file: string) => attempt(file, (path) => JSON.parse(Deno.readTextFileSync(path)) as T);
  const record = await json<RunRecord>(recordFile);
  return {
    made: new Date(),
    record,
    songs: record === null ? null : await attempt("", () => summarise(record)),
    model: await attempt("best", summariseModel),
    recipe: record?.recipe ?? await attempt("checkpoints", recipeOfCheckpoint),
    history: await attempt("history.jsonl", readHistory),
    training: await json<TrainingSummary>("metrics.json"),
    verdicts: named(await json<Record<string, WrittenVerdict>>("test_metrics.json")),
    evaluation: await json<EvaluationFile>("evaluation.json"),
    modelSearch: await json<ModelSearch>("model_search.json"),
    artist: await json<ArtistFile>("artist.json"),
    columns: await json<ColumnsComparison>("columns.json"),
    multilabel: await json<SeveralGenresFile>("multilabel.json"),
    qa: named(await json<Record<string, WrittenVerdict>>("qa_metrics.json")),
    unread,
  };
}

/** Verdicts under the names that a page shows. */
function named(verdicts: Record<string, WrittenVerdict> | null): Record<string, WrittenVerdict> | null {
  return verdicts &&
    Object.fromEntries(Object.entries(verdicts).map(([method, verdict]) => [shownSource(method), verdict]));
}

function readHistory(path: string): HistoryRecord[] {
  return Deno.readTextFileSync(path).split("\n").filter((line) => line !== "").map((line) =>
    JSON.parse(line)
  );
}

/** The songs as the notebooks read, clean and split them. */
async function summarise({ options, songsDigest }: RunRecord): Promise<SongsSummary | null> {
  if (!exists(options.songs)) return null;
  const { separator, genreNames } = options, genres = options.genres?.split(",");
  const { songs, report } = await prepareSongs(options.songs, { genres, separator, genreNames });
  const split = defaultSplit(songs, options.seed);
  return {
    file: shownPath(options.songs),
    changed: await digestOf(options.songs) !== songsDigest,
    cleaning: report,
    songs: songRows(songs),
    sizes: { train: split.train.height, validation: split.validation.height, test: split.test.height },
    split: splitCounts(split).toRecords() as SongsSummary["split"],
  };
}

/** A path inside the project as it is written there; of others the name alone: a page is shown to others. */
export function shownPath(path: string): string {
  const inside = relative(root, path);
  return inside.startsWith("..") ? basename(path) : inside;
}

/** A model's source as a page shows it: of a folder elsewhere on this machine the name alone. */
export const shownSource = (source: string): string => isAbsolute(source) ? shownPath(source) : source;

function summariseModel(folder: string): ModelSummary {
  const config = JSON.parse(Deno.readTextFileSync(join(folder, "config.json"))) as Record<string, unknown>;
  const whole = join(folder, "model.safetensors");
  using weights = openSafetensors(exists(whole) ? whole : `${whole}.index.json`);
  const parameters = weights.names().reduce(
    (sum, name) => sum + weights.info(name).shape.reduce((size, extent) => size * extent, 1),
    0,
  );
  return { config, parameters };
}

/** The recipe of the newest checkpoint: a run of `train` has no record. */
function recipeOfCheckpoint(folder: string): Recipe | null {
  const newest = [...Deno.readDirSync(folder)].map(({ name }) => name).filter((name) =>
    /^step-\d+$/.test(name)
  )
    .sort().at(-1);
  if (newest === undefined) return null;
  return JSON.parse(Deno.readTextFileSync(join(folder, newest, "trainer_state.json"))).identity.recipe;
}
