import assert from "node:assert/strict";
import type { ModelSearch, SearchedModel } from "../trials/mod.ts";
import { budgetTable, costFigure, networksTable, searchFigure, searchFinding } from "./search.ts";
import { withWork } from "./testing/work.ts";

const estimate = (value: number) => ({ value, low: value - 0.1, high: value + 0.1 });

const searched = (name: string, accuracy: number, values: Partial<SearchedModel> = {}): SearchedModel => ({
  model: name,
  name,
  start: "from scratch",
  wholeLyrics: false,
  parameters: 1,
  steps: 1,
  tokens: 1,
  trainSeconds: 2,
  songsPerSecond: 1,
  accuracyPerSong: estimate(accuracy),
  accuracyPerInstance: estimate(accuracy),
  macroF1: estimate(accuracy),
  bySeed: [{ seed: 7, accuracyPerSong: accuracy, trainSeconds: 2 }],
  ...values,
});

const search = (
  results: SearchedModel[],
  ps: number[],
  ended: ModelSearch["ended"] = "finished",
): Parameters<typeof searchFinding>[0] => ({
  ended,
  songs: { train: 10, measured: 154 },
  seeds: [7],
  labels: [],
  results,
  againstBest: ps.map((correctedP) => ({
    better: "",
    other: "",
    betterOn: 1,
    otherOn: 0,
    difference: 0,
    p: correctedP,
    correctedP,
  })),
  againstNext: [],
} as unknown as ModelSearch);

const nGrams = searched("나이브 베이즈, 앞 48토큰 · naive Bayes, first 48 tokens", 0.54, {
  start: "no network",
});
const whole = searched("나이브 베이즈 · naive Bayes", 0.8, { start: "no network", wholeLyrics: true });
const pretrained = searched("kobert-small", 0.5, { start: "pretrained" });
const scratch = searched("kobert-small-scratch", 0.3);

Deno.test("searchFinding: the best, chance, the best network, what pretraining gives, whole lyrics", () => {
  const { ko, en } = searchFinding(search([whole, nGrams, pretrained, scratch], [0.01, 0.2]));
  assert.equal(
    ko,
    "같은 만큼 읽은 모델 가운데서는 ‘나이브 베이즈, 앞 48토큰’이 검증 곡 154곡의 54.0%를 맞혀 가장 나았습니다. " +
      "다른 2개 모델 중 1개와의 차이는 우연일 수도 있습니다. 신경망 가운데서는 kobert-small이 50.0%로 가장 나았습니다. " +
      "미리 한국어를 읽은 kobert-small은 50.0%, 처음부터 배운 kobert-small-scratch는 30.0%입니다. " +
      "가사를 끝까지 읽은 나이브 베이즈는 80.0%를 맞혔습니다.",
  );
  // the same without having read anything, not the best from scratch
  const llama = searched("llama-small", 0.4);
  assert.match(
    searchFinding(search([pretrained, llama, scratch], [])).en,
    /; kobert-small-scratch, from scratch, 30\.0%\./,
  );
  assert.match(searchFinding(search([pretrained, llama], [])).en, /; llama-small, from scratch, 40\.0%\./);
  assert.match(en, /^Of the models that read equally much naive Bayes, first 48 tokens did best/);
});

Deno.test("searchFinding: a network ahead of all is said once; nothing done yet; a search that was stopped", () => {
  const sure = searchFinding(search([pretrained, nGrams], [0.001]));
  assert.match(
    sure.ko,
    /kobert-small이 .* 가장 나았습니다\. 다른 모든 모델과의 차이는 우연으로 보기 어렵습니다\.$/,
  );
  assert.doesNotMatch(sure.ko, /신경망 가운데/);
  assert.equal(searchFinding(search([], [])).ko, "아직 끝난 학습이 없습니다.");
  assert.match(searchFinding(search([nGrams], [], "interrupted")).ko, /^탐색이 아직 끝나지 않았습니다\. /);
});

Deno.test("the search's figures draw what has no network in grey", () => {
  const results = [whole, pretrained];
  const grey = (figure: ReturnType<typeof searchFigure>) => JSON.stringify(figure.data);
  assert.match(grey(searchFigure({ results })), /#8C8C8C/);
  assert.doesNotMatch(grey(searchFigure({ results: [pretrained] })), /#8C8C8C/);
  const costs = costFigure({ results }).data as { x: number[]; y: number[] }[];
  assert.deepEqual(
    costs.map(({ x, y }) => [...x, ...y]),
    results.map((result) => [result.trainSeconds, result.accuracyPerSong.value]),
  );
});

Deno.test("budgetTable: what each network may spend", () =>
  withWork((work) => {
    const [row] = budgetTable(work), { recipe, seeds } = work.options.search;
    assert.deepEqual([row!["에폭 · epochs"], row!["시드 · seeds"]], [recipe.epochs, seeds.join(", ")]);
    const networks = networksTable(work);
    assert.deepEqual(networks.map((row) => row["모델 · model"]), work.options.search.models);
    assert.deepEqual(networks.slice(0, 2).map((row) => row["시작 · start"]), [
      "사전학습 · pretrained",
      "처음부터 · from scratch",
    ]);
    assert.equal(networks[1]!["학습률 · learning rate"], String(recipe.learningRate));
    return Promise.resolve();
  }));
