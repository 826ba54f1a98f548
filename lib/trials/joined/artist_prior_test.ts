import assert from "node:assert/strict";
import { softmax } from "../../evaluation/mod.ts";
import {
  artistBonus,
  artistBuckets,
  artistMajority,
  artistProbabilities,
  fitAlpha,
  fitArtistPrior,
  knownGenreBonus,
  mendedRule,
  naiveRule,
  withBonus,
} from "../mod.ts";

function assertClose(actual: ArrayLike<number>, expected: ArrayLike<number>, tolerance = 1e-12): void {
  assert.equal(actual.length, expected.length);
  for (let k = 0; k < expected.length; k++) {
    assert.ok(
      Math.abs(actual[k]! - expected[k]!) <= tolerance,
      `[${k}]: ${actual[k]}, expected ${expected[k]}`,
    );
  }
}

/** Artist 가: genres 0, 0, 1; artist 나: genre 2; one song by both 가 and 나 of genres 0 and 2; one by nobody. */
const train = {
  artists: [["가"], ["가"], ["가"], ["나"], ["가", "나"], []],
  genres: [0, 0, 1, 2, [1, 0, 1], 1],
};
const prior = fitArtistPrior(train, { classes: 3, strength: 2 });

Deno.test("an artist's genres are counted over training songs, several genres by shares", () => {
  assertClose(prior.counts.get("가")!, [2.5, 1, 0.5]);
  assertClose(prior.counts.get("나")!, [0.5, 0, 1.5]);
  assert.deepEqual([prior.songs.get("가"), prior.songs.get("나"), prior.songs.get("다")], [4, 2, undefined]);
  assertClose(prior.genreShares, [3.5 / 9, 3 / 9, 2.5 / 9]);
});

Deno.test("P(genre | artist) is smoothed towards the genres' shares", () => {
  assertClose(artistProbabilities(prior, ["나"])!, [
    (0.5 + 2 * 3.5 / 9) / 4,
    (0 + 2 * 3 / 9) / 4,
    (1.5 + 2 * 2.5 / 9) / 4,
  ]);
  assertClose([artistProbabilities(prior, ["가"])!.reduce((sum, share) => sum + share, 0)], [1]);
});

Deno.test("several artists' counts are averaged; unknown, empty and repeated names change nothing", () => {
  const both = artistProbabilities(prior, ["가", "나"])!;
  assertClose(both, [(1.5 + 2 * 3.5 / 9) / 5, (0.5 + 2 * 3 / 9) / 5, (1 + 2 * 2.5 / 9) / 5]);
  assertClose(artistProbabilities(prior, ["나", "가", "가", "모르는 가수", ""])!, both);
  assert.equal(artistProbabilities(prior, ["모르는 가수"]), undefined);
  assert.equal(artistProbabilities(prior, []), undefined);
});

const logits = [[-1, -2, -3], [2, -1, 0.5], [0.3, 0.2, 0.1]];
const artists = [["가"], ["나"], ["모르는 가수"]];

Deno.test("α = 0 and unknown artists leave the lyrics' probabilities exactly as they are", () => {
  const lyrics = softmax(logits);
  for (const form of ["product", "bayes"] as const) {
    const bonus = artistBonus(prior, artists, form);
    assert.deepEqual(withBonus(logits, bonus, 0), lyrics);
    const changed = withBonus(logits, bonus, 1.7);
    assert.deepEqual(changed[2], lyrics[2]);
    assert.notDeepEqual(changed[0], lyrics[0]);
  }
  assert.deepEqual(mendedRule(logits, prior, artists)[2], lyrics[2]);
  assert.deepEqual(Array.from(naiveRule(logits, prior, artists).logits[2]!), logits[2]);
});

Deno.test("the prior is log P(genre | lyrics) + α log P(genre | artist), normalised", () => {
  const [row] = withBonus(logits, artistBonus(prior, artists), 0.8);
  const lyrics = softmax(logits)[0]!;
  const artist = artistProbabilities(prior, ["가"])!;
  const scores = lyrics.map((share, k) => share * artist[k]! ** 0.8);
  const sum = scores.reduce((total, score) => total + score, 0);
  assertClose(row!, scores.map((score) => score / sum));
});

