/** Notebooks 1 and 2: what the table says of itself, and what cleaning, splitting and reading make of it. */
import { grouped, meanOf } from "../ground/mod.ts";
import { type Finding } from "../notebook/mod.ts";
import {
  type CleaningReport,
  type DropReason,
  genreCounts,
  type Instance,
  instances,
  missingValues,
  type Song,
  topArtists,
} from "../songs/mod.ts";
import type pl from "nodejs-polars";
import { percentile } from "../evaluation/mod.ts";
import { percent } from "../plots/mod.ts";
import { withParticle } from "./korean.ts";
import type { Work } from "./work.ts";
import { isWhole, type ReadTexts, shareRead } from "./reading.ts";

/** The columns that the table names in both languages, for the sentence about missing values. */
const columnNames: Readonly<Record<string, string>> = {
  id: "번호",
  song_name: "제목",
  adults: "성인 여부",
  artist: "가수",
  album_id: "앨범",
  date: "날짜",
  genre: "장르",
  lyrics: "가사",
};

/** What the table holds: its largest genre, how faithful artists are to one, what is missing most. @param table as it was read */
export function tableFinding(table: pl.DataFrame): Finding {
  const genres = genreCounts(table).toRecords() as { genre: string; songs: number; share: number }[];
  const [largest] = genres, smallest = genres.at(-1);
  const ko: string[] = [], en: string[] = [];
  if (largest !== undefined && smallest !== undefined) {
    const most = `${grouped(largest.songs)}곡(${percent(largest.share)})`;
    ko.push(
      genres.length === 1
        ? `${grouped(table.height)}곡의 장르는 모두 ${largest.genre}입니다.`
        : `${grouped(table.height)}곡 가운데 ${withParticle(largest.genre, "이/가")} ${most}으로 가장 ` +
          `많고, ${withParticle(smallest.genre, "이/가")} ${grouped(smallest.songs)}곡으로 가장 적습니다. ` +
          `무조건 ${withParticle(largest.genre, "이라/라")}고만 답해도 이만큼은 맞힙니다.`,
    );
    en.push(
      genres.length === 1
        ? `All ${grouped(table.height)} songs have the genre ${largest.genre}.`
        : `Of ${grouped(table.height)} songs ${largest.genre} has the most, ${grouped(largest.songs)} ` +
          `(${percent(largest.share)}), and ${smallest.genre} the fewest, ${grouped(smallest.songs)}: ` +
          `always answering ${largest.genre} is right this often.`,
    );
  }
  const faithful = faithfulness(table);
  if (faithful !== null) {
    ko.push(`두 곡 이상 부른 가수의 곡은 평균 ${percent(faithful, 0)}가 한 장르에 속합니다.`);
    en.push(`Artists of several songs have ${percent(faithful, 0)} of them in one genre, in the mean.`);
  }
  const missing = (missingValues(table).toRecords() as { column: string; missing: number }[])
    .reduce((most, column) => column.missing > most.missing ? column : most);
  if (missing.missing > 0) {
    const name = columnNames[missing.column] ?? missing.column;
    ko.push(`가장 많이 빠진 값은 ${name}(${grouped(missing.missing)}곡)입니다.`);
    en.push(`What is missing most is ${missing.column} (${grouped(missing.missing)} songs).`);
  }
  return { ko: ko.join(" "), en: en.join(" ") };
}

/** The mean share of an artist's songs that are of the artist's most frequent genre; `null` where none has several. */
function faithfulness(table: pl.DataFrame): number | null {
  const artists = topArtists(table, table.height).toRecords() as {
    songs: number;
    genre_share: number | null;
  }[];
  const shares = artists.flatMap(({ songs, genre_share }) =>
    songs > 1 && genre_share !== null ? [genre_share] : []
  );
  return shares.length === 0 ? null : meanOf(shares);
}

/** Why songs are left out, in both languages. */
export const dropReasons: Readonly<Record<DropReason, string>> = {
  "no lyrics": "가사 없음 · no lyrics",
  "no genre": "장르 없음 · no genre",
  "none of the chosen genres": "고른 장르가 아님 · none of the chosen genres",
};

