/** Notebooks 6 to 9: sentences and figures of results that are made up, and one way through on songs that are. */
import assert from "node:assert/strict";
import {
  type ArtistComparison,
  artistIdeaNames,
  type ColumnsComparison,
  memoryStore,
  type SeveralGenresComparison,
} from "../trials/mod.ts";
import { softmax } from "../evaluation/mod.ts";
import { withWork } from "./testing/work.ts";
import {
  artistBucketsFigure,
  artistFinding,
  artistSplitsFigure,
  artistWeightFigure,
  naiveRuleFinding,
  runArtistSplits,
  tryArtist,
} from "./artist.ts";
import { columnsFinding, contributionsFigure, runColumns } from "./columns.ts";
import { questionsFigure, questionsFinding } from "./questions.ts";
import { runSeveralGenres, severalGenresFigure, severalGenresFinding } from "./several_genres.ts";
import type { TrainedModel } from "./evaluation.ts";
import { judge } from "../trials/mod.ts";

const estimate = (value: number, half = 0.05) => ({ value, low: value - half, high: value + half });

/** A comparison of which the named forms have these accuracies. */
function comparison(
  by: "song" | "artist",
  model: string,
  accuracies: Partial<Record<keyof typeof artistIdeaNames, number>>,
): ArtistComparison {
  return {
    by,
    model: { ko: model, en: model },
    methods: Object.entries(accuracies).map(([key, value]) => ({
      key,
      method: key,
      accuracy: estimate(value),
      p: 0.0004,
      byArtist: [],
    })),
    naive: { multiplied: 200, lowered: 120 },
  } as unknown as ArtistComparison;
}

Deno.test("artistFinding: what the artist adds where artists are known, and where they are not", () => {
  const known = comparison("song", "kobert-small", { lyrics: 0.5, product: 0.75, artist: 0.7 });
  const unknown = comparison("artist", "TF-IDF", { lyrics: 0.6, product: 0.6, artist: 0.3 });
  assert.equal(
    artistFinding([known, unknown]).ko,
    "가사만 읽은 kobert-small은 50.0%, 가수 사전확률을 더하면 75.0%로 25.0점 올라갑니다(p < 0.001). " +
      "가사 없이 가수의 최다 장르만 답해도 70.0%입니다. 테스트 곡의 가수를 한 번도 보지 못한 분할에서는 TF-IDF가 60.0%, 가수를 더해도 60.0%입니다. " +
      "가수에게서 얻은 점수는 이해가 아니라 기억입니다.",
  );
  const worse = comparison("song", "kobert-small", { lyrics: 0.5, product: 0.45, artist: 0.7 });
  assert.match(artistFinding([worse]).ko, /45\.0%로 5\.0점 내려갑니다/);
  assert.doesNotMatch(
    artistFinding([worse]).ko,
    /기억입니다/,
    "where the songs could not be split by artist",
  );
  assert.match(naiveRuleFinding(known).ko, /로짓 200개에 1\.5를 곱하는데, 그중 120개는 음수/);
});

const columns = (most: number, low: number, stacked: [number, number, number]): ColumnsComparison =>
  ({
    lyricsModel: "kobert-small",
    results: [
      { key: "lyrics", method: "", accuracy: estimate(0.7), adds: null, leftOut: null },
      { key: "columns", method: "", accuracy: estimate(0.8), adds: null, leftOut: null },
      {
        key: "columns-without-year",
        method: "",
        accuracy: estimate(0.8),
        leftOut: "연도 · year",
        adds: { value: 0.001, low: -0.01, high: 0.01 },
      },
      {
        key: "columns-without-artist",
        method: "",
        accuracy: estimate(0.7),
        leftOut: "가수 · artist",
        adds: { value: most, low, high: most + 0.1 },
      },
      {
        key: "stacking-without-lyrics-model",
        method: "",
        accuracy: estimate(0.8),
        leftOut: "kobert-small",
        adds: { value: stacked[0], low: stacked[1], high: stacked[2] },
      },
    ],
  }) as unknown as ColumnsComparison;

Deno.test("columnsFinding: all columns, the one that is missed most, what the transformer adds", () => {
  assert.equal(
    columnsFinding(columns(0.09, 0.04, [-0.006, -0.03, 0.01])).ko,
    "가사만 보는 선형 모델은 70.0%, 모든 열을 보는 선형 모델은 80.0%를 맞혔습니다. 빼면 가장 많이 잃는 열은 가수(9.0점)입니다. " +
      "여기에 kobert-small을 쌓은 효과는 −0.6점으로, 이 곡 수로는 있는지 없는지 알 수 없습니다.",
  );
  const unsure = columnsFinding(columns(0.02, -0.01, [0.05, 0.01, 0.09]));
  assert.match(
    unsure.ko,
    /가수\(2\.0점\)이지만, 구간이 0을 포함해 확실하지는 않습니다\. .* 5\.0점으로, 우연으로 보기 어렵습니다\.$/,
  );
  assert.match(unsure.en, /though its interval includes 0\..* more than chance\.$/);
  const same = columns(0.09, 0.04, [0, 0, 0]);
  assert.match(columnsFinding(same).ko, / 여기에 kobert-small을 쌓아도 답이 나아지거나 나빠지지 않습니다\.$/);
  assert.equal(contributionsFigure(same).data.length, 2);
});

