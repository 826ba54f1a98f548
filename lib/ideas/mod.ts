/**
 * Ideas beyond the lyrics: the artist as a prior on the genre.
 *
 * @module
 */
export {
  ARTIST_BUCKETS,
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
} from "./artist_prior.ts";
export type { AlphaFit, AlphaPoint, ArtistPrior, ArtistSongs, Bonus, SongGenres } from "./artist_prior.ts";
export { compareArtistIdeas, comparisonText } from "./artist_comparison.ts";
export type { ArtistComparison, ArtistIdeaResult, ScoredSongs } from "./artist_comparison.ts";
export {
  artistSongsOf,
  judge,
  judgeBaselines,
  type Verdict,
  verdictTable,
  writeVerdicts,
} from "./verdict.ts";
