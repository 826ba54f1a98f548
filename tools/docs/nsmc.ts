/**
 * NSMC's film reviews, good or bad: what `docs -- --nsmc` measures and keeps as docs/results/nsmc.json. A review is a song of one genre, so that
 * trials train and answer as everywhere else.
 */
import { join } from "node:path";
import { grouped, UserError } from "../../lib/ground/mod.ts";
import { type Song, songOf } from "../../lib/songs/mod.ts";
import { quickRecipe, type Recipe } from "../../lib/training/mod.ts";
import {
  bilingual,
  type Method,
  nameOf,
  rightSongs,
  type RunOptions,
  runTrials,
  shareOf,
  words,
} from "../../lib/trials/mod.ts";
import type { NsmcResults } from "./pages.ts";

/**
 * Results with the rows that others measured on the same reviews (a model of another program, which is no part of these): they stay,
 * in their order. Of other reviews or another recipe they would be no comparison, and go.
 */
export const withOthers = (before: NsmcResults | null, now: NsmcResults): NsmcResults =>
  before?.measured.en === now.measured.en ? { ...now, methods: { ...before.methods, ...now.methods } } : now;

/** Bad and good, as NSMC has them. */
export const reviewLabels = ["0", "1"];

/** Reviews of a file of NSMC's: id, document and label, between tabs. @throws UserError naming a line that is none */
export async function readReviews(path: string): Promise<Song[]> {
  const [, ...lines] = (await Deno.readTextFile(path)).split("\n");
  return lines.filter((line) => line !== "").map((line, i) => {
    const [id = "", lyrics, label = ""] = line.trimEnd().split("\t");
    if (lyrics !== undefined && reviewLabels.includes(label)) return songOf({ id, lyrics, genres: [label] });
    throw new UserError(
      `${path}, line ${i + 2}: id, document and label (0 or 1) are expected, between tabs.`,
    );
  });
}

/**
 * Trains on NSMC's training sample, whose last reviews validate, and answers its test sample.
 *
 * @param folder has `nsmc_train.tsv` and `nsmc_test.tsv`
 * @param changed of the recipe
 */
export async function measureNsmc(
  folder: string,
  { seeds, changed = {}, ...options }: RunOptions & { seeds: readonly number[]; changed?: Partial<Recipe> },
): Promise<NsmcResults> {
  const all = await readReviews(join(folder, "nsmc_train.tsv"));
  const test = await readReviews(join(folder, "nsmc_test.tsv"));
  const learnt = Math.round(0.925 * all.length);
  const sides = { train: all.slice(0, learnt), validation: all.slice(learnt), test };
  const recipe = { ...quickRecipe, epochs: 3, batchSize: 32, maxLength: 128, ...changed };
  const network = (source: string, learningRate: number): Method => (
    { kind: "network", source, recipe: { ...recipe, learningRate } }
  );
  const trials = [
    words(),
    words({ learner: "bayes" }),
    network("kobert-small", 1e-4),
    network("kobert-small-scratch", 3e-4),
  ]
    .flatMap((method) =>
      // n-grams draw nothing
      (method.kind === "words" ? seeds.slice(0, 1) : seeds)
        .map((seed) => ({ method, labels: reviewLabels, sides, seed, about: `NSMC, ${seed}` }))
    );
  const answers = await runTrials(trials, options);
  const methods: NsmcResults["methods"] = {};
  for (const [i, { method }] of trials.entries()) {
    const { value } = shareOf(rightSongs(test, reviewLabels, answers[i]!.test.shares));
    (methods[bilingual(nameOf(method))] ??= []).push(Number(value.toFixed(4)));
  }
  const { epochs, batchSize, maxLength } = recipe;
  const [tested, given, learns, validates] = [test, all, sides.train, sides.validation]
    .map(({ length }) => grouped(length));
  return {
    measured: {
      en:
        `${tested} reviews of NSMC's test sample; of ${given} of its training sample ${learns} to learn from and ` +
        `${validates} to validate on; ${epochs} epochs, ${batchSize} reviews a step, ${maxLength} tokens, learning rate 1e-4 (from ` +
        "scratch 3e-4).",
      ko:
        `NSMC 테스트 표본 ${tested}개에서 쟀습니다. 학습 표본 ${given}개 가운데 ${learns}개로 학습하고 ${validates}개로 검증했습니다. ` +
        `${epochs}에폭, 한 스텝에 ${batchSize}개, ${maxLength}토큰, 학습률 1e-4(처음부터 배울 때는 3e-4).`,
    },
    methods,
  };
}
