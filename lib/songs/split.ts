/** Songs parted into training, validation and test, with nothing on two sides that belongs together. */
import type pl from "nodejs-polars";
import { type Random, seededRandom, shuffled, UserError } from "../ground/mod.ts";
import { foldCase, keyOfFolded } from "./fingerprint.ts";
import { cleanLyrics } from "./clean_lyrics.ts";
import { keepRows, type Song, songRows } from "./frame.ts";
import { nearDuplicates } from "./near_duplicates.ts";

/** What may not be torn apart besides a song and its lyrics: nothing more, or an artist's songs. */
export type SplitBy = "song" | "artist";

/** Options of {@link splitSongs}. */
export interface SplitOptions {
  /** Songs for validation: below 1 a fraction of all songs, else their number. */
  validation: number;
  /** Songs for testing: below 1 a fraction of all songs, else their number. */
  test: number;
  /** Any whole number; the same seed gives the same split of the same songs, whatever their order. */
  seed: number;
  /**
   * `"song"` (default), or `"artist"` to keep also all songs of an artist, and of those the artist sings with,
   * together.
   */
  by?: SplitBy;
  /**
   * Whether songs whose lyrics are nearly the same stay together too. Default `true`; {@link splitByIds}: `false`, so that a published
   * comparison, which knows nothing of it, gives its own numbers.
   */
  editions?: boolean;
}

/** The parts of a split; each keeps the frame's columns and order. */
export interface Split {
  train: pl.DataFrame;
  validation: pl.DataFrame;
  test: pl.DataFrame;
}

/**
 * Splits songs into train, validation and test.
 *
 * **No leakage.** Songs that share an id or their lyrics (white space, case and width ignored:
 * {@link lyricsKey}), or with `by: "artist"` an artist, fall on one side, also where only a chain of other songs
 * connects them. So do songs whose lyrics are nearly the same ({@link nearDuplicates}: a live version, a word more), in groups of up to
 * a fiftieth of all songs (or ten), and where the songs can be split so at all.
 *
 * **Stratified** by the first genre: each part gets the share of every genre that it has of all songs, to within
 * one song, as far as the groups above allow; numbers are rounded so that the parts have the size asked for. With
 * `by: "artist"` groups are large, and shares are approximate.
 *
 * **Every genre is in train**, first genre or not: one group of songs of each goes there before anything else, so
 * a genre of one song is in train alone, and none is tested that could not be learned.
 *
 * **Random** by the seed alone (mulberry32).
 *
 * @throws {UserError} where sizes are negative, not whole, or together leave nothing to train on; where a part
 * asked for would stay empty, or groups are so large that it misses its size by more than a tenth (and more than
 * two songs).
 *
 * @example
 * ```ts
 * const { train, validation, test } = splitSongs(songs, { validation: 0.1, test: 0.1, seed: 7 });
 * ```
 */
export function splitSongs(frame: pl.DataFrame, options: SplitOptions): Split {
  const songs = songRows(frame);
  const { editions = true } = options;
  const sides = sidesOf(songs, { ...options, editions });
  return {
    train: keepRows(frame, (row) => sides[row] === "train"),
    validation: keepRows(frame, (row) => sides[row] === "validation"),
    test: keepRows(frame, (row) => sides[row] === "test"),
  };
}

/** The side of each song; editions are torn apart where the songs could not be split otherwise. */
function sidesOf(songs: readonly Song[], options: SplitOptions): Side[] {
  try {
    return assign(songs, groupSongs(songs, options), options);
  } catch (error) {
    if (!(error instanceof UserError) || !options.editions) throw error;
    return sidesOf(songs, { ...options, editions: false });
  }
}

/** Options of {@link splitByIds}. */
export interface SplitByIdsOptions extends Omit<SplitOptions, "test"> {
  /** The ids of the songs to test on. */
  test: readonly string[];
}

