import assert from "node:assert/strict";
import { startEngine } from "../engine/mod.ts";
import { classify, rankedGenres, songOfLyrics } from "./classify.ts";
import { loadClassifier } from "./classifier.ts";
import { classifySongs } from "./classify.ts";

Deno.test("classify: genres by name, the likeliest first, as a song of a table gets them", async () => {
  await startEngine();
  const classifier = await loadClassifier("kobert-small", { labels: ["댄스", "발라드", "트로트"], seed: 3 });
  const text = "밤하늘의 별을 세다가<br>너의 이름을 &quot;불러&quot; 본다";
  const genres = await classify(classifier, text);
  assert.deepEqual(genres.map(({ genre }) => genre).sort(), ["댄스", "발라드", "트로트"].sort());
  assert.deepEqual(genres, genres.toSorted((a, b) => b.probability - a.probability));
  assert.ok(Math.abs(genres.reduce((sum, { probability }) => sum + probability, 0) - 1) < 1e-5);
  const song = { ...songOfLyrics("별"), lyrics: '밤하늘의 별을 세다가\n너의 이름을 "불러" 본다' };
  const [answer] = await classifySongs(classifier, [song]);
  assert.deepEqual(genres, rankedGenres(classifier.labels, answer!.probabilities));
  assert.deepEqual(await classify(classifier, text, { top: 1 }), genres.slice(0, 1));
});

Deno.test("classify: a text without words is refused", () => {
  assert.throws(() => songOfLyrics(" … \n!"), {
    name: "UserError",
    message: /holds no letter or digit/,
  });
});
