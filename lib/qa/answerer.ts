/** Genres by question and answer: a causal language model reads a song as a question and is held to the genres as answers. */
import { argmax, generator, meanOf, randomKey, softmaxOf, UserError } from "../ground/mod.ts";
import { resolvePrecision } from "../engine/mod.ts";
import { disposeCache, generate, scoresByRow, startCache, tokenBatch } from "../models/mod.ts";
import { instances, type Song } from "../songs/mod.ts";
import {
  adaptFor,
  breathe,
  type Example,
  generates,
  type LanguageModel,
  type LanguageModelOptions,
  loadLanguageModel,
  type Recipe,
  studyRecipe,
  train,
  type Trainable,
  trainableLanguageModel,
  type TrainingOptions,
  type TrainingRun,
} from "../training/mod.ts";
import { type QaEncoder, qaEncoder, type QaField, qaFields, type QaFormat } from "./prompt.ts";

/** A causal language model that is asked for genres. */
export interface Answerer {
  language: LanguageModel;
  format: QaFormat;
  encoder: QaEncoder;
  /** Things to know about how it was loaded. */
  notes: string[];
}

/** The configuration that answers where no checkpoint does. */
const fromScratch = "llama-small";

/** Where config.json keeps the {@link QaFormat} of a trained answerer. */
const formatField = "question_answering";

/** How an answerer is made or loaded; what its training fixed need not be given. */
export interface AnswererOptions extends LanguageModelOptions {
  genres?: readonly string[];
  /** Most tokens of lyrics in a context. Default: 80 for a model from scratch, so that it trains in minutes; the study's 256. */
  lyricsLength?: number;
}

/**
 * An answerer from a source: `llama-small` from scratch, a checkpoint's folder, or a model of the Hugging Face Hub. A source
 * that generates no text (KoBERT) cannot answer: `llama-small` stands in for it, and a note says so. Starts the engine.
 *
 * @throws Error when the source cannot be found or does not fit, or the genres are not known
 * @example
 * ```ts
 * const answerer = await loadAnswerer("llama-small", { genres: genresOf(train), lyricsLength: 128, seed: 7 });
 * ```
 */
export async function loadAnswerer(
  source: string,
  options: AnswererOptions = {},
): Promise<Answerer> {
  const { genres, lyricsLength, ...rest } = options;
  const able = await generates(source, rest.hub);
  const language = await loadLanguageModel(able ? source : fromScratch, rest);
  const { model, tokenizer } = language;
  const trained = model.json[formatField] as Partial<QaFormat> | undefined;
  const known = language.origin !== undefined;
  const answers = genres ?? trained?.genres ?? [];
  const listed = tokenizer.encode(answers.join(", "), { addSpecialTokens: false }).ids.length;
  const fits = listed <= model.config.maxLength / 2;
  const asked = trained?.tellGenres;
  const format: QaFormat = {
    genres: answers,
    lyricsLength: lyricsLength ?? trained?.lyricsLength ?? (known ? studyRecipe.maxLength : 80),
    // a checkpoint that was not trained here knows no genres; hundreds leave no room for a song
    tellGenres: asked ?? (known && fits),
  };
  if (format.genres.length < 2) {
    throw new RangeError(`${source} does not know the genres it may answer: give them (genres).`);
  }
  const encoder = qaEncoder(tokenizer, format, {
    endId: model.config.endIds?.[0] ?? tokenizer.sepId,
    maxLength: model.config.maxLength,
  });
  const notes = [
    ...(able ? [] : [`${source} does not generate text; ${fromScratch} answers in its place.`]),
    ...(asked === undefined && known && !fits
      ? [
        `The questions do not list the ${answers.length} genres: that takes ${listed} of the ${model.config.maxLength} ` +
        "tokens that the model reads.",
      ]
      : []),
  ];
  return { language, format, encoder, notes: [...notes, ...language.notes] };
}

/**
 * An answerer's recipe, from the one its songs' classifier is trained by: three tenths of its epochs, half of that where those are of
 * pieces of songs (a question is longer than lyrics, and every field helps to learn songs by heart); for a model from scratch a
 * learning rate of 6e-4 (1e-3 was no better on the bundled songs), for a checkpoint LoRA of rank 8 at 2e-4.
 *
 * @example
 * ```ts
 * const recipe = answererRecipe(answerer, quickRecipe);
 * ```
 */
