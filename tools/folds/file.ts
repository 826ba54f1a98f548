/** The folds file: which songs a published comparison tests on. */
import type pl from "nodejs-polars";
import { UserError } from "../../lib/ground/mod.ts";
import { splitByIds } from "../../lib/songs/mod.ts";
import { type Sides, sidesOf } from "../../lib/trials/mod.ts";

/** Song ids only, so that it can be shared where lyrics cannot. */
export interface FoldsFile {
  /** The genres told apart. */
  genres: string[];
  /** Test songs of each random fold; the others train. */
  folds: string[][];
  /** Test songs that share no artist and album with the rest; may be absent. */
  disjoint_test?: string[];
}

/** The name of the split that shares no artist. */
export const disjointName = "disjoint";

/** The first name that has been there before. */
function firstRepeated(names: readonly string[]): string | undefined {
  const seen = new Set<string>();
  return names.find((name) => seen.size === seen.add(name).size);
}

/** Reads and checks a folds file. @throws UserError saying what is missing, or there twice */
export async function readFolds(path: string): Promise<FoldsFile> {
  const wrong = (what: string) =>
    new UserError(`${path}: ${what}. See "deno task folds -- --help" for its form.`);
  let file: Record<string, unknown>;
  try {
    file = JSON.parse(await Deno.readTextFile(path));
  } catch (error) {
    throw error instanceof SyntaxError ? wrong(`this is no JSON (${error.message})`) : error;
  }
  const isList = (value: unknown): value is string[] =>
    Array.isArray(value) && value.length > 0 && value.every((item) => typeof item === "string");
  if (!isList(file.genres)) throw wrong('"genres" must be a list of names');
  if (!Array.isArray(file.folds) || file.folds.length < 2 || !file.folds.every(isList)) {
    throw wrong('"folds" must be at least two lists of song ids (texts)');
  }
  const { disjoint_test: disjoint } = file;
  // none is as good as an empty list of them
  if (Array.isArray(disjoint) && disjoint.length === 0) delete file.disjoint_test;
  else if (disjoint !== undefined && !isList(disjoint)) {
    throw wrong('"disjoint_test" must be a list of song ids (texts)');
  }
  const genre = firstRepeated(file.genres);
  if (genre !== undefined) throw wrong(`"genres" names ${genre} twice`);
  const song = firstRepeated(file.folds.flat());
  if (song !== undefined) throw wrong(`the song ${song} is in "folds" twice; each song is tested once`);
  return file as unknown as FoldsFile;
}

/** The test songs of each split, by its name: fold-1 and so on, and the disjoint one last. */
export function testSongsOf(file: FoldsFile): Map<string, string[]> {
  return new Map([
    ...file.folds.map((ids, i) => [`fold-${i + 1}`, ids] as const),
    ...(file.disjoint_test ? [[disjointName, file.disjoint_test] as const] : []),
  ]);
}

/**
 * What a table's means are over, and which other splits it shows: the folds, and the disjoint split beside them; or that one alone, where no
 * method has a result on any of the folds.
 *
 * @param splits all names, as {@link testSongsOf} has them
 */
export function tableSplits(
  splits: Iterable<string>,
  methods: readonly { bySplit: Readonly<Record<string, unknown>> }[],
): { folds: string[]; others: string[] } {
  const has = (split: string) => methods.some(({ bySplit }) => bySplit[split] !== undefined);
  const { others = [], folds = [] } = Object.groupBy(
    splits,
    (name) => name === disjointName ? "others" : "folds",
  );
  return folds.some(has) ? { folds, others } : { folds: others, others: [] };
}

/**
 * @param listed the ids that a folds file tests on
 * @param known the songs that can be tested: of the table those with lyrics and one of the file's genres
 * @throws UserError naming both files and the songs that are listed in vain
 */
export function checkListed(
  listed: ReadonlySet<string>,
  known: ReadonlySet<string>,
  { folds, songs }: { folds: string; songs: string },
): void {
  const lost = [...listed].filter((id) => !known.has(id));
  if (lost.length === 0) return;
  throw new UserError(
    `${folds} lists ${lost.length} of ${listed.size} songs in vain: ${songs} does not have them, or without lyrics or one of the ` +
      `genres: ${lost.slice(0, 5).join(", ")}${
        lost.length > 5 ? ", …" : ""
      }. Take them out of the one file, or complete the other.`,
  );
}

/**
 * The sides of a fold: of the songs that are not tested a tenth validates; songs with the same lyrics stay together.
 *
 * @returns the sides, and how many songs share their lyrics with a test song and are on none
 */
export function foldSides(
  songs: pl.DataFrame,
  test: readonly string[],
  seed: number,
): { sides: Sides; leftOut: number } {
  const split = splitByIds(songs, { test, validation: 0.1, seed });
  return {
    sides: sidesOf(split),
    leftOut: split.leftOut.height,
  };
}
