import assert from "node:assert/strict";
import { UserError } from "../ground/mod.ts";
import { type Song, songOf, songsFrame, splitToLearn } from "./mod.ts";

const song = (n: number, genre: string, lyrics = `가사 ${n}`): Song =>
  songOf({
    id: String(n),
    songName: `노래 ${n}`,
    genres: [genre],
    lyrics,
  });
const songs = (count: number, of: (n: number) => Song) =>
  songsFrame(Array.from({ length: count }, (_, n) => of(n)));
const refused = (frame: ReturnType<typeof songsFrame>, message: RegExp, genres?: string[]) =>
  assert.throws(
    () => splitToLearn(frame, { table: "my.csv", seed: 7, ...(genres && { genres }) }),
    (error) => {
      assert(error instanceof UserError);
      assert.match(error.message, message);
      assert.doesNotMatch(error.message, /cleanSongs|splitSongs/, "no words of TypeScript");
      return true;
    },
  );

Deno.test("splitToLearn: a tenth validates, a tenth tests; four songs of two genres are enough", () => {
  const { train, validation, test } = splitToLearn(songs(60, (n) => song(n, n % 2 ? "댄스" : "발라드")), {
    table: "my.csv",
    seed: 7,
  });
  assert.deepEqual([train.height, validation.height, test.height], [48, 6, 6]);
  const least = splitToLearn(songs(4, (n) => song(n, n % 2 ? "댄스" : "발라드")), {
    table: "my.csv",
    seed: 7,
  });
  assert.deepEqual([least.train.height, least.validation.height, least.test.height], [2, 1, 1]);
});

Deno.test("splitToLearn: what cannot be learnt is said, with what would help", () => {
  refused(songs(0, (n) => song(n, "")), /^my\.csv: no song has lyrics and a genre, .* Fill these columns\.$/);
  refused(songs(0, (n) => song(n, "")), /one of the genres 록, 팝, .* --genres/, ["록", "팝"]);
  refused(songs(60, (n) => song(n, "발라드")), /^my\.csv: all 60 songs have the genre 발라드, .* Add songs/);
  refused(songs(1, (n) => song(n, "발라드")), /the only song has the genre 발라드/);
  refused(songs(9, (n) => song(n, "발라드")), /at least two to tell apart\. Give --genres more/, ["발라드"]);
  refused(
    songs(40, (n) => song(n, `장르${n}`)),
    /^my\.csv: its 40 songs of 40 genres are too few\. .*, 4 to validate and 4 to test on\. .* fewer genres .*\(--genres\)\.$/,
  );
  refused(
    songs(3, (n) => song(n, `장르${n % 2}`)),
    /its 3 songs of 2 genres are too few\. .* of each genre\.$/,
  );
  refused(
    songs(40, (n) => song(n, `장르${n % 2}`, "같은 가사")),
    /its 40 songs of 2 genres have 1 different lyrics, .* lyrics of their own\.$/,
  );
});