const sets = (value: number) => ({ subsetAccuracy: estimate(value) });
const severalGenres = (smallest: number): SeveralGenresComparison =>
  ({
    model: { ko: "TF-IDF", en: "TF-IDF" },
    songs: { train: 10, validation: 5, test: 154 },
    several: { train: 1, validation: 1, test: 17 },
    results: [
      {
        way: "oversampling",
        accuracy: estimate(0.76),
        tuned: sets(0.66),
        p: { accuracy: 1, subset: 1, subsetTuned: 1 },
      },
      {
        way: "weights",
        accuracy: estimate(0.77),
        tuned: sets(0.6),
        p: { accuracy: 1, subset: 0.5, subsetTuned: 0.63 },
      },
      {
        way: "sigmoid",
        accuracy: estimate(0.7),
        tuned: sets(0.7),
        p: { accuracy: 1, subset: 1, subsetTuned: smallest },
      },
    ],
  }) as unknown as SeveralGenresComparison;

Deno.test("severalGenresFinding: the best way by each measure, and chance", () => {
  assert.equal(
    severalGenresFinding([severalGenres(0.29)]).ko,
    "테스트 곡 154곡 중 17곡은 장르가 여럿입니다. TF-IDF로 장르 하나를 고를 때는 ‘곡마다 가중치’(77.0%), 장르 집합을 그대로 맞힐 때는 " +
      "문턱을 조정한 ‘장르마다 예/아니오’(70.0%)가 가장 나았습니다. 다만 오버샘플링과의 차이는 모두 우연일 수 있습니다(가장 작은 p = 0.290).",
  );
  assert.match(
    severalGenresFinding([severalGenres(0.0001)]).ko,
    /우연으로 보기 어려운 것이 있습니다\(가장 작은 p < 0\.001\)/,
  );
});

Deno.test("questionsFinding: with all fields, with fewer, before learning, beside the classifier", () => {
  const verdict = (method: string, value: number) => ({
    method,
    perSong: { value, correct: 100 * value, count: 100, label: "" },
    macroF1: value,
  });
  const all = {
    untrained: verdict("질문·답, 학습 전 · QA, zero-shot", 0.318),
    classifier: verdict("분류기 · classifier (kobert-small)", 0.5),
    contexts: [
      verdict("질문·답 · QA: 모든 칸 · all fields", 0.74),
      verdict("질문·답 · QA: 가수 없이 · without artist", 0.71),
      verdict("질문·답 · QA: 가사만 · lyrics alone", 0.6),
    ],
  };
  assert.equal(
    questionsFinding(all).ko,
    "모든 칸을 보여 주고 물으면 74.0%를 맞힙니다. 배우기 전에는 31.8%였습니다. 칸을 가리면 낮게는 60.0%까지 떨어집니다(가사만). " +
      "가사만 읽는 분류기는 50.0%입니다.",
  );
  const [first, ...others] = all.contexts;
  assert.match(
    questionsFinding({
      ...all,
      contexts: [{ ...first!, perSong: { correct: 60, count: 100 } }, ...others],
    }).ko,
    /60\.0%를 맞힙니다.* 어느 칸을 가려도 이보다 떨어지지 않습니다/,
  );
  assert.match(questionsFinding(all).en, /falls to 60\.0% \(lyrics alone\)/);
  assert.match(questionsFinding({ ...all, contexts: [] }).ko, /^아직 물어본 것이 없습니다/);
  const figure = questionsFigure(all as unknown as Parameters<typeof questionsFigure>[0]);
  assert.equal(figure.layout.yaxis?.ticktext?.length, 4);
});

/** A model that is sure of what it says, and right on songs of even ids. */
function oracle(work: Parameters<Parameters<typeof withWork>[0]>[0]): TrainedModel {
  const answers = (songs: typeof work.sides.test) => {
    const logits = songs.map(({ id, genres }) =>
      work.labels.map((label) => genres.includes(label) === (Number(id) % 4 < 3) ? 1 : -1)
    );
    return { shares: logits.map((row) => row.map((logit) => logit > 0 ? 0.9 : 0.1)), logits };
  };
  const { validation, test } = work.sides;
  const predictions = { each: false, validation: answers(validation), test: answers(test), cost: null };
  return { name: { ko: "모델", en: "model" }, labels: work.labels, predictions };
}

Deno.test("notebooks 6 to 8 run on songs, write their results, and draw them", () =>
  withWork(async (songs) => {
    const work = { ...songs, store: memoryStore() }, model = oracle(work), { output } = work.options;
    const short = {
      ...work,
      options: { ...work.options, evaluation: { ...work.options.evaluation, severalGenres: false } },
    };
    const idea = tryArtist(work, model), splits = await runArtistSplits(work, idea);
    assert.equal(splits[0], idea);
    const together = await runColumns(work, model), comparisons = await runSeveralGenres(short);
    for (
      const figure of [
        artistWeightFigure(idea),
        artistBucketsFigure(idea),
        artistSplitsFigure(splits),
        contributionsFigure(together),
        severalGenresFigure(comparisons),
      ]
    ) {
      assert.ok(figure.data.length > 0, JSON.stringify(figure.layout.title));
    }
    for (
      const finding of [
        artistFinding(splits),
        columnsFinding(together),
        severalGenresFinding(comparisons),
      ]
    ) {
      assert.match(finding.ko, /니다/);
      assert.doesNotMatch(finding.ko + finding.en, /undefined|NaN|null/);
    }
    const written = [...Deno.readDirSync(output)].map(({ name }) => name).filter((name) =>
      name.endsWith(".json")
    );
    assert.deepEqual(written.sort(), ["artist.json", "columns.json", "multilabel.json"]);
    const { perSong } = judge("", work.labels, work.sides.test, softmax(model.predictions.test.logits!));
    const lyrics = idea.methods.find(({ key }) => key === "lyrics")!;
    assert.equal(lyrics.accuracy.value, perSong.value, "the model's own number");
  }));