export function answererRecipe({ language: { origin } }: Answerer, recipe: Recipe): Recipe {
  return {
    ...recipe,
    epochs: Math.ceil(0.3 * recipe.epochs / (recipe.cropLength === 0 ? 1 : 2)),
    // few epochs, far apart: the best one is kept
    averageEpochs: 1,
    evaluateEveryEpochs: 1,
    multiLabel: false,
    bestMetric: "accuracy",
    ...(origin === undefined
      ? { learningRate: 6e-4, loraRank: null }
      : { learningRate: 2e-4, loraRank: recipe.loraRank ?? 8 }),
  };
}

/** How questions are asked in a training. */
export interface QaTraining {
  /**
   * The share of epochs in which a context does without a field, drawn for each song and field but the lyrics: so the model learns to
   * answer from what is there, and can be asked with and without a field afterwards. Default 0.5.
   */
  fieldDropout?: number;
}

/** The example of a question and its answer: the loss counts the response's tokens only. */
function exampleOf(songId: string, context: Int32Array, response: Int32Array, weight: number): Example {
  const inputIds = Int32Array.of(...context, ...response);
  const tokenLabels = new Int32Array(inputIds.length).fill(-100);
  tokenLabels.set(response, context.length);
  return { songId, inputIds, tokenLabels, label: -100, weight };
}

/** The fields that a context does without in an epoch. */
function drawnFields(share: number, seed: number, epoch: number, index: number): QaField[] {
  const random = generator(randomKey(seed, epoch, index, 11));
  return qaFields.filter((field) => field !== "lyrics" && random() < share);
}

/**
 * Trains an answerer on songs, in place. A song with several genres is asked several times, once for each, and counts once in all.
 *
 * Validation is as the answers are used: genres ranked in the full context, accuracy per song.
 *
 * @throws Error when a training song has a genre outside the answerer's
 * @example
 * ```ts
 * const run = await trainAnswerer(answerer, sides, { ...recipe, epochs: 4 }, { output: "outputs/run/qa" });
 * ```
 */
export async function trainAnswerer(
  answerer: Answerer,
  songs: { train: readonly Song[]; validation: readonly Song[] },
  recipe: Partial<Recipe> = {},
  options: TrainingOptions & QaTraining = {},
): Promise<TrainingRun> {
  const { language, format, encoder } = answerer, { genres } = format;
  const { fieldDropout = 0.5, ...training } = options;
  const full: Recipe = { ...studyRecipe, ...recipe };
  adaptFor(language.model, full, language.origin);
  language.model.json[formatField] = { ...format };
  const asked = new Map<Example, Song>();
  const examplesOf = (songs: readonly Song[]) => {
    const songOf = new Map(songs.map((song) => [song.id, song]));
    return instances(songs, { oversample: false }).map(({ songId, genre, weight }) => {
      const response = encoder.responses[genres.indexOf(genre)];
      if (response === undefined) {
        throw new UserError(
          `Song ${songId} has the genre ${genre}, which is none of the answers: ${genres.join(", ")}.`,
        );
      }
      const song = songOf.get(songId)!;
      const example = exampleOf(songId, encoder.context(song), response, weight);
      asked.set(example, song);
      return example;
    });
  };
  const validated = songs.validation.filter((song) => song.genres.some((genre) => genres.includes(genre)));
  const trainable: Trainable = {
    ...trainableLanguageModel(language),
    about: {
      title: "Genres of Korean songs by question and answer",
      does:
        `Reads a song, its title, artist, date and lyrics, as a question and is held to ${genres.length} genres as ` +
        `answers: ${genres.join(", ")}.`,
      accuracyPer: "song",
    },
    identity: { ...trainableLanguageModel(language).identity, questions: { fieldDropout, leaveOut: [] } },
    draw(example, epoch, index) {
      const song = asked.get(example);
      if (song === undefined) return example;
      const without = drawnFields(fieldDropout, full.seed, epoch ?? 0, index);
      const response = example.inputIds.slice(example.tokenLabels!.findIndex((label) => label !== -100));
      return exampleOf(song.id, encoder.context(song, without), response, example.weight);
    },
    validate: async (examples) => {
      const ids = new Set(examples.map(({ songId }) => songId)),
        songs = validated.filter(({ id }) => ids.has(id));
      const answers = await answerSongs(answerer, songs, { precision: full.precision });
      const of = songs.map(({ genres: own }) => own.filter((genre) => genres.includes(genre)));
      const loss = answers.map(({ probabilities }, i) =>
        -of[i]!.reduce((sum, genre) => sum + Math.log(probabilities[genres.indexOf(genre)]!), 0) /
        of[i]!.length
      );
      return {
        loss: meanOf(loss),
        accuracy: answers.filter(({ genre }, i) => of[i]!.includes(genre)).length / answers.length,
      };
    },
  };
  const examples = examplesOf(songs.train);
  // validation is of songs, by `validate`; the examples tell a resumed run whether they are the same
  const validation = examplesOf(
    validated.map((song) => ({ ...song, genres: song.genres.filter((genre) => genres.includes(genre)) })),
  );
  return await train(trainable, { train: examples, validation }, full, training);
}

