/** Songs as the examples that a classifier reads. */
import type { Instance, Song } from "../songs/mod.ts";
import type { Example } from "./batches.ts";
import { type Reading, textReader, type TextRows } from "./windows.ts";
import type { Classifier } from "./classifier.ts";

/** Texts as a classifier reads them. Equal texts are encoded once. */
export function encoder({ tokenizer, model }: Classifier, reading: Reading): (text: string) => TextRows {
  const known = new Map<string, TextRows>();
  const read = textReader(tokenizer, {
    ...reading,
    maxLength: Math.min(reading.maxLength, model.config.maxLength),
  });
  return (text) => {
    let rows = known.get(text);
    if (rows === undefined) {
      rows = read(text);
      known.set(text, rows);
    }
    return rows;
  };
}

/**
 * Training instances as the model takes them. An instance of a genre that the labels lack has label -100: it cannot be
 * predicted, so it counts as wrong, and is no part of a loss.
 */
export function examplesOf(classifier: Classifier, rows: readonly Instance[], reading: Reading): Example[] {
  const { labels } = classifier, encode = encoder(classifier, reading);
  const classOf = new Map(labels.map((label, i) => [label, i]));
  return rows.map(({ songId, text, genre, weight }) => ({
    songId,
    ...encode(text),
    label: classOf.get(genre) ?? -100,
    weight,
  }));
}

/**
 * Songs as a multi-label model takes them: one example each, with a target for each of the classifier's labels. A song none
 * of whose genres the classifier has gets label -100: it counts as wrong, and is no part of a loss.
 */
export function songExamplesOf(
  classifier: Classifier,
  songs: readonly Song[],
  reading: Reading,
): Example[] {
  const { labels } = classifier, encode = encoder(classifier, reading);
  return songs.map(({ id, lyrics, genres }) => {
    const classes = genres.map((genre) => labels.indexOf(genre)).filter((label) => label >= 0);
    return {
      songId: id,
      ...encode(lyrics),
      label: classes[0] ?? -100,
      targets: Float32Array.from(labels, (_, k) => classes.includes(k) ? 1 : 0),
      weight: 1,
    };
  });
}
