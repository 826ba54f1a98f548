/** A small run for the tests of this folder. */
import { instances, type Song, songOf } from "../../../lib/songs/mod.ts";
import { judge } from "../../../lib/trials/mod.ts";
import { quickRecipe } from "../../../lib/training/mod.ts";
import type { Answers, ReportData, WrittenVerdict } from "../data.ts";
import type { RunRecord } from "../record.ts";

/** Songs of three genres. @param named makes a text hostile */
export function testSongs(named: (text: string) => string = (text) => text): Song[] {
  return Array.from({ length: 30 }, (_, i) =>
    songOf({
      id: `s${i}`,
      songName: named(`노래 ${i}`),
      artists: [named(`가수 ${i % 7}`)],
      date: { text: `${1990 + i}`, year: 1990 + i, month: null, day: null },
      genres: [["발라드", "댄스", "R&B/Soul"][i % 3]!].map(named),
      lyrics: named(`밤하늘의 별 ${i}\n다시 부르는 노래`),
    }));
}

export function testRecord(named: (text: string) => string = (text) => text): RunRecord {
  return {
    started: "2026-01-02T03:04:05.000Z",
    options: {
      songs: `/somewhere/${named("songs.csv").replaceAll("/", "")}`,
      genres: null,
      model: named("kobert-small"),
      models: null,
      tokenizer: null,
      recipe: "quick",
      seed: 7,
      engine: "auto",
    },
    songsDigest: null,
    recipe: { ...quickRecipe, seed: 7 },
    machine: { processor: named("a processor"), cores: 2, memoryGiB: 24, system: "Linux", load: 0.5 },
    versions: { Deno: named("2.9.6") },
    setUpSeconds: 0,
    notebooks: [
      { name: named("01_eda.ipynb"), seconds: 12.3, done: true },
      { name: "05_evaluation.ipynb", seconds: 60, done: true },
    ],
  };
}

/** Verdicts of two methods, as `test_metrics.json` holds them. */
export function testVerdicts(
  named: (text: string) => string = (text) => text,
): Record<string, WrittenVerdict> {
  const songs = testSongs(named);
  const labels = [...new Set(instances(songs, { oversample: true }).map(({ genre }) => genre))];
  const verdict = (method: string, right: (song: number) => boolean) =>
    judge(
      method,
      labels,
      songs,
      songs.map((_, i) => labels.map((_, k) => k === (right(i) ? i : i + 1) % labels.length ? 0.8 : 0.1)),
    );
  return Object.fromEntries(
    [verdict(named("TF-IDF"), (i) => i % 5 > 0), verdict(named("kobert-small"), (i) => i % 2 > 0)]
      .map(({ method, perInstance, perSong, macroF1, report, confusion }) => [method, {
        accuracyPerInstance: perInstance,
        accuracyPerSong: perSong,
        macroF1,
        perGenre: report.perLabel,
        confusion: confusion as WrittenVerdict["confusion"],
      }]),
  );
}