/** What an answerer says of one song. */
export interface Answer {
  songId: string;
  /** The likeliest. */
  genre: string;
  /** By genre, among the answers there are: sums to 1. */
  probabilities: Float64Array;
  /** log P(response | context) of each genre, natural logarithm. */
  scores: Float64Array;
}

/** How songs are asked. */
export interface AnswerOptions {
  /** Fields that the contexts do without. */
  leaveOut?: readonly QaField[];
  /**
   * Ranks by the mean over a response's tokens in place of their sum. The sum is the response's probability, and right for a
   * model that has learnt the answers: on the bundled songs the mean was 1 to 5 points worse, as it favours long genres. For
   * a model that has not learnt them the mean is usual, lest short genres win.
   */
  perToken?: boolean;
  batchSize?: number;
  precision?: Recipe["precision"];
  /** Is told how many songs are done. */
  onProgress?: (done: number) => void | Promise<void>;
}

/**
 * Ranks the genres of songs by the likelihood of their responses, in the order given: always one of the answers. The context
 * is read once; its keys and values are shared by all responses.
 */
export async function answerSongs(
  answerer: Answerer,
  songs: readonly Song[],
  options: AnswerOptions = {},
): Promise<Answer[]> {
  const { language: { model }, format: { genres }, encoder } = answerer;
  const { leaveOut = [], perToken = false, batchSize = 16 } = options;
  const precision = resolvePrecision(options.precision ?? "auto");
  const contexts = songs.map((song) => encoder.context(song, leaveOut));
  const longestFirst = [...contexts.keys()].sort((a, b) =>
    contexts[b]!.length - contexts[a]!.length || a - b
  );
  const answers: Answer[] = new Array(songs.length);
  for (let start = 0; start < songs.length; start += batchSize) {
    const rows = longestFirst.slice(start, start + batchSize);
    const reading = startCache(
      model,
      tokenBatch(rows.map((row) => contexts[row]!), model.config.padId ?? 0),
      {
        precision,
      },
    );
    try {
      scoresByRow(reading, encoder.responses).forEach((sums, i) => {
        const scores = perToken ? sums.map((sum, g) => sum / encoder.responses[g]!.length) : sums;
        const row = rows[i]!;
        if (!scores.every(Number.isFinite)) {
          throw new UserError(
            `The model gives no number for song ${songs[row]!.id}: its weights are damaged.`,
          );
        }
        const genre = genres[argmax(scores)]!;
        answers[row] = {
          songId: songs[row]!.id,
          genre,
          probabilities: softmaxOf(scores),
          scores,
        };
      });
    } finally {
      disposeCache(reading.cache);
    }
    await options.onProgress?.(Math.min(start + batchSize, songs.length));
    await breathe();
  }
  return answers;
}

/** What an answerer says of itself, held to no answers: its likeliest next tokens until a text's end, as text. */
export function answerFreely(
  answerer: Answerer,
  songs: readonly Song[],
  options: { precision?: Recipe["precision"] } = {},
): string[] {
  const { language: { model, tokenizer }, encoder } = answerer;
  const contexts = songs.map((song) => encoder.context(song));
  const made = generate(model, tokenBatch(contexts, model.config.padId ?? 0), {
    maxNewTokens: 16,
    precision: resolvePrecision(options.precision ?? "auto"),
  });
  return made.map((ids) => tokenizer.decode(ids).trim());
}