Deno.test("the bayes form divides by P(genre)", () => {
  const [row] = withBonus(logits, artistBonus(prior, artists, "bayes"), 1);
  const lyrics = softmax(logits)[0]!;
  const artist = artistProbabilities(prior, ["가"])!;
  const scores = lyrics.map((share, k) => share * artist[k]! / prior.genreShares[k]!);
  const sum = scores.reduce((total, score) => total + score, 0);
  assertClose(row!, scores.map((score) => score / sum));
});

Deno.test("the naive rule lowers negative logits, the mended one always raises known genres", () => {
  const naive = naiveRule(logits, prior, artists, 1.5);
  assert.deepEqual(naive.logits.map((row) => Array.from(row)), [[-1.5, -3, -4.5], [3, -1, 0.75], [
    0.3,
    0.2,
    0.1,
  ]]);
  assert.deepEqual([naive.multiplied, naive.lowered], [5, 3]);

  const one = [[-1, -2, -3]];
  const onlyThird = [["다"]];
  const third = fitArtistPrior({ artists: [["다"]], genres: [2] }, { classes: 3 });
  const before = softmax(one)[0]!;
  const naively = softmax(naiveRule(one, third, onlyThird).logits)[0]!;
  const mended = mendedRule(one, third, onlyThird)[0]!;
  assert.ok(naively[2]! < before[2]!, "naive lowers what it means to raise");
  assert.ok(mended[2]! > before[2]!, "mended raises it");
  const scaled = before.map((share, k) => k === 2 ? 1.5 * share : share);
  assertClose(mended, scaled.map((share) => share / (1 + 0.5 * before[2]!)));
});

Deno.test("known genres are those with any training song of an artist", () => {
  assert.deepEqual(knownGenreBonus(prior, [["나"], ["가", "나"], []]).map((row) => row && Array.from(row)), [
    [1, 0, 1],
    [1, 1, 1],
    undefined,
  ]);
});

/** 300 songs of 60 artists; an artist sings his own genre (index modulo 3) four times in five. */
function madeSongs(seed: number): { genres: number[]; artists: string[][]; logits: number[][] } {
  let state = seed;
  const random = () => (state = (state * 1103515245 + 12345) % 2147483648) / 2147483648;
  const made = { artists: [] as string[][], genres: [] as number[], logits: [] as number[][] };
  for (let i = 0; i < 300; i++) {
    const artist = Math.floor(random() * 60);
    const genre = random() < 0.8 ? artist % 3 : Math.floor(random() * 3);
    made.artists.push([`가수 ${artist}`]);
    made.genres.push(genre);
    made.logits.push([0, 1, 2].map((k) => (k === genre ? 0.8 : 0) + 2 * random() - 1));
  }
  return made;
}
const songs = { train: madeSongs(1), validation: madeSongs(2), test: madeSongs(3) };

Deno.test("the fitted strength is the likeliest of its neighbourhood, leaving each song out", () => {
  const fitted = fitArtistPrior(songs.train, { classes: 3 });
  const leftOut = (strength: number) => {
    let loss = 0;
    songs.train.genres.forEach((genre, i) => {
      const rest = (_: unknown, j: number) => j !== i;
      const without = fitArtistPrior({
        artists: songs.train.artists.filter(rest),
        genres: songs.train.genres.filter(rest),
      }, { classes: 3, strength });
      without.genreShares = fitted.genreShares;
      const shares = artistProbabilities(without, songs.train.artists[i]!);
      if (shares) loss -= Math.log(shares[genre]!);
    });
    return loss;
  };
  const best = leftOut(fitted.strength);
  assert.ok(fitted.strength > 0.01 && fitted.strength < 1000);
  assert.ok(best < leftOut(fitted.strength * 1.05) && best < leftOut(fitted.strength / 1.05));
  assert.ok(best < leftOut(0.05) && best < leftOut(100));
});

