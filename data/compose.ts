/**
 * Composes the bundled songs from the line bank, always the same ones for a seed.
 *
 * deno run -A data/compose.ts [--seed N] [--output FILE]     by default seed 2025 and data/songs.csv
 */
import { fileURLToPath } from "node:url";
import { fileColumns } from "../lib/songs/mod.ts";
import { type Bank, readBank } from "./bank.ts";
import { LineComposer, type Mood } from "./lines.ts";
import { type Voice, weights } from "./endings.ts";
import { allGenres, manner, songShades } from "./genres.ts";
import { type Random, seeded } from "./random.ts";

/** One row of songs.csv, as text, its columns in the file's order. */
export type Row = Record<typeof fileColumns[number], string>;

/**
 * Forms of songs: v verse, p lead to the chorus, C chorus (repeated word for word), b bridge, each with its number of
 * lines.
 */
const songForms = weights(
  "v4 C4 v4 C4 3, v4 v4 C4 v4 C4 4, v4 C4 v4 C4 b2 C4 5, v4 p2 C4 v4 p2 C4 b3 C4 4, v6 C4 v6 C4 3, v4 v4 v4 v4 1.5, " +
    "v4 C4 v4 1.2, v6 C5 v4 C5 b2 C5 2, v3 v3 C4 v3 C4 2, v5 v5 C3 v5 C3 1.5, C4 v4 p2 C4 v4 C4 2.5, v4 p3 C6 v4 C6 2, " +
    "v8 C4 v8 C4 1, v5 p4 C6 v5 p4 C6 b4 C6 0.8, v4 v4 C6 v4 C6 b4 C6 1.2",
);
const longSongForms = weights(
  "v8 C4 v8 C4 3, C4 v8 C4 v6 C4 3, v10 C4 v8 2, v6 C3 v6 C3 b4 2, v12 v8 1, C4 v12 C4 v12 C4 0.7",
);

const englishSongForms = weights("v4 C4 v4 C4 3, v4 C4 v4 C4 b2 C4 4, v4 v4 C4 2, v3 v3 C4 v3 C4 1");

interface Artist {
  name: string;
  genre: string;
  songs: number;
  wander: number;
  first: number;
  last: number;
}

interface Album {
  id: string;
  year: number;
  month: number;
  day: number;
  left: number;
}

/** Few artists with many songs, many with one to three. */
function makeArtists(bank: Bank, random: Random): Artist[] {
  const artists: Artist[] = [];
  for (const genre of allGenres) {
    const { years, output } = manner(genre);
    for (const name of bank.artists.get(genre) ?? []) {
      const size = random.weighted([
        [random.integer(1, 3), 0.4],
        [random.integer(4, 10), 0.37],
        [random.integer(11, 25), 0.23],
      ]);
      const first = random.integer(years[0], years[1] - 1);
      artists.push({
        name,
        genre,
        songs: size <= 3 ? size : Math.min(25, Math.max(2, Math.round(size * output))),
        wander: random.weighted([[0.06, 2.5], [0.22, 4], [0.38, 2.5], [0.5, 1]]),
        first,
        last: Math.min(years[1], first + random.integer(1, 22)),
      });
    }
  }
  return artists;
}

function makeMood(genres: string[], random: Random): Mood {
  const main = random.pick(genres);
  const { voices, neighbours, themes, english, calls, long } = manner(main);
  const shade = random.weighted(songShades);
  const plain = shade.manner === 0;
  const voice = plain
    ? random.weighted<Voice>([["반말", 6], ["존댓말", 2.5], ["서술", 1.5]])
    : random.weighted(voices);
  const first = random.weighted(themes);
  const pronoun = voice === "존댓말"
    ? random.weighted<Mood["pronoun"]>([["그대", 6], ["당신", 4]])
    : voice === "옛말"
    ? random.weighted<Mood["pronoun"]>([["당신", 5], ["그대", 3], ["너", 2]])
    : voice === "랩"
    ? "너"
    : random.weighted<Mood["pronoun"]>([["너", 8], ["그대", 1.5]]);
  return {
    voice,
    pronoun,
    season: random.pick(["봄", "여름", "가을", "겨울"]),
    genres,
    neighbour: random.weighted(neighbours.filter(([name]) => !genres.includes(name))),
    themes: [first, random.weighted(themes.filter(([name]) => name !== first))],
    genreShare: shade.share[0] + random.next() * (shade.share[1] - shade.share[0]),
    ownShare: shade.own,
    english: english * shade.manner,
    calls: random.chance(0.5) ? calls * shade.manner * 2 : 0,
    long: random.chance(long * Math.min(1, shade.manner + 0.25)),
  };
}

