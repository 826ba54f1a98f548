/** What knows nothing of the lyrics: the most frequent genre, of all songs or of the artist's. */
import { majorityShares, type Rows } from "../../evaluation/mod.ts";
import { instances, type Song } from "../../songs/mod.ts";
import { artistMajority, artistPriorOf } from "../joined/artist_prior.ts";
import type { Predictions, SongWay, Trial } from "../trial.ts";

/** Always the most frequent genre; its shares are the genres' among the training songs' instances. */
export function runMajority({ labels, sides }: Trial, { way }: { way: SongWay }): Predictions {
  const rows = instances(sides.train, { oversample: way === "oversampling" });
  const genres = rows.map(({ genre }) => genre), weights = rows.map(({ weight }) => weight);
  const shares = majorityShares(genres, labels, weights);
  return answered(sides, (songs) => songs.map(() => shares.slice()));
}

/** The genre that a song's artists had most often in training. */
export function runArtist({ labels, sides }: Trial): Predictions {
  const prior = artistPriorOf(sides.train, labels);
  return answered(sides, (songs) =>
    Array.from(
      artistMajority(prior, songs.map(({ artists }) => artists)),
      (genre) => Float64Array.from(labels, (_, k) => k === genre ? 1 : 0),
    ));
}

function answered({ validation, test }: Trial["sides"], of: (songs: readonly Song[]) => Rows): Predictions {
  return {
    each: false,
    validation: { shares: of(validation), logits: null },
    test: { shares: of(test), logits: null },
    cost: { seconds: 0, answerSeconds: 0, steps: 0, tokens: 0, parameters: 0 },
  };
}
