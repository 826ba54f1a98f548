/** Songs and a runner for the tests of this room. */
import type { Rows } from "../../evaluation/mod.ts";
import { type Song, songOf } from "../../songs/mod.ts";
import type { Predictions, Runner, Trial } from "../trial.ts";

/** A song of which only what is given matters. */
export function song(
  id: string,
  { year = null, ...values }: Partial<Song> & { year?: number | null } = {},
): Song {
  return songOf({
    id,
    songName: `노래 ${id}`,
    date: { text: "", year, month: null, day: null },
    genres: ["발라드"],
    lyrics: "",
    ...values,
  });
}

/** Predictions by a rule: probabilities of songs, rows [song][label], or logits where `logits` says so. */
export function predicted(
  { sides: { validation, test }, labels }: Pick<Trial, "sides" | "labels">,
  of: (song: Song, label: string) => number,
  { logits = false, each = false } = {},
): Predictions {
  const answers = (songs: readonly Song[]) => {
    const rows: Rows = songs.map((song) => labels.map((label) => of(song, label)));
    return { shares: rows, logits: logits ? rows : null };
  };
  const cost = { seconds: 1, answerSeconds: 0.5, steps: 0, tokens: 10, parameters: 5 };
  return { each, validation: answers(validation), test: answers(test), cost };
}

/** A runner that answers by a rule, and the trials it was given. */
export function fakeRunner(
  rule: (trial: Trial, song: Song, label: string) => number,
  options?: (trial: Trial) => { logits?: boolean; each?: boolean },
): Runner & { ran: Trial[] } {
  const ran: Trial[] = [];
  return {
    ran,
    run(trial) {
      ran.push(trial);
      return Promise.resolve(predicted(trial, (song, label) => rule(trial, song, label), options?.(trial)));
    },
  };
}