/**
 * Splits songs where the test songs are given, as a fold of a published comparison is. The rest is split into
 * train and validation as {@link splitSongs} does, `validation` being a fraction of the rest. Songs that share
 * lyrics (or, with `by: "artist"`, an artist) with a test song without being one are left out of both, and
 * returned as `leftOut`.
 *
 * @throws {UserError} where an id is not among the songs, there are none, or the rest cannot be split.
 *
 * @example
 * ```ts
 * const { train, validation, test } = splitByIds(songs, { test: ["31716", "33990"], validation: 0.1, seed: 1 });
 * ```
 */
export function splitByIds(
  frame: pl.DataFrame,
  options: SplitByIdsOptions,
): Split & { leftOut: pl.DataFrame } {
  const songs = songRows(frame);
  const ids = new Set(songs.map((song) => song.id));
  const testIds = new Set(options.test);
  const unknown = [...testIds].filter((id) => !ids.has(id));
  if (unknown.length > 0) {
    throw new UserError(
      `${unknown.length} of ${testIds.size} test ids are not among the ${songs.length} songs: ` +
        `${unknown.slice(0, 5).join(", ")}` +
        `${
          unknown.length > 5 ? ", …" : ""
        }. Give ids that the songs have, before dropping any of them in cleaning.`,
    );
  }
  if (testIds.size === 0) {
    throw new UserError("The list of test ids is empty. Give at least one.");
  }

  const { editions = false } = options;
  const group = groupSongs(songs, { ...options, editions });
  const tested = new Set(songs.flatMap((song, row) => testIds.has(song.id) ? [group[row]] : []));
  const isRest = songs.map((_, row) => !tested.has(group[row]));
  const rest = keepRows(frame, (row) => isRest[row] === true);
  if (rest.height === 0) throw new UserError("The test ids leave no song to train on.");
  const { train, validation } = splitSongs(rest, { ...options, editions, test: 0 });
  return {
    train,
    validation,
    test: keepRows(frame, (row) => testIds.has(songs[row]?.id ?? "")),
    leftOut: keepRows(frame, (row) => !isRest[row] && !testIds.has(songs[row]?.id ?? "")),
  };
}

/** Songs that are nearly the same are held together in groups of at most this share of all, so that a table of one text can be split. */
const largestEditions = 0.02;

/**
 * For each song the number of its group: songs with a key in common, directly or over others, have the same
 * (union-find).
 */
function groupSongs(
  songs: readonly Song[],
  { by = "song", editions = true }: Pick<SplitOptions, "by" | "editions">,
): number[] {
  const parent = songs.map((_, row) => row), size = songs.map(() => 1);
  const root = (row: number): number => {
    let top = row;
    while (parent[top] !== top) top = parent[top] as number;
    while (parent[row] !== top) [row, parent[row]] = [parent[row] as number, top];
    return top;
  };
  const join = (a: number, b: number) => {
    const [from, to] = [root(a), root(b)];
    if (from === to) return;
    parent[from] = to;
    size[to]! += size[from]!;
  };
  const texts = songs.map(({ lyrics }) => foldCase(cleanLyrics(lyrics)));
  const joinBy = (first: Map<string, number>, key: string, row: number) => {
    const other = first.get(key);
    if (other === undefined) first.set(key, row);
    else join(row, other);
  };
  const firstWithId = new Map<string, number>(), firstWithLyrics = new Map<string, number>();
  songs.forEach((song, row) => {
    joinBy(firstWithId, song.id, row);
    const lyrics = keyOfFolded(texts[row]!);
    if (lyrics !== "") joinBy(firstWithLyrics, lyrics, row);
  });
  if (editions) {
    const rowsById = orderById(songs), largest = Math.max(10, largestEditions * songs.length);
    nearDuplicates(
      rowsById.map((row) => texts[row]!),
      (a, b) => {
        const [first, second] = [root(rowsById[a]!), root(rowsById[b]!)];
        if (size[first]! + size[second]! <= largest) join(first, second);
      },
      (a, b) => root(rowsById[a]!) === root(rowsById[b]!),
    );
  }
  if (by === "artist") {
    const firstWithArtist = new Map<string, number>();
    songs.forEach(({ artists }, row) => {
      for (const artist of artists) joinBy(firstWithArtist, foldCase(artist), row);
    });
  }
  return songs.map((_, row) => root(row));
}