/** The stanzas of a form: verses are new each time, the chorus comes back, now and then with another last line. */
function writeSections(
  form: string,
  random: Random,
  startStanza: () => void,
  newLine: (kind: "verse" | "chorus") => string,
): string[][] {
  const choruses = new Map<string, string[]>();
  return form.split(" ").map((part) => {
    const letter = part.charAt(0);
    const count = Number(part.slice(1));
    const kind = letter === "v" || letter === "p" ? "verse" : "chorus";
    const known = choruses.get(letter);
    if (known) return random.chance(0.2) ? [...known.slice(0, -1), newLine("chorus")] : known;
    startStanza();
    const lines = Array.from({ length: count }, () => newLine(kind));
    if (letter === "C") {
      // a refrain may come back within its chorus
      if (count >= 4 && random.chance(0.3)) lines[2] = lines[0] ?? "";
      choruses.set(letter, lines);
    }
    return lines;
  });
}

/** A title of the song's themes or genre, or words that the song sings. */
function title(bank: Bank, mood: Mood, english: boolean, composer: LineComposer, random: Random): string {
  if (english) return random.pick(bank.english.get("title") ?? []).text;
  const sung = composer.used(random.weighted(weights("np 4, scene 3, like 1.5")));
  const source = random.chance(0.15)
    ? bank.genres.get(mood.genres[0] ?? "")
    : bank.themes.get(mood.themes[random.chance(0.75) ? 0 : 1]);
  const named = (source?.get("title") ?? []).filter(({ tag }) => tag === null || tag === mood.season);
  const words = composer.fill(random.pick(sung.length > 0 && random.chance(0.5) ? sung : named).text, mood);
  if (!random.chance(0.03)) return words;
  return `${words} (${random.pick(["Intro", "Acoustic Ver.", "Part 2", "Live", "Interlude"])})`;
}

function dateText(album: Album, random: Random): string {
  const month = String(album.month).padStart(2, "0");
  return random.weighted([
    [`${album.year}.${month}.${String(album.day).padStart(2, "0")}`, 0.955],
    [`${album.year}.${month}`, 0.018],
    [`${album.year}`, 0.012],
    ["-", 0.008],
    ["", 0.007],
  ]);
}

/**
 * Composes the table of songs.
 *
 * @param bank the line bank
 * @param seed a 32-bit integer; the same seed gives the same rows
 * @throws Error where the bank is too small to give lines that differ enough
 *
 * @example
 * ```ts
 * import { readBank } from "./bank.ts";
 *
 * const rows = composeSongs(await readBank(), 2025);
 * ```
 */
