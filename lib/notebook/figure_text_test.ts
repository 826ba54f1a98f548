import assert from "node:assert/strict";
import {
  confusionMatrix,
  genreDistribution,
  modelComparison,
  songsByYear,
  tokenLengths,
} from "../plots/mod.ts";
import { figureAlt, figureTitle } from "./figure_text.ts";

Deno.test("figureTitle is plain text", () => {
  assert.equal(
    figureTitle({ data: [], layout: { title: { text: "a<br>b &lt;c&gt; &amp; d" } } }),
    "a b <c> & d",
  );
  assert.equal(figureTitle({ data: [], layout: {} }), "Plotly");
});

Deno.test("figureAlt tells the facts and the bars with their numbers", () => {
  const songs = Array.from({ length: 20 }, (_, i) => ({ genres: [`장르<${i < 12 ? 0 : i}>`] }));
  assert.equal(
    figureAlt(genreDistribution(songs)),
    "장르 분포 · Genre distribution: 20곡 · songs. 장르<0> 12 (60.0%), 장르<12> 1 (5.0%), 장르<13> 1 (5.0%), " +
      "장르<14> 1 (5.0%), 장르<15> 1 (5.0%), 장르<16> 1 (5.0%) … (9)",
  );
  assert.equal(
    figureAlt(genreDistribution({ train: songs.slice(0, 12), test: [{ genre: "댄스" }] })),
    "장르 분포 · Genre distribution: train 12 · test 1. train: 장르<0> 100.0%, 댄스 0.0%. test: 장르<0> 0.0%, 댄스 100.0%",
  );
  // rows that are numbered are told by their labels
  assert.match(
    figureAlt(modelComparison([
      { name: "KoBERT", accuracy: 0.7, macroF1: 0.625 },
      { name: "majority", accuracy: 0.3, macroF1: 0.1, baseline: true },
    ])),
    /accuracy: KoBERT 70\.0%\. .*accuracy: majority 30\.0%\. macro-F1: KoBERT 62\.5%\. macro-F1: majority 10\.0%$/,
  );
});

Deno.test("figureAlt of what is no named bars has the facts alone; of a figure without data why it is empty", () => {
  assert.equal(
    figureAlt(confusionMatrix({ labels: ["가"], counts: [[3]] })),
    "혼동 행렬 · Confusion matrix: 정답 · right 3 / 3 (100.0%), 색은 실제 장르 중 비율 · colour: share of the true genre",
  );
  assert.match(
    figureAlt(tokenLengths([10, 20], { maxLength: 64 })),
    /^토큰 길이와 읽는 양 · Length in tokens, and what is read: 중앙값[^.]*tokens read 100\.0%/,
  );
  assert.equal(
    figureAlt(songsByYear([])),
    "연도별 곡 수 · Songs by year. 그릴 것이 없습니다: 연도를 아는 곡이 없습니다 Nothing to draw: no song has a year",
  );
});