/** The rows in the order of the songs' ids. */
function orderById(songs: readonly Song[]): number[] {
  return songs.map((_, row) => row).sort((a, b) => compare(songs[a]?.id ?? "", songs[b]?.id ?? "") || a - b);
}

type Side = "train" | "validation" | "test";

interface Group {
  rows: number[];
  /** Songs by first genre. */
  strata: Map<string, number>;
}

const noGenre = "";

/** The side of each song. */
function assign(songs: readonly Song[], groupOf: readonly number[], options: SplitOptions): Side[] {
  const random = seededRandom(options.seed);
  const groups = gather(songs, groupOf, random);
  const { test, validation } = sizes(songs.length, options);

  const pinned = pinGenres(songs, groups, test + validation > 0);
  const free = groups.filter((group) => !pinned.has(group));
  const spare = count(free);
  const testQuota = apportion(test, count(groups), spare);
  subtract(spare, testQuota);
  const validationQuota = apportion(validation, count(groups), spare);
  if (total(testQuota) < test || total(validationQuota) < validation) {
    throw new UserError(
      `${test} test and ${validation} validation songs were asked for, but only ` +
        `${total(count(free))} of ${songs.length} songs can leave the training part, which needs a ` +
        `song of each of ${genresIn(songs)} genres (and all songs that hang together with it). Give a ` +
        "larger table, or choose only genres that have more songs (--genres).",
    );
  }
  const trainQuota = count(free);
  subtract(trainQuota, testQuota);
  subtract(trainQuota, validationQuota);
  const quotas: Record<Side, Map<string, number>> = {
    train: trainQuota,
    validation: validationQuota,
    test: testQuota,
  };

  const sides = new Array<Side>(songs.length).fill("train");
  const sizeOf = { train: songs.length, validation: 0, test: 0 };
  for (const group of free) {
    const side = draw(group, quotas, random);
    subtract(quotas[side], group.strata);
    for (const row of group.rows) sides[row] = side;
    sizeOf[side] += group.rows.length;
  }
  for (const [side, wanted] of [["test", test], ["validation", validation]] as const) {
    if (Math.abs(sizeOf[side] - wanted) > Math.max(2, wanted / 10) || (wanted > 0 && sizeOf[side] === 0)) {
      const largest = groups[0]?.rows.length; // they are in order
      throw new UserError(
        `The ${side} part was to have ${wanted} songs, but gets ${sizeOf[side]}: songs that must ` +
          `stay together form groups of up to ${largest} of ${songs.length} songs. ` +
          (options.by === "artist" ? 'Ask for another size, or split by "song".' : "Ask for another size."),
      );
    }
  }
  return sides;
}

/**
 * The groups, large ones first and otherwise in random order, which depends on the ids and not on the rows' order.
 */
function gather(songs: readonly Song[], groupOf: readonly number[], random: Random): Group[] {
  const byGroup = Map.groupBy(orderById(songs), (row) => groupOf[row]);
  const groups = [...byGroup.values()].map((rows) => {
    const strata = new Map<string, number>();
    for (const row of rows) add(strata, songs[row]?.genres[0] ?? noGenre, 1);
    return { rows, strata };
  });
  return shuffled(groups, random).sort((a, b) => b.rows.length - a.rows.length);
}

