/** Songs as rows of a polars frame, and back. */
import pl from "nodejs-polars";
import type { SongDate } from "./values.ts";

/** One song of the table. */
export interface Song {
  id: string;
  /** Empty where the table has none. */
  songName: string;
  /** Whether the song is marked as for adults; null where the table does not say. */
  adults: boolean | null;
  /** In the table's order; empty where there is none. */
  artists: string[];
  albumId: string | null;
  date: SongDate;
  /** In the table's order, the main genre first; empty where there is none. */
  genres: string[];
  /** Lines end in `\n`; empty where there are none. */
  lyrics: string;
}

/**
 * The columns of a frame of songs, and their polars types:
 *
 * | column | type | missing |
 * | --- | --- | --- |
 * | `id` | String, unique | never |
 * | `song_name` | String | `""` |
 * | `adults` | Bool | null |
 * | `artist` | List(String) | `[]` |
 * | `album_id` | String | null |
 * | `date` | String, as the file has it | `""` or `"-"`, with null year |
 * | `year`, `month`, `day` | Int32, taken from `date` | null |
 * | `genre` | List(String), main genre first | `[]` |
 * | `lyrics` | String, lines end in `\n` | `""` |
 */
export const songColumns = [
  "id",
  "song_name",
  "adults",
  "artist",
  "album_id",
  "date",
  "year",
  "month",
  "day",
  "genre",
  "lyrics",
] as const;

/** Null is 0 in a polars series made as Int32, hence the way round. */
function intSeries(name: string, values: (number | null)[]): pl.Series {
  return pl.Series(name, values, pl.Float64).cast(pl.Int32);
}

/** A series of lists whose every list is empty would lose its type, hence the first row, which goes again. */
function listSeries(name: string, values: string[][]): pl.Series {
  return pl.Series(name, [[""], ...values], pl.List(pl.Utf8)).slice(1, values.length);
}

/**
 * Makes the frame of songs ({@link songColumns} has its schema), the inverse of {@link songRows}.
 *
 * @example
 * ```ts
 * const frame = songsFrame([{ id: "1", songName: "봄", adults: false, artists: ["나"], albumId: null,
 *   date: { text: "2001", year: 2001, month: null, day: null }, genres: ["발라드"], lyrics: "봄이 와요" }]);
 * ```
 */
export function songsFrame(songs: readonly Song[]): pl.DataFrame {
  const text = (name: string, values: (string | null)[]) => pl.Series(name, values, pl.Utf8);
  return pl.DataFrame([
    text("id", songs.map((song) => song.id)),
    text("song_name", songs.map((song) => song.songName)),
    pl.Series("adults", songs.map((song) => song.adults), pl.Bool),
    listSeries("artist", songs.map((song) => song.artists)),
    text("album_id", songs.map((song) => song.albumId)),
    text("date", songs.map((song) => song.date.text)),
    intSeries("year", songs.map((song) => song.date.year)),
    intSeries("month", songs.map((song) => song.date.month)),
    intSeries("day", songs.map((song) => song.date.day)),
    listSeries("genre", songs.map((song) => song.genres)),
    text("lyrics", songs.map((song) => song.lyrics)),
  ]);
}

/**
 * A song of which some is known; the rest is missing, as a table has it.
 *
 * @example
 * ```ts
 * songOf({ id: "1", lyrics: "봄이 와요" }).genres; // []
 * ```
 */
export function songOf(known: Partial<Song> & { id: string }): Song {
  const date = { text: "", year: null, month: null, day: null };
  return { songName: "", adults: null, artists: [], albumId: null, date, genres: [], lyrics: "", ...known };
}

/** The lyrics of a frame of songs, in its order. */
export function lyricsOf(frame: pl.DataFrame): string[] {
  return frame.getColumn("lyrics").toArray() as string[];
}

/**
 * The rows of a frame of songs as plain objects, in the frame's order.
 *
 * @throws {TypeError} where a column of the schema is missing.
 */
export function songRows(frame: pl.DataFrame): Song[] {
  const missing = songColumns.filter((name) => !frame.columns.includes(name));
  if (missing.length > 0) {
    throw new TypeError(
      `This frame lacks the column ${missing.join(", ")} of a table of songs. ` +
        "Read songs with readSongs, or make them with songsFrame.",
    );
  }
  const column = <T>(name: typeof songColumns[number]) => frame.getColumn(name).toArray() as T[];
  const id = column<string>("id");
  const songName = column<string | null>("song_name");
  const adults = column<boolean | null>("adults");
  const artist = column<string[] | null>("artist");
  const albumId = column<string | null>("album_id");
  const date = column<string | null>("date");
  const [year, month, day] = (["year", "month", "day"] as const).map((name) => column<number | null>(name));
  const genre = column<string[] | null>("genre");
  const lyrics = column<string | null>("lyrics");
  return id.map((id, row) => ({
    id,
    songName: songName[row] ?? "",
    adults: adults[row] ?? null,
    artists: artist[row] ?? [],
    albumId: albumId[row] ?? null,
    date: {
      text: date[row] ?? "",
      year: year?.[row] ?? null,
      month: month?.[row] ?? null,
      day: day?.[row] ?? null,
    },
    genres: genre[row] ?? [],
    lyrics: lyrics[row] ?? "",
  }));
}

/** The rows of a frame that a test on each row keeps, in the frame's order. */
export function keepRows(frame: pl.DataFrame, keep: (row: number) => boolean): pl.DataFrame {
  return frame.filter(
    pl.Series("keep", Array.from({ length: frame.height }, (_, row) => keep(row)), pl.Bool),
  );
}
