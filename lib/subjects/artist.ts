/** Notebook 6: what knowing the artist adds, and whether that is memory. */
import { type Finding, joinFindings, withTrialsProgress } from "../notebook/mod.ts";
import { alphaCurve, type Figure, methodsByGroup, percent } from "../plots/mod.ts";
import {
  alphaSeries,
  artistBucketSeries,
  type ArtistComparison,
  type ArtistFile,
  artistIdeaNames,
  artistIdeaOnSplits,
  artistResult,
  artistRuns,
  artistSplitSeries,
  compareArtistIdeas,
  pText,
  writeResults,
} from "../trials/mod.ts";
import { withParticle } from "./korean.ts";
import type { Work } from "./work.ts";
import type { TrainedModel } from "./evaluation.ts";

/** What the brackets and lines of a figure by groups are. */
export const groupFacts =
  "괄호 안은 테스트 곡 · test songs in brackets; 선은 95% 구간 · lines: 95% intervals";

/** The artist idea in all its forms, from the trained model's answers: nothing is learnt anew. */
export const tryArtist = ({ sides }: Work, { name, labels, predictions }: TrainedModel): ArtistComparison =>
  compareArtistIdeas(sides, labels, { by: "song", model: name, predictions });

/** What the study's rule does to logits. */
export function naiveRuleFinding({ naive: { multiplied, lowered } }: ArtistComparison): Finding {
  return {
    ko:
      `연구의 규칙을 그대로 쓰면 로짓 ${multiplied}개에 1.5를 곱하는데, 그중 ${lowered}개는 음수여서 오히려 낮아집니다.`,
    en:
      `The study's rule as it was multiplies ${multiplied} logits by 1.5, and lowers ${lowered} of them, which are negative.`,
  };
}

/** Accuracy on validation songs over the artist's weight. */
export const artistWeightFigure = (idea: ArtistComparison): Figure => alphaCurve(alphaSeries(idea));

/** The main forms by how many training songs the artist has. */
export const artistBucketsFigure = (idea: ArtistComparison): Figure =>
  methodsByGroup(artistBucketSeries(idea), {
    title: ["가수를 아는 만큼", "By training songs of the artist"],
    facts: groupFacts,
  });

/**
 * The artist idea once more, learnt and tuned anew on a split song by song and on one artist by artist. Writes `artist.json`.
 *
 * A split that the songs do not allow is left out, and why is printed.
 *
 * @param idea on the split of all notebooks, the first of the results
 */
export async function runArtistSplits(
  { options, songs, store }: Work,
  idea: ArtistComparison,
): Promise<ArtistComparison[]> {
  const runs = artistRuns(options.evaluation, options.methods);
  const { results, notes } = await withTrialsProgress(
    "가사 모델 · models of the lyrics",
    (progress) => artistIdeaOnSplits(songs, runs, { seed: options.seed, store, ...progress }),
  );
  for (const note of notes) console.log(note);
  const splits = [idea, ...results];
  await writeResults(`${options.output}/artist.json`, { splits } satisfies ArtistFile);
  return splits;
}

/** The main forms on each split. */
export const artistSplitsFigure = (splits: readonly ArtistComparison[]): Figure =>
  methodsByGroup(artistSplitSeries(splits), {
    title: ["곡별 분할과 가수별 분할", "Split by song and by artist"],
    facts: groupFacts,
  });

/** What the artist adds to the lyrics where artists are known, and where they are not. */
export function artistFinding([first, ...others]: readonly ArtistComparison[]): Finding {
  if (first === undefined) return { ko: "비교한 것이 없습니다.", en: "Nothing was compared." };
  const of = (comparison: ArtistComparison, key: Parameters<typeof artistResult>[1]) =>
    artistResult(comparison, key).accuracy.value;
  const lyrics = of(first, "lyrics"), joined = artistResult(first, "product");
  const gain = 100 * (joined.accuracy.value - lyrics);
  const { ko, en } = artistIdeaNames.product;
  const unknown = others.findLast(({ by }) => by === "artist");
  return joinFindings(
    {
      ko: `가사만 읽은 ${withParticle(first.model.ko, "은/는")} ${percent(lyrics)}, ${
        withParticle(ko, "을/를")
      } 더하면 ${percent(joined.accuracy.value)}로 ${Math.abs(gain).toFixed(1)}점 ${
        gain >= 0 ? "올라갑니다" : "내려갑니다"
      }(p ${joined.p < 0.001 ? "" : "= "}${pText(joined.p)}). 가사 없이 가수의 최다 장르만 답해도 ${
        percent(of(first, "artist"))
      }입니다.`,
      en: `${first.model.en} on lyrics alone reaches ${percent(lyrics)}, with the ${en} ${
        percent(joined.accuracy.value)
      }: ${Math.abs(gain).toFixed(1)} points ${gain >= 0 ? "more" : "less"} (p ${
        joined.p < 0.001 ? "" : "= "
      }${pText(joined.p)}). The artist's most frequent genre without any lyrics is right on ${
        percent(of(first, "artist"))
      }.`,
    },
    unknown === undefined ? null : {
      ko: `테스트 곡의 가수를 한 번도 보지 못한 분할에서는 ${withParticle(unknown.model.ko, "이/가")} ` +
        `${percent(of(unknown, "lyrics"))}, 가수를 더해도 ${percent(of(unknown, "product"))}입니다. ` +
        "가수에게서 얻은 점수는 이해가 아니라 기억입니다.",
      en: `Where no test artist was seen in training, ${unknown.model.en} reaches ` +
        `${percent(of(unknown, "lyrics"))} and ${percent(of(unknown, "product"))} with the artist: ` +
        "what the artist gives is memory, not understanding.",
    },
  );
}