/** The sizes asked for, as numbers of songs. */
function sizes(songs: number, options: SplitOptions): { test: number; validation: number } {
  if (songs === 0) throw new UserError("There are no songs to split.");
  const size = (side: "test" | "validation") => {
    const asked = options[side];
    if (!(asked >= 0) || (asked >= 1 && !Number.isInteger(asked))) {
      throw new UserError(
        `The size of the ${side} part must be a fraction from 0 to 1 or a whole number of songs, and is ${asked}.`,
      );
    }
    return asked >= 1 ? asked : asked === 0 ? 0 : Math.max(1, Math.round(asked * songs));
  };
  const test = size("test"), validation = size("validation");
  if (test + validation >= songs) {
    throw new UserError(
      `${test} test and ${validation} validation songs leave nothing of ${songs} songs to train on. Ask for fewer.`,
    );
  }
  return { test, validation };
}

/**
 * One group for each genre, to stay in train; the rarest genres choose first, and a group may stand for several.
 */
function pinGenres(songs: readonly Song[], groups: readonly Group[], isSplit: boolean): Set<Group> {
  const pinned = new Set<Group>();
  if (!isSplit) return pinned;
  const withGenre = groups.toReversed() // small groups first: they bind the least
    .flatMap((group) =>
      [...new Set(group.rows.flatMap((row) => songs[row]!.genres))].map((genre) => ({ genre, group }))
    );
  const rarestFirst = [...Map.groupBy(withGenre, ({ genre }) => genre)]
    .sort(([a, inA], [b, inB]) => inA.length - inB.length || compare(a, b));
  for (const [, candidates] of rarestFirst) {
    if (!candidates.some(({ group }) => pinned.has(group))) pinned.add(candidates[0]!.group);
  }
  return pinned;
}

/**
 * Deals `size` songs out to the genres in proportion to `shares` (largest remainders), never more than `spare` of
 * any. Deals fewer in all where there are not enough to spare.
 */
function apportion(size: number, shares: ReadonlyMap<string, number>, spare: ReadonlyMap<string, number>) {
  const all = total(shares);
  const dealt = new Map<string, number>();
  for (const [genre, songs] of shares) {
    dealt.set(genre, Math.min(Math.floor(size * songs / all), spare.get(genre) ?? 0));
  }
  for (let left = size - total(dealt); left > 0;) {
    const next = [...shares].filter(([genre]) => (dealt.get(genre) ?? 0) < (spare.get(genre) ?? 0))
      .map(([genre, songs]) => ({ genre, owed: size * songs / all - (dealt.get(genre) ?? 0) }))
      .sort((a, b) => b.owed - a.owed || compare(a.genre, b.genre));
    if (next.length === 0) break;
    for (const { genre } of next.slice(0, left)) add(dealt, genre, 1);
    left = size - total(dealt);
  }
  return dealt;
}

/** A side at random, in proportion to the room each has, among those with room for the whole group; else train. */
function draw(group: Group, quotas: Record<Side, Map<string, number>>, random: Random): Side {
  const rooms = (["train", "validation", "test"] as const).map((side) => {
    const room = [...group.strata].map(([genre, songs]) => ({ songs, room: quotas[side].get(genre) ?? 0 }));
    const fits = room.every(({ songs, room }) => songs <= room);
    return { side, room: fits ? room.reduce((sum, { songs, room }) => sum + songs * room, 0) : 0 };
  });
  let at = random() * rooms.reduce((sum, { room }) => sum + room, 0);
  for (const { side, room } of rooms) {
    if (at < room) return side;
    at -= room;
  }
  return "train";
}

function genresIn(songs: readonly Song[]): number {
  return new Set(songs.flatMap(({ genres }) => genres)).size;
}

function count(groups: readonly Group[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { strata } of groups) for (const [genre, songs] of strata) add(counts, genre, songs);
  return counts;
}

function add(counts: Map<string, number>, genre: string, songs: number): void {
  counts.set(genre, (counts.get(genre) ?? 0) + songs);
}

function subtract(counts: Map<string, number>, other: ReadonlyMap<string, number>): void {
  for (const [genre, songs] of other) add(counts, genre, -songs);
}

function total(counts: ReadonlyMap<string, number>): number {
  return [...counts.values()].reduce((sum, songs) => sum + songs, 0);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