export function composeSongs(bank: Bank, seed: number): Row[] {
  const random = seeded(seed);
  const composer = new LineComposer(bank, random);
  const artists = makeArtists(bank, random);
  const orders = random.shuffle(
    artists.flatMap((artist) => Array.from({ length: artist.songs }, () => artist)),
  );
  const albums = new Map<string, Album>();
  const albumIds = new Set<string>();
  const titles = new Map<string, number>();
  const rows: Row[] = [];

  const albumFor = (artist: Artist): Album => {
    const open = albums.get(artist.name);
    if (open && open.left > 0) {
      open.left--;
      return open;
    }
    let id = "";
    do id = String(random.integer(1200, 11499999)); while (albumIds.has(id));
    albumIds.add(id);
    const album = {
      id,
      year: random.integer(artist.first, artist.last),
      month: random.integer(1, 12),
      day: random.integer(1, 28),
      left: random.weighted([[0, 4], [1, 2], [3, 2], [5, 1]]),
    };
    albums.set(artist.name, album);
    return album;
  };
  const albumText = (id: string): string => random.weighted([[id, 0.93], [`'${id}'`, 0.04], ["", 0.03]]);
  const newTitle = (make: () => string): string => {
    let name = make();
    for (let tries = 0; tries < 20 && (titles.get(name) ?? 0) >= 2; tries++) name = make();
    titles.set(name, (titles.get(name) ?? 0) + 1);
    return name;
  };

  for (const artist of orders) {
    const away = random.chance(artist.wander);
    const first = away ? random.weighted(manner(artist.genre).neighbours) : artist.genre;
    const genres = [first];
    if (random.chance(0.1)) genres.push(random.weighted(manner(first).neighbours));
    const mood = makeMood(genres, random);
    const english = random.chance(first === "트로트" || first === "포크/블루스" ? 0.008 : 0.03);
    composer.startSong();
    const form = random.weighted(english ? englishSongForms : mood.long ? longSongForms : songForms);
    const tagged = Math.min(0.5, mood.genreShare);
    const sections = writeSections(
      form,
      random,
      () => composer.startStanza(),
      (kind) => english ? composer.englishLine(first, tagged, kind) : composer.line(mood, kind),
    );
    const parted = random.chance(0.65);
    const newline = random.weighted([["\n", 0.975], ["\\n", 0.013], ["<br>", 0.012]]);
    const stanzas = sections.map((lines) => lines.join(newline));
    const others = artists.filter((other) => other !== artist && other.genre !== artist.genre);
    const guests = random.chance(0.06) ? [random.pick(random.chance(0.5) ? others : artists).name] : [];
    const names = [...new Set([artist.name, ...guests])];
    const name = newTitle(() => title(bank, mood, english, composer, random));
    const album = albumFor(artist);
    const explicit = ["랩/힙합", "록/메탈", "R&B/Soul"].includes(first) ? 0.09 : 0.01;
    rows.push({
      id: "",
      song_name: names.length > 1 && random.chance(0.6) ? `${name} (Feat. ${names[1]})` : name,
      adults: random.weighted([["", 0.03], [random.chance(explicit) ? "1.0" : "0.0", 0.97]]),
      artist: names.join(random.chance(0.7) ? ", " : ","),
      album_id: albumText(album.id),
      date: dateText(album, random),
      genre: random.chance(0.004) ? "-" : genres.join(random.chance(0.7) ? ", " : ","),
      lyrics: random.chance(0.01) ? "" : stanzas.join(parted ? newline + newline : newline),
    });
  }

  addRepeats(rows, artists, random);
  return numbered(rows, random);
}

/** Adds about 1.5 % repeated lyrics: reissues by the same artist and covers by another one of the same genre. */
function addRepeats(rows: Row[], artists: Artist[], random: Random): void {
  const sources = random.shuffle(rows.filter((row) => row.lyrics !== "" && row.genre !== "-"));
  for (const source of sources.slice(0, Math.round(rows.length * 0.015))) {
    const first = source.genre.split(",")[0]?.trim() ?? "";
    const year = Number(source.date.slice(0, 4)) || random.integer(2000, 2015);
    const later = `${Math.min(2023, year + random.integer(1, 9))}.${
      String(random.integer(1, 12)).padStart(2, "0")
    }.${String(random.integer(1, 28)).padStart(2, "0")}`;
    const covers = artists.filter((artist) => artist.genre === first && !source.artist.includes(artist.name));
    const cover = random.chance(0.5);
    const label = cover
      ? random.pick(["", " (Cover)", " (리메이크)"])
      : random.pick([" (Remastered)", " (Live)", " (재수록)", ""]);
    rows.push({
      ...source,
      song_name: source.song_name + label,
      artist: cover ? random.pick(covers).name : source.artist,
      album_id: String(random.integer(11500000, 11599999)),
      date: later,
    });
  }
}

/** Gives ids and an order that say nothing of genre or artist. */
function numbered(rows: Row[], random: Random): Row[] {
  let id = 30000;
  return random.shuffle(rows).map((row) => {
    id += random.integer(3, 4200);
    return { ...row, id: String(id) };
  });
}

/** A CSV text with a header line: fields quoted where they must be, lines ended by \n. */
export function toCsv(rows: Row[]): string {
  const quoted = (field: string): string =>
    /[",\r\n]/.test(field) ? `"${field.replaceAll('"', '""')}"` : field;
  const lines = rows.map((row) => fileColumns.map((column) => quoted(row[column])).join(","));
  return [fileColumns.join(","), ...lines].join("\n") + "\n";
}

if (import.meta.main) {
  const option = (name: string): string | undefined => {
    const at = Deno.args.indexOf(name);
    return at < 0 ? undefined : Deno.args[at + 1];
  };
  const seed = Number(option("--seed") ?? 2025);
  if (!Number.isInteger(seed)) throw new Error(`--seed takes an integer, not "${option("--seed")}"`);
  const output = option("--output") ?? fileURLToPath(new URL("songs.csv", import.meta.url));
  const rows = composeSongs(await readBank(), seed);
  await Deno.writeTextFile(output, toCsv(rows));
  console.log(`${rows.length} songs by seed ${seed} in ${output}`);
}
