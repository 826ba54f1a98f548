/**
 * Reads the authored line bank in `data/bank/`: plain text, one fragment a line, under `[section]` headings.
 * `//` starts a comment line; a trailing ` #tag` limits a fragment (a season, a speech level, a genre).
 */

/** One authored piece of a line: a scene, a predicate in its dictionary form, a noun phrase, a whole line. */
export interface Fragment {
  /** File, section and number, e.g. `theme_sea/scene/12`; unique in the bank. */
  id: string;
  text: string;
  /** A season (봄 여름 가을 겨울), a level (중 any, 존 polite only) or a genre; null where it goes anywhere. */
  tag: string | null;
}

/** The fragments of one file by section. */
export type Sections = Map<string, Fragment[]>;

/** The whole bank: shared themes by name, the common lines, genre diction by genre, English halves, slot words. */
export interface Bank {
  themes: Map<string, Sections>;
  common: Sections;
  genres: Map<string, Sections>;
  english: Sections;
  words: Map<string, string[]>;
  /** Artists by their main genre. */
  artists: Map<string, string[]>;
}

/** Genres of the bundled songs and the file each one's diction is in. */
export const genreFiles: Record<string, string> = {
  "발라드": "genre_ballad",
  "댄스": "genre_dance",
  "랩/힙합": "genre_rap",
  "R&B/Soul": "genre_rnb",
  "록/메탈": "genre_rock",
  "트로트": "genre_trot",
  "포크/블루스": "genre_folk",
  "인디음악": "genre_indie",
};

/** Themes shared by all genres, and their files. */
export const themeFiles: Record<string, string> = {
  "사랑": "theme_love",
  "이별": "theme_farewell",
  "그리움": "theme_longing",
  "설렘": "theme_crush",
  "밤": "theme_night",
  "여행": "theme_travel",
  "청춘": "theme_youth",
  "꿈": "theme_dream",
  "가족": "theme_family",
  "도시": "theme_city",
  "바다": "theme_sea",
  "계절": "theme_season",
  "춤": "theme_dance",
  "돈과 성공": "theme_money",
  "고향": "theme_hometown",
  "술": "theme_drink",
  "인생": "theme_life",
  "위로": "theme_comfort",
  "일상": "theme_everyday",
};

async function readSections(folder: URL, name: string): Promise<Sections> {
  const file = new URL(`${name}.txt`, folder);
  const sections: Sections = new Map();
  let section: Fragment[] | null = null;
  let heading = "";
  const seen = new Set<string>();
  const lines = (await Deno.readTextFile(file)).split("\n");
  for (const [index, raw] of lines.entries()) {
    const line = raw.trim();
    if (line === "" || line.startsWith("//")) continue;
    const header = /^\[(.+)\]$/.exec(line);
    if (header) {
      heading = header[1] ?? "";
      section = sections.get(heading) ?? [];
      sections.set(heading, section);
      continue;
    }
    if (!section) throw new Error(`${name}.txt line ${index + 1}: "${line}" stands before any [section]`);
    const tagged = /^(.*\S)\s+#(\S+)$/.exec(line);
    const text = tagged?.[1] ?? line;
    if (seen.has(`${heading} ${text}`)) {
      throw new Error(`${name}.txt line ${index + 1}: "${text}" is in [${heading}] twice; remove one`);
    }
    seen.add(`${heading} ${text}`);
    section.push({ id: `${name}/${heading}/${section.length}`, text, tag: tagged?.[2] ?? null });
  }
  return sections;
}

function texts(sections: Sections): Map<string, string[]> {
  return new Map([...sections].map(([name, fragments]) => [name, fragments.map((f) => f.text)]));
}

/**
 * Reads all files of the bank.
 *
 * @param folder where the text files are, by default `bank/` beside this file
 * @throws Error naming file and line for a fragment outside a section or one that stands twice in its section
 *
 * @example
 * ```ts
 * const bank = await readBank();
 * console.log(bank.genres.get("트로트")?.get("title")?.length);
 * ```
 */
export async function readBank(folder: URL = new URL("bank/", import.meta.url)): Promise<Bank> {
  const themes = new Map<string, Sections>();
  for (const [theme, name] of Object.entries(themeFiles)) {
    themes.set(theme, await readSections(folder, name));
  }
  const genres = new Map<string, Sections>();
  for (const [genre, name] of Object.entries(genreFiles)) {
    genres.set(genre, await readSections(folder, name));
  }
  return {
    themes,
    genres,
    common: await readSections(folder, "common"),
    english: await readSections(folder, "english"),
    words: texts(await readSections(folder, "words")),
    artists: texts(await readSections(folder, "artists")),
  };
}
