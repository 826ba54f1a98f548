/** The columns of a table of songs, and the names by which people call them. */
import { SongsError } from "./errors.ts";
import { songColumns } from "./frame.ts";
import { parseName } from "./values.ts";

/** A column that a file of songs may have: those of the frame, but for what is taken from the date. */
export type FileColumn = Exclude<typeof songColumns[number], "year" | "month" | "day">;

const isOfFile = (column: string): column is FileColumn => Object.hasOwn(otherNames, column);

/**
 * Other names of the columns, without spaces: in Korean, those of Kakao's tables of Melon's songs, in English. Of a column's rows of names the first
 * that a header has any of decides; two names of one row mean as much as each other, so that a table with both says no more which is meant.
 */
const otherNames: Readonly<Record<FileColumn, readonly (readonly string[])[]>> = {
  id: [["아이디", "곡아이디", "노래아이디", "곡id", "노래id"], ["번호", "곡번호", "노래번호"], [
    "songid",
    "trackid",
  ]],
  song_name: [["제목", "곡명", "곡제목", "곡이름", "노래제목", "노래명", "노래이름"], [
    "노래",
    "곡",
    "타이틀",
  ], ["title", "songtitle", "track", "tracktitle"]],
  adults: [["성인", "성인여부", "성인곡", "성인용", "성인물", "19금", "19금여부", "19세이상"], [
    "adult",
    "isadult",
    "explicit",
  ]],
  artist: [["가수", "아티스트", "가수명", "아티스트명", "가수이름", "아티스트이름"], ["artistnamebasket"], [
    "artists",
    "artistname",
    "singer",
  ]],
  album_id: [["앨범아이디", "앨범id", "앨범번호"], ["앨범", "앨범명", "앨범이름", "음반", "음반명"], [
    "albumid",
  ], [
    "album",
    "albumname",
    "albumtitle",
  ]],
  date: [
    ["발매일", "발매일자", "발매날짜", "출시일", "issuedate"],
    ["날짜", "일자"],
    [
      "발매연도",
      "발매년도",
      "연도",
      "년도",
    ],
    ["releasedate", "released"],
    ["year"],
  ],
  genre: [["장르", "장르명"], ["장르코드", "장르번호", "songgngnrbasket"], ["genres", "genrename"]],
  lyrics: [["가사"], ["노랫말", "가사내용", "가사전문"], ["lyric"]],
};

/** The columns that a file of songs may have, in any order. */
export const fileColumns = songColumns.filter(isOfFile);

/** How a column is called in Korean, in messages. */
export const koreanName = (column: FileColumn): string => otherNames[column][0]![0]!;

/** A column's name as the table's columns are called: `Album ID` is `album_id`, and so is `ＡＬＢＵＭ＿ＩＤ` of full width. */
const columnName = (name: string): string =>
  parseName(name).normalize("NFKC").toLowerCase().replace(/[\s-]+/g, "_");

/** Whether a header's name is a column's own, however it is written. */
export const isOwnName = (name: string, column: FileColumn): boolean => columnName(name) === column;

/** What parts a name that is said twice, in two languages: `가사(lyrics)`, `제목/title`, `가수 · artist`. */
const betweenNames = /[()[\]{}/|·:]/;

/**
 * How near a header's name is to a column's: 0 its own, then the rows of its other names; Infinity where it is none. A name said twice must
 * name the column both times.
 */
function rankOf(name: string, column: FileColumn): number {
  const ranks = columnName(name).split(betweenNames).map((part) => part.replace(/^_+|_+$/g, ""))
    .filter((part) => part !== "").map((part) => {
      const row = otherNames[column].findIndex((names) => names.includes(part.replaceAll("_", "")));
      return part === column ? 0 : row < 0 ? Infinity : row + 1;
    });
  return ranks.length === 0 || ranks.includes(Infinity) ? Infinity : Math.min(...ranks);
}

/** The places of a header that may be a column: those of the names that are nearest to its own. */
function placesOf(column: FileColumn, header: readonly string[]): number[] {
  const ranks = header.map((name) => rankOf(name, column));
  const nearest = ranks.reduce((least, rank) => Math.min(least, rank), Infinity);
  return nearest === Infinity ? [] : ranks.flatMap((rank, place) => rank === nearest ? [place] : []);
}

/** Which of the columns of songs a header names, however they are written. */
export function knownColumnsOf(header: readonly string[]): FileColumn[] {
  return fileColumns.filter((column) => placesOf(column, header).length > 0);
}

/**
 * Where each column stands in a record.
 *
 * @param used the columns that must be clear: where two may be meant by another one, neither is taken
 * @param note is told what is not there, what is left out, and what goes by another name
 * @throws {SongsError} where a column that is needed is not there, or two may be meant by one that is used
 */
export function findColumns(
  file: string,
  header: readonly string[],
  { needed, used }: { needed: readonly FileColumn[]; used: readonly FileColumn[] },
  note: (text: string) => void,
): Map<FileColumn, number> {
  const found = fileColumns.map((column) => ({ column, places: placesOf(column, header) }));
  const doubtful = found.filter(({ places }) => places.length > 1);
  const shown = header.slice(0, 20).map((name) => name.length > 40 ? `${name.slice(0, 40)}…` : name || '""');
  const absent = found.filter(({ places }) => places.length === 0).map(({ column }) => column);
  const problem = (column: FileColumn, what: string, remedy: string) => ({
    line: 1,
    column,
    value: null,
    what,
    remedy,
  });
  const problems = [
    ...needed.filter((column) => absent.includes(column)).map((column) =>
      problem(
        column,
        "the column is missing",
        `The header names ${shown.join(", ")}${header.length > 20 ? ", …" : ""}; it must name ${
          needed.join(" and ")
        }, or ${needed.map(koreanName).join(" and ")}. Rename what holds ${
          needed.length > 1 ? "them" : "it"
        }.`,
      )
    ),
    ...doubtful.filter(({ column }) => used.includes(column)).map(({ column, places }) => {
      const names = places.map((place) => parseName(header[place]!));
      return names.every((name) => isOwnName(name, column))
        ? problem(column, "two columns have this name", "Rename one of them, or take it out.")
        : problem(
          column,
          `the columns ${names.join(" and ")} may both be meant`,
          `Rename the one that is meant to ${column}.`,
        );
    }),
  ];
  if (problems.length > 0) throw new SongsError(file, problems);

  if (absent.length > 0) note(`there is no column ${absent.join(", ")}; taken as missing.`);
  for (const { column, places } of doubtful) {
    const names = places.map((place) => parseName(header[place]!)).join(" and ");
    note(
      `the columns ${names} may both be meant by ${column}, so that neither is taken. Rename the one that is meant to ${column}.`,
    );
  }
  const places = new Map(
    found.flatMap(({ column, places }) => places.length === 1 ? [[column, places[0]!]] : []),
  );
  const renamed = [...places].filter(([column, place]) => !isOwnName(header[place]!, column));
  if (renamed.length > 0) {
    const pairs = renamed.map(([column, place]) => `${parseName(header[place]!)} → ${column}`);
    note(`columns by other names: ${pairs.join(", ")}.`);
  }
  const taken = new Set(places.values());
  const ignored = header.filter((_, place) => !taken.has(place));
  if (ignored.length > 0) note(`left out the column ${ignored.map((name) => name || '""').join(", ")}.`);
  return places;
}