Deno.test("fitAlpha finds the least validation loss to a thousandth", () => {
  const fitted = fitArtistPrior(songs.train, { classes: 3 });
  const bonus = artistBonus(fitted, songs.validation.artists);
  const validation = { logits: songs.validation.logits, bonus, genres: songs.validation.genres };
  const fit = fitAlpha(validation);
  const lossAt = (alpha: number) => {
    const rows = withBonus(songs.validation.logits, bonus, alpha);
    return songs.validation.genres.reduce((sum, genre, i) => sum - Math.log(rows[i]![genre]!), 0) /
      rows.length;
  };
  assertClose([fit.logLoss], [lossAt(fit.alpha)]);
  assert.ok(lossAt(fit.alpha) <= lossAt(fit.alpha + 0.001) && lossAt(fit.alpha) <= lossAt(fit.alpha - 0.001));
  assert.ok(fit.alpha > 0.3 && !fit.atMaximum);
  assert.ok(fit.logLoss < fit.curve[0]!.logLoss && fit.accuracy > fit.curve[0]!.accuracy);
  assert.deepEqual(
    fit.curve.map((point) => point.alpha),
    fit.curve.map((point) => point.alpha).sort((a, b) => a - b),
  );

  const sure = { logits: [[1, 0], [0, 1]], bonus: [[0, 0.1], [0.1, 0]].map((row) => Float64Array.from(row)) };
  assert.equal(fitAlpha({ ...sure, genres: [1, 0] }).atMaximum, true);
});

Deno.test("where the artist says nothing, the smallest α wins", () => {
  const unknown = { logits, bonus: [undefined, undefined, undefined], genres: [0, 0, 0] };
  assert.equal(fitAlpha(unknown).alpha, 0);
  const uniform = { ...unknown, bonus: [1, 2, 3].map(() => Float64Array.of(-1, -1, -1)) };
  assert.equal(fitAlpha(uniform).alpha, 0);
});

Deno.test("a song of several genres is right by any of them", () => {
  const fit = fitAlpha({ logits: [[1, 0, -1]], bonus: [undefined], genres: [[1, 0, 1]] });
  assert.equal(fit.accuracy, 1);
  const shares = softmax([[1, 0, -1]])[0]!;
  assertClose([fit.logLoss], [-(Math.log(shares[0]!) + Math.log(shares[2]!)) / 2]);
});

Deno.test("the artist's most frequent genre, and the majority for unknown artists", () => {
  const given = [["가"], ["나"], ["모르는 가수"], [], ["가", "나"]];
  assert.deepEqual(Array.from(artistMajority(prior, given)), [0, 2, 0, 0, 0]);
  const tied = fitArtistPrior({ artists: [["가"], ["가"], ["나"]], genres: [0, 1, 1] }, { classes: 2 });
  assert.deepEqual(
    Array.from(artistMajority(tied, [["가"]])),
    [1],
    "of equals the genre more frequent overall",
  );
});

Deno.test("buckets go by the best known artist of a song", () => {
  const known = fitArtistPrior({
    artists: [["하나"], ...Array(2).fill(["둘"]), ...Array(5).fill(["다섯"]), ...Array(6).fill(["여섯"])],
    genres: Array(14).fill(0),
  }, { classes: 1 });
  const given = [[], ["없음"], ["하나"], ["둘"], ["다섯"], ["여섯"], ["하나", "여섯"]];
  assert.deepEqual(artistBuckets(known, given), ["0", "0", "1", "2–5", "2–5", ">5", ">5"]);
});

Deno.test("what does not fit is an error that says where", () => {
  assert.throws(() => fitArtistPrior({ artists: [], genres: [] }, { classes: 2 }), /train.artists is empty/);
  assert.throws(
    () => fitArtistPrior({ artists: [["가"]], genres: [0, 1] }, { classes: 2 }),
    /train.artists has 1 entries but train.genres has 2/,
  );
  assert.throws(
    () => fitArtistPrior({ artists: [["가"]], genres: [2] }, { classes: 2 }),
    /genre of song 0 is 2/,
  );
  for (const row of [[1], [NaN, 1], [-1, 2]]) {
    assert.throws(
      () => fitArtistPrior({ artists: [["가"]], genres: [row] }, { classes: 2 }),
      /give 2 shares/,
    );
  }
  assert.throws(() => fitArtistPrior(train, { classes: 3, strength: 0 }), /strength is 0/);
  assert.throws(() => withBonus([[0, 1]], [], 1), /logits has 1 entries but bonus has 0/);
  assert.throws(() => withBonus([[NaN, 1]], [undefined], 1), /logits row 0, class 0 is NaN/);
});
