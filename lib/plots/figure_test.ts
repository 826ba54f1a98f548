import assert from "node:assert/strict";
import {
  accuracyByCost,
  alphaCurve,
  confusionMatrix,
  contributions,
  type Figure,
  genreByArtist,
  genreDistribution,
  groupAccuracy,
  learningCurve,
  lossCurve,
  lyricLengths,
  methodsByGroup,
  modelComparison,
  perGenreScores,
  reliability,
  songsByYear,
  tokenLengths,
} from "./mod.ts";
import * as shared from "./figure.ts";
import * as figures from "./mod.ts";

const song = { genres: ["댄스"], artists: ["달"], date: { year: 2001 as number | null }, lyrics: "가나다" };

/** Every figure with nothing to draw, and what it says there is none of. */
const empty: Record<string, () => [Figure, RegExp][]> = {
  genreDistribution: () => [
    [genreDistribution([]), /no song has a genre/],
    [genreDistribution([{ genres: [] }]), /no song has a genre/],
    [genreDistribution({ train: [], test: [] }), /no song has a genre/],
  ],
  songsByYear: () => [[songsByYear([{ ...song, date: { year: null } }]), /no song has a year/]],
  genreByArtist: () => [
    [genreByArtist([{ ...song, artists: [] }]), /no song has an artist and a genre/],
    [genreByArtist([{ ...song, genres: [] }]), /no song has an artist and a genre/],
  ],
  lyricLengths: () => [[lyricLengths([{ ...song, lyrics: "" }]), /no song has lyrics and a genre/]],
  tokenLengths: () => [[tokenLengths([], { maxLength: 8 }), /there are no lyrics/]],
  lossCurve: () => [[lossCurve([]), /no step was trained/]],
  alphaCurve: () => [
    [alphaCurve([]), /nothing was measured/],
    [alphaCurve([{ name: "a", curve: [] }]), /nothing was measured/],
  ],
  confusionMatrix: () => [[confusionMatrix({ labels: [], counts: [] }), /there are no genres/]],
  modelComparison: () => [[modelComparison([]), /there is no model/]],
  perGenreScores: () => [
    [perGenreScores([]), /no song has a genre/],
    [perGenreScores([{ label: "댄스", precision: 0, recall: 0, f1: 0, support: 0 }]), /no song has a genre/],
  ],
  groupAccuracy: () => [[groupAccuracy({ "시대 · decade": [] }, 0.5), /no song was measured/]],
  learningCurve: () => [
    [learningCurve([{ method: "a", points: [] }]), /no size could be learnt/],
    [learningCurve([{ method: "a", points: [], leftOut: [1, 2] }]), /they have one genre only: 1, 2/],
  ],
  methodsByGroup: () => [
    [methodsByGroup([], { title: ["가", "a"] }), /no song was measured/],
    [methodsByGroup([{ name: "a", groups: [] }], { title: ["가", "a"] }), /no song was measured/],
  ],
  reliability: () => [
    [reliability([]), /no song was measured/],
    [
      reliability([{ name: "a", error: 0, bins: [{ count: 0, confidence: 0, accuracy: 0 }] }]),
      /no song was measured/,
    ],
  ],
  accuracyByCost: () => [[accuracyByCost([]), /there is no model/]],
  contributions: () => [[contributions({ "모든 열": [] }), /no part was measured/]],
};

Deno.test("every figure of the room is asked to draw nothing", () => {
  // what the figures share is none
  const drawn = Object.keys(figures).filter((name) => !(name in shared));
  assert.deepEqual(Object.keys(empty).sort(), drawn.sort());
});

for (const [name, cases] of Object.entries(empty)) {
  Deno.test(`${name} without data says so, and what there is none of`, () => {
    for (const [{ data, layout }, why] of cases()) {
      assert.deepEqual(data, []);
      const text = layout.annotations![0]!.text!;
      assert.match(text, /^그릴 것이 없습니다: .*<br>Nothing to draw: /);
      const { text: title, subtitle } = layout.title as { text: string; subtitle?: { text: string } };
      assert.match(`${text} ${subtitle?.text ?? ""}`, why);
      assert.match(title, /^\S.* · \S/, "it keeps its title");
    }
  });
}

Deno.test("a group without songs stands beside those with some", () => {
  const { data } = genreDistribution({ train: [{ genre: "댄스" }], test: [] });
  assert.deepEqual(data.map((trace) => (trace as { x: number[] }).x), [[1], [0]]);
});