/** What cleaning did, as rows of a table. */
export const cleaningTable = (report: CleaningReport) => [
  { "한 일 · what was done": "읽은 곡 · songs read", "곡 · songs": report.read },
  ...report.byReason.map(({ reason, songs }) => ({
    "한 일 · what was done": `뺀 곡 · left out: ${dropReasons[reason]}`,
    "곡 · songs": songs,
  })),
  { "한 일 · what was done": "남은 곡 · kept", "곡 · songs": report.kept },
  {
    "한 일 · what was done":
      "그중 줄바꿈 말고도 가사를 다듬은 곡 · of these, lyrics cleaned beyond line breaks",
    "곡 · songs": report.lyricsChanged,
  },
  {
    "한 일 · what was done": "그중 다른 곡과 가사가 같은 곡 · of these, lyrics that another song has too",
    "곡 · songs": report.repeatedLyrics,
  },
  {
    "한 일 · what was done": "그중 한글이 없는 곡 · of these, without Hangul",
    "곡 · songs": report.withoutHangul,
  },
];

/** The songs of each side under its name, for a figure. */
export const songsBySide = (
  { sides: { train, validation, test } }: Work,
): Record<string, readonly Song[]> => ({
  "학습 · train": train,
  "검증 · validation": validation,
  "테스트 · test": test,
});

/** The training songs, and the instances that oversampling makes of them, for a figure. */
export const songsAndInstances = (
  { sides: { train } }: Work,
): Record<string, readonly (Song | Instance)[]> => ({
  "곡 · songs": train,
  "인스턴스 · instances": instances(train, { oversample: true }),
});

/** The two ways of learning a song of several genres, as rows of a table. */
export const instancesTable = ({ sides: { train } }: Work) =>
  [
    {
      way: "오버샘플링: 장르와 가수의 쌍마다 하나 · oversampling: one for each pair of genre and artist",
      oversample: true,
    },
    {
      way: "곡마다 가중치: 장르마다 하나, 한 곡의 합이 1 · weights: one for each genre, a song's sum to 1",
      oversample: false,
    },
  ].map(({ way, oversample }) => ({
    "방법 · way": way,
    "학습 곡 · training songs": train.length,
    "인스턴스 · instances": instances(train, { oversample }).length,
  }));

/** The training song that has the most genres and artists, and the instances that are made of it, as rows of a table. */
export function instancesOfOne({ sides: { train } }: Work) {
  const pairs = ({ genres, artists }: Song) => genres.length * Math.max(1, artists.length);
  const song = train.reduce((most, song) => pairs(song) > pairs(most) ? song : most);
  return instances([song], { oversample: true }).map(({ genre, text }) => ({
    "곡 · song": song.songName,
    "가수 · artists": song.artists.join(", "),
    "배울 장르 · genre to learn": genre,
    "가사 · lyrics": text,
  }));
}

/** How many songs are left, on which side, and how much of them is read. @param read of the training songs' lyrics */
export function preparedFinding(work: Work, read: ReadTexts): Finding {
  const { report, sides } = work;
  const [train, validation, test] = [sides.train, sides.validation, sides.test].map(({ length }) =>
    grouped(length)
  );
  const left = report.read - report.kept;
  const median = grouped(Math.round(percentile(Float64Array.from(read.lengths).sort(), 0.5)));
  const share = shareRead(read);
  const cut = Array.from(read.lengths).filter((length, i) => read.read[i]! < length).length;
  const [ko, en] = cut === 0 ? ["모든 가사를 끝까지 읽습니다.", "all of every song."] : isWhole(share)
    ? [
      `학습 곡 가운데 아주 긴 ${grouped(cut)}곡만 빼고 가사를 끝까지 읽습니다.`,
      `all of every training song but ${grouped(cut)} very long ${cut === 1 ? "one" : "ones"}.`,
    ]
    : [`전체 토큰의 ${percent(share, 0)}를 읽습니다.`, `${percent(share, 0)} of all tokens.`];
  return {
    ko: `${grouped(report.read)}곡에서 ${
      left === 0 ? "빼는 곡 없이" : `${grouped(left)}곡을 빼고`
    } 학습 ${train}곡, 검증 ${validation}곡, 테스트 ${test}곡으로 나눴습니다. 가사는 중앙값이 ${median}토큰이고, 이 레시피는 ${ko}`,
    en: `Of ${grouped(report.read)} songs ${
      left === 0 ? "none is" : `${grouped(left)} are`
    } left out; ${train} train, ${validation} validate, ${test} test. The median song has ${median} tokens, and this recipe reads ${en}`,
  };
}