/** What the other notebooks leave. */
function testAnswers(named: (text: string) => string): Answers {
  const score = { value: 0.75, low: 0.6, high: 0.9 };
  const group = { group: named("1곡"), count: 4, correct: 3, accuracy: score };
  const sets = {
    microF1: 0.7,
    macroF1: 0.6,
    subsetAccuracy: { value: 0.65, low: 0.5, high: 0.8 },
    subsetAccuracyOfSeveral: null,
    genresGiven: 1.25,
  };
  const searched = (model: string, start: "from scratch" | "no network") => ({
    model: named(model),
    name: named(model),
    start,
    wholeLyrics: false,
    parameters: 1000,
    steps: 10,
    tokens: 5000,
    trainSeconds: 3,
    songsPerSecond: null,
    accuracyPerSong: score,
    accuracyPerInstance: score,
    macroF1: score,
    bySeed: [{ seed: 7, accuracyPerSong: 0.75, trainSeconds: 3 }],
  });
  const comparison = {
    better: named("tfidf"),
    other: named("roberta"),
    betterOn: 9,
    otherOn: 3,
    difference: 0.06,
    p: 0.0123,
    correctedP: 0.0246,
  };
  const name = (text: string) => ({ ko: text, en: text });
  const fit = (alpha: number) => ({ alpha, logLoss: 1, accuracy: 0.7, curve: [], atMaximum: false });
  const columnScores = {
    accuracy: { value: 0.675, low: 0.6, high: 0.75 },
    macroF1: 0.6,
    logLoss: 1,
    calibrationError: 0.1,
  };
  const figures = {
    error: 0.2,
    largestGap: 0.4,
    logLoss: 1.5,
    confidence: 0.9,
    accuracy: 0.7,
    bins: [{ from: 0.9, to: 1, count: 3, confidence: 0.9, accuracy: 0.7 }],
  };
  return {
    evaluation: {
      model: named("kobert-small"),
      songs: { train: 24, validation: 3, test: 3 },
      accuracy: 0.7,
      read: { [named("TF-IDF")]: 1, [named("kobert-small")]: 0.46 },
      beside: [{ method: named("TF-IDF"), mended: 1, spoilt: 10, p: 0.004 }],
      calibration: { temperature: 1.75, atBound: false, before: figures, after: { ...figures, error: 0.05 } },
      hardest: [{
        songId: "s1",
        songName: named("노래 1"),
        artists: [named("가수 1")],
        genres: [named("발라드")],
        predicted: named("댄스"),
        probabilityOfActual: 0.015,
        probabilityOfPredicted: 0.875,
        loss: 4.2,
        excerpt: named("밤하늘의 별 / 다시"),
      }],
      confused: [],
      groups: { byDecade: [group], byLength: [], byArtist: [group] },
      learningCurves: [{
        method: named("TF-IDF"),
        leftOut: [2],
        points: [{ songs: 12, accuracy: { ...score, value: 0.7 }, macroF1: 0.6 }],
      }],
    },
    columns: {
      songs: { train: 24, validation: 3, test: 3 },
      labels: [named("발라드")],
      lyricsModel: named("kobert-small"),
      results: [
        {
          key: "columns",
          method: named("모든 열"),
          leftOut: null,
          adds: null,
          ...columnScores,
          accuracy: { ...columnScores.accuracy, value: 0.8, high: 0.9 },
        },
        {
          key: "columns-without-artist",
          method: named("모든 열 − 가수"),
          leftOut: named("가수"),
          adds: { value: 0.125, low: 0.05, high: 0.2 },
          ...columnScores,
        },
      ],
      alphas: { artistPrior: 0.75, artistPriorOverShare: 1.25, lyricsModel: 0.5 },
      stackingC: 0.03,
    },
    modelSearch: {
      identity: {
        trainSongs: "24",
        measuredSongs: "3",
        recipe: { epochs: 4, batchSize: 32, maxLength: 64, learningRate: 1e-3, maxSteps: null },
        pretrainedLearningRate: 2e-5,
        shippedLearningRate: 3e-4,
        tokenizer: null,
      },
      ended: "finished",
      labels: [named("발라드")],
      songs: { train: 24, measured: 3 },
      seeds: [7],
      results: [searched("tfidf", "no network"), searched("roberta", "from scratch")],
      againstBest: [comparison],
      againstNext: [comparison],
    },
    artist: {
      splits: [{
        by: "artist",
        model: name(named("kobert-small")),
        songs: { train: 24, validation: 3, test: 3 },
        unknownArtists: 3,
        strength: 1,
        fits: { mendedRule: fit(Math.log(2.5)), product: fit(0.75), bayes: fit(1.25) },
        naive: { multiplied: 20, lowered: 12 },
        methods: (["lyrics", "artist", "product"] as const).map((key) => ({
          key,
          method: named("가사만"),
          accuracy: score,
          macroF1: 0.7,
          logLoss: null,
          mended: 0,
          spoilt: 0,
          p: 1,
          byArtist: [group],
        })),
      }],
    },
    multilabel: {
      comparisons: [{
        model: name(named("TF-IDF")),
        labels: [named("발라드")],
        songs: { train: 24, validation: 3, test: 3 },
        several: { train: 5, validation: 1, test: 1 },
        results: [{
          way: "sigmoid",
          method: named("sigmoid"),
          accuracy: score,
          accuracyPerInstance: 0.7,
          untuned: { ...sets, microF1: 0.55 },
          tuned: sets,
          thresholds: [0.5],
          p: { accuracy: 0.25, subset: 0.0001, subsetTuned: 0.5 },
          trainSeconds: 3,
        }],
      }],
    },
    qa: testVerdicts(named),
  };
}

/** A run of which nothing is left. */
export const nothing: ReportData = {
  made: new Date("2026-01-02T00:00:00Z"),
  record: null,
  songs: null,
  model: null,
  recipe: null,
  history: null,
  training: null,
  verdicts: null,
  evaluation: null,
  modelSearch: null,
  artist: null,
  columns: null,
  multilabel: null,
  qa: null,
  unread: [],
};

/** A whole run. */
export function testData(named: (text: string) => string = (text) => text): ReportData {
  const songs = testSongs(named);
  const record = testRecord(named);
  const evaluation = {
    kind: "evaluation" as const,
    step: 2,
    epoch: 1,
    train: { loss: 1.5, accuracy: 0.4 },
    validation: { loss: 1.25, accuracy: 0.5 },
    best: true,
    elapsedMs: 900,
  };
  const step = {
    kind: "step" as const,
    epoch: 1,
    learningRate: 1e-4,
    gradientNorm: 1,
    examples: 8,
    tokens: 99,
    elapsedMs: 400,
  };
  return {
    ...nothing,
    record,
    recipe: record.recipe,
    songs: {
      file: named("songs.csv"),
      changed: false,
      cleaning: {
        read: 32,
        kept: 30,
        dropped: [],
        byReason: [{ reason: "no lyrics", songs: 2 }],
        lyricsChanged: 3,
        genresChanged: 0,
        repeatedLyrics: 4,
        withoutHangul: 5,
        withoutLyrics: 0,
      },
      songs,
      sizes: { train: 24, validation: 3, test: 3 },
      split: [{ genre: named("발라드"), train: 8, validation: 1, test: 1 }],
    },
    model: {
      config: { model_type: named("bert"), num_hidden_layers: 4, hidden_size: 256, vocab_size: 6000 },
      parameters: 4_894_984,
    },
    history: [{ ...step, step: 1, loss: 2 }, { ...step, step: 2, loss: 1.75 }, evaluation],
    training: { ended: "finished", steps: 2, elapsedMs: 65_000, best: evaluation },
    verdicts: testVerdicts(named),
    ...testAnswers(named),
  };
}
