/** `deno task predict`: tells the genres of songs that may have none, of any number of them. */
import { grouped, GrowingFile, tell } from "../../lib/ground/mod.ts";
import { startEngine } from "../../lib/engine/mod.ts";
import { listenForStop, progressBar, show } from "../../lib/notebook/mod.ts";
import { hasWords, type Song } from "../../lib/songs/mod.ts";
import { classifySongs, sayUnknown, weightsFingerprint } from "../../lib/training/mod.ts";
import { commandLines, predictionsFile } from "../command_lines.ts";
import { findTrained, loadTelling } from "../find_model.ts";
import { checkPaths, keepStandardOutput, readOptions, UsageError } from "../options.ts";
import { standardOutputPath } from "../paths.ts";
import { answerLine, answersTable } from "../predictions/answers.ts";
import type { Prediction } from "../predictions/rows.ts";
import { fileOf, rowsOf, shareOf } from "../predictions/share.ts";
import {
  type Count,
  counted,
  cutOffRun,
  linesSink,
  type PredictionSink,
  tableSink,
} from "../predictions/sinks.ts";
import { openTables, songsOfTexts, tablesIdentity } from "../predictions/songs.ts";

/** Songs that are told at once: enough for batches of songs of one length, a second to a minute of work. */
const partSongs = 1024;
/** Songs whose answers are printed. */
const shownSongs = 10;

const options = readOptions(commandLines.predict);
const { songs: tables, text, json, top, maxLength, precision } = options;
if ((tables.length === 0) === (text.length === 0)) {
  throw new UsageError(
    `${tables.length === 0 ? "Say which songs" : "--songs and --text are given; give one"}: ` +
      '--songs FILES, tables, or --text "…", lyrics.',
  );
}
if (json && options.output === standardOutputPath) {
  throw new UsageError("--json and --output - would both print to standard output; leave one out.");
}
if (json) keepStandardOutput();
const share = shareOf(options.shard ?? "1/1");
const asked = options.output ?? (json || text.length > 0 ? undefined : predictionsFile);
const output = asked === undefined || options.shard === undefined ? asked : fileOf(share, asked);

const model = await findTrained(options.model, options.tokenizer);
checkPaths(commandLines.predict.options, { ...options, model, output });
const before = output === undefined || options.anew ? null : await cutOffRun(output);
const songs = text.length > 0
  ? songsOfTexts(text)
  : await openTables(tables, options, (rows) => rowsOf(share, rows), before);
const { from, to } = rowsOf(share, songs.rows);
if (options.shard !== undefined) {
  tell(`Share ${share.number} of ${share.of}: ${grouped(to - from)} songs, from number ${grouped(from + 1)}`);
}

const { description } = await startEngine({ engine: options.engine });
tell(`Engine: ${description}`);
const classifier = await loadTelling(model, { tokenizer: options.tokenizer });
const { labels, tokenizer } = classifier;

using opened = new DisposableStack();
const sinks: PredictionSink[] = [];
if (json) sinks.push(linesSink((song, prediction) => answerLine(song, prediction, labels, top)));
if (output !== undefined) {
  const table = opened.use(
    await tableSink(output, labels, {
      songs: await tablesIdentity(songs, options.separator),
      weights: weightsFingerprint(classifier.model.parameters.values()),
      tokenizer: tokenizer.source,
      labels,
      maxLength: maxLength ?? null,
      precision,
      shard: options.shard ?? null,
    }, options.anew),
  );
  sinks.push(table);
}
let done: Count = sinks.at(-1)?.done ?? { songs: 0, withoutLyrics: 0 };
if (done.songs > 0) tell(`${output}: ${grouped(done.songs)} songs are done already; going on after them.`);

using stop = listenForStop();
const bar = progressBar({ total: to - from, done: done.songs, label: "분류 · classifying", unit: "songs" });
const tokens = { unknown: 0, tokens: 0 };
const shown: { songs: Song[]; predictions: Prediction[] } = { songs: [], predictions: [] };
let said = false;
for await (const part of songs.read({ from: from + done.songs, to }, partSongs)) {
  const withLyrics = part.filter(({ lyrics }) => hasWords(lyrics));
  const told = await classifySongs(classifier, withLyrics, {
    precision,
    ...(maxLength !== undefined && { maxLength }),
    onProgress: (count) => {
      bar.update(done.songs + count);
      stop.signal.throwIfAborted();
    },
    onTokens: (counts) => {
      tokens.unknown += counts.unknown;
      tokens.tokens += counts.tokens;
    },
  }).catch(endWhereStopped);
  tellUnknown();
  const answers = told[Symbol.iterator]();
  const predictions = part.map(({ lyrics }) => hasWords(lyrics) ? answers.next().value! : null);
  for (const sink of sinks) await sink.write(part, predictions);
  done = counted(done, predictions);
  const room = shownSongs - shown.songs.length;
  shown.songs.push(...part.slice(0, room));
  shown.predictions.push(...predictions.slice(0, room));
  bar.update(done.songs);
}
await bar.finish();
for (const sink of sinks) await sink.finish();

if (!json && output !== standardOutputPath) {
  await show(answersTable(shown.songs, shown.predictions, labels, top ?? 3), { maxCell: 120 });
  const more = done.songs - shown.songs.length;
  if (more > 0) console.log(`… ${grouped(more)}행 더 · more rows`);
}
if (output !== undefined) {
  tell(
    `${grouped(done.songs)} songs: ${output === standardOutputPath ? "standard output" : output}` +
      (done.withoutLyrics === 0
        ? ""
        : `; ${grouped(done.withoutLyrics)} have no lyrics, and no answer in their rows`),
  );
}

/** Says once where many words are unknown, and ends the command where all of its answers so far would be guesses. */
function tellUnknown(): void {
  const note = sayUnknown(tokenizer, tokens.unknown / Math.max(1, tokens.tokens));
  if (note === null || said) return;
  tell(note);
  said = true;
}

/** Ends the process where it was asked to stop. */
function endWhereStopped(error: unknown): never {
  if (!stop.signal.aborted) throw error;
  const goesOn = output !== undefined && output !== standardOutputPath;
  tell(
    `Stopped after ${grouped(done.songs)} songs` +
      `${goesOn ? `; the same command goes on from there (${GrowingFile.unfinished(output)})` : ""}.`,
  );
  Deno.exit(130);
}
