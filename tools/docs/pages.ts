/**
 * The parts of the pages that are made: between `<!-- NAME -->` and `<!-- /NAME -->` stands what the committed notebooks and the results kept in the
 * repository say. `deno task docs` writes them, and `deno task docs -- --check` (a test runs it) says where a page differs.
 */
import { decodeHTML } from "entities";
import { type PairedInterval, pairedInterval } from "../../lib/evaluation/mod.ts";
import { grouped, meanOf, UserError } from "../../lib/ground/mod.ts";
import { broken, settingNames } from "../../lib/notebook/mod.ts";
import { differenceText } from "../../lib/trials/mod.ts";
import { inProject, readText } from "../setup/paths.ts";

/** The pages with made parts, named from the project's folder, and which half of a text in both languages they take. */
export const pages: Readonly<Record<string, Language>> = {
  "README.md": "en",
  "README.ko.md": "ko",
  "docs/notebooks.md": "en",
  "docs/results.md": "en",
  "docs/pretraining.md": "en",
  "data/kobert-small/README.md": "en",
};

export type Language = "ko" | "en";

/** What a name stands for: a paragraph, or lines. */
export type Part = string | string[];

/** A project's files, by their paths from its folder. @throws UserError where one is not there */
export type Reader = (path: string) => string;

/** Figures of one split's test songs, as `folds` and `docs -- --splits` keep them. */
export interface SplitScores {
  accuracy: number;
  macroF1: number;
}

/** Figures of methods over splits: `docs/results/bundled_songs.json`. */
export interface SplitResults {
  /** What was run, for people. */
  command: string;
  /** By method (`방법 · method`), by split. */
  methods: Record<string, Record<string, SplitScores>>;
}

/** `docs/results/nsmc.json`. */
export interface NsmcResults {
  /** On what and how, in both languages. */
  measured: Record<Language, string>;
  /** A figure a seed. */
  methods: Record<string, number[]>;
}

interface PretrainingLog {
  steps: number;
  batch: [rows: number, length: number];
  history: { step: number; seconds: number; epoch: number; validation?: [loss: number, told: number] }[];
}

/** Pages that `deno fmt` leaves alone (`deno.json`). */
const unformatted = ["data/kobert-small/README.md"];

/** Where the figures of `docs -- --splits` are kept. */
export const bundledSongs = "docs/results/bundled_songs.json";

/** Where those of `docs -- --nsmc` are. */
export const nsmcFile = "docs/results/nsmc.json";

const number = (value: number, digits = 3): string => value.toFixed(digits);

/** What stands for every name that a page may use. */
const parts: Readonly<Record<string, (read: Reader, language: Language) => Part>> = {
  // the run of the committed notebooks
  methods: (read, language) => notebookTable(read, "05_evaluation", "macro-F1", language),
  training: (read, language) => notebookFinding(read, "04_fine_tuning", -1, language),
  search: (read, language) => notebookFinding(read, "03_model_search", -1, language),
  verdict: (read, language) => notebookFinding(read, "05_evaluation", -2, language),
  curve: (read, language) => notebookFinding(read, "05_evaluation", -1, language),
  artist: (read, language) => notebookFinding(read, "06_artist", -1, language),
  columns: (read, language) => notebookFinding(read, "07_all_columns", -1, language),
  genres: (read, language) => notebookFinding(read, "08_several_genres", -1, language),
  questions: (read, language) => notebookFinding(read, "09_question_answering", -1, language),

  // what a notebook can be told
  settings: (_, language) =>
    tableLines(
      language === "ko"
        ? ["`settings({ … })`, `-p`", "명령", "환경 변수", "뜻"]
        : ["`settings({ … })`, `-p`", "command", "environment", "what it is"],
      Object.entries(settingNames).map((
        [name, { variable, option, about }],
      ) => [`\`${name}\``, `\`${option}\``, `\`${variable}\``, about[language]]),
      [],
    ),

  // the bundled songs over several splits
  splits: (read, language) => splitsTable(splitResults(read), language),
  difference(read) {
    const results = splitResults(read);
    const to = (method: string, field: keyof SplitScores) =>
      differenceText(differenceOf(results, "kobert-small", method, field));
    const both = (method: string) =>
      `${to(method, "accuracy")} points of accuracy, ${to(method, "macroF1")} of macro-F1`;
    return `\`kobert-small\` to TF-IDF: ${both(tfidf)}; to naive Bayes: ${
      both(naiveBayes)
    } (paired over the ` +
      "splits, Student's t, 95 %).";
  },

  // NSMC's film reviews
  nsmc(read, language) {
    const { measured, methods } = JSON.parse(read(nsmcFile)) as NsmcResults;
    const head = language === "ko" ? ["방법", "정확도", "시드별"] : ["method", "accuracy", "by seed"];
    const rows = Object.entries(methods).map(([method, values]) => [
      inLanguage(method, language),
      number(meanOf(values)),
      values.length > 1 ? values.map((value) => number(value, 4)).join(", ") : "",
    ]);
    return [...tableLines(head, rows, [false, true, false]), "", measured[language]];
  },

  // both in a sentence
  headline(read, language) {
    const songs = splitResults(read);
    const compared = ["kobert-small", tfidf, naiveBayes];
    const [ours, words, counts] = compared.map((method) => number(meanOver(songs, method, "accuracy")));
    const [reviews, reviewWords, reviewCounts] = compared.map((method) => number(meanOf(nsmc(read, method))));
    const splits = Object.keys(scoresOf(songs, tfidf)).length;
    return language === "ko"
      ? `네이버 영화 리뷰(NSMC)에서는 정확도 ${reviews}(n-gram: TF-IDF ${reviewWords}, 나이브 베이즈 ${reviewCounts}), 함께 들어 있는 ` +
        `노래에서는 ${splits}번 나눠 평균 ${ours}(TF-IDF ${words}, 나이브 베이즈 ${counts})입니다([docs/results.md](docs/results.md)).`
      : `It tells ${reviews} of NSMC's film reviews right (n-grams: TF-IDF ${reviewWords}, naive Bayes ${reviewCounts}), and ${ours} of the ` +
        `bundled songs, the mean of ${splits} splits (${words}, ${counts}; [docs/results.md](docs/results.md)).`;
  },

  // what data/kobert-small has read
  read(read) {
    const { steps, batch: [rows, length], history } = JSON.parse(read(readingLog)) as PretrainingLog;
    const [loss, told] = history.findLast(({ validation }) => validation !== undefined)!.validation!;
    return [
      `${grouped(steps)} steps of ${rows} rows of ${length} tokens, ` +
      `${Math.round(steps * rows * length / 1e6)} million tokens, in ` +
      `${Math.round(history.at(-1)!.seconds)} seconds. Of held-out texts it`,
      `tells ${number(100 * told, 1)} % of the tokens of masked words (loss ${number(loss, 2)}).`,
    ];
  },
};

/** The names that a page may use. */
export const partNames: readonly string[] = Object.keys(parts);

/** The blocks that another command writes. */
const ofOthers = ["bench"];

/**
 * A page with its made parts anew.
 *
 * @throws UserError where a name is unknown, a part has no end, or its source is not there
 */
export function fillPage(path: string, text: string, language: Language, read: Reader = readProject): string {
  const known = new Set<string>();
  const filled = text.replaceAll(
    /^<!-- ([\w-]+) -->$[^]*?^<!-- \/\1 -->$/gm,
    (whole, name: string) => {
      known.add(name);
      if (ofOthers.includes(name)) return whole;
      const make = Object.hasOwn(parts, name) ? parts[name] : undefined;
      if (make === undefined) {
        throw new UserError(
          `${path} wants "${name}", and there is no such part: there are ${partNames.join(", ")}.`,
        );
      }
      return `<!-- ${name} -->\n\n${[make(read, language)].flat().join("\n")}\n\n<!-- /${name} -->`;
    },
  );
  for (const [, name] of text.matchAll(/<!-- \/?([\w-]+) -->/g)) {
    if (!known.has(name!)) {
      throw new UserError(`${path}: <!-- ${name} --> has no <!-- /${name} --> behind it.`);
    }
  }
  return filled;
}

const readProject: Reader = (path) => {
  const text = readText(inProject(path));
  if (text === undefined) {
    throw new UserError(`There is no ${path}, which the pages' figures are taken from.`);
  }
  return text;
};

/** Every page as it is and as it should be, by its path. */
export async function filledPages(): Promise<{ path: string; before: string; after: string }[]> {
  return await Promise.all(
    Object.entries(pages).map(async ([path, language]) => {
      const before = readProject(path), filled = fillPage(path, before, language);
      return { path, before, after: unformatted.includes(path) ? filled : await formatted(filled) };
    }),
  );
}

/** What to do about pages that are not as they should be; one line a place that differs. */
export function differencesOf(
  { path, before, after }: { path: string; before: string; after: string },
): string[] {
  const [is, should] = [before, after].map((text) => text.split("\n")) as [string[], string[]];
  const line = should.findIndex((text, i) => text !== is[i]);
  if (line < 0 && is.length === should.length) return [];
  const place = line < 0 ? should.length : line;
  return [
    `${path}, line ${place + 1}: the page says\n    ${is[place] ?? ""}\n  and its source\n    ` +
    `${should[place] ?? ""}`,
  ];
}

/** A page's text as `deno fmt` leaves it. */
async function formatted(text: string): Promise<string> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["fmt", "--ext", "md", "-"],
    cwd: inProject(),
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(text));
  await writer.close();
  const { success, stdout, stderr } = await child.output();
  if (!success) throw new Error(`deno fmt: ${new TextDecoder().decode(stderr)}`);
  return new TextDecoder().decode(stdout);
}

// ---- the notebooks

function notebookOutputs(read: Reader, notebook: string): string[] {
  const { cells } = JSON.parse(read(`notebooks/${notebook}.ipynb`)) as {
    cells: { outputs?: { data?: Record<string, string | string[]> }[] }[];
  };
  return cells.flatMap(({ outputs = [] }) =>
    outputs.flatMap(({ data }) =>
      data?.["text/html"] === undefined ? [] : [[data["text/html"]].flat().join("")]
    )
  );
}

/** The first table of a notebook that has such a column. */
function notebookTable(read: Reader, notebook: string, column: string, language: Language): string[] {
  const html = notebookOutputs(read, notebook).find((text) =>
    text.startsWith("<table") &&
    [...text.matchAll(/<th[^>]*>(.*?)<\/th>/g)].some(([, name]) => plain(name!) === column)
  );
  if (html === undefined) throw new UserError(`notebooks/${notebook}.ipynb shows no table with "${column}".`);
  const rows = [...html.matchAll(/<tr>(.*?)<\/tr>/g)].map(([, row]) =>
    [...row!.matchAll(/<t[hd][^>]*>(.*?)<\/t[hd]>/g)].map(([, cell]) => inLanguage(plain(cell!), language))
  );
  const isRight = [...html.matchAll(/<th [^>]*text-align: (\w+)/g)].map(([, side]) => side === "right");
  return tableLines(rows[0]!, rows.slice(1), isRight);
}

/** What came out, in a sentence or two: one of a notebook's findings by its place. */
function notebookFinding(read: Reader, notebook: string, place: number, language: Language): string {
  const findings = notebookOutputs(read, notebook).flatMap((html) => {
    const [, korean, english] =
      html.match(/^<p class="finding"[^>]*>([\s\S]*?)<br>\n<small[^>]*>([\s\S]*?)<\/small>/) ?? [];
    return korean === undefined ? [] : [plain(language === "ko" ? korean : english!)];
  });
  const finding = findings.at(place);
  if (finding === undefined) {
    throw new UserError(`notebooks/${notebook}.ipynb says nothing of what came out.`);
  }
  return finding;
}

const plain = (html: string): string => broken(decodeHTML(html.replaceAll(/<[^>]*>/g, ""))).trim();

/** One half of a text in both languages (`방법 · method`); other texts are for both. */
function inLanguage(text: string, language: Language): string {
  const halves = text.split(" · ");
  return halves.length === 2 ? halves[language === "ko" ? 0 : 1]! : text;
}

function tableLines(
  head: readonly string[],
  rows: readonly string[][],
  isRight: readonly boolean[],
): string[] {
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  return [line(head), line(head.map((_, i) => isRight[i] ? "---:" : "---")), ...rows.map(line)];
}

// ---- results kept in the repository

const splitResults = (read: Reader): SplitResults => JSON.parse(read(bundledSongs));
const tfidf = "TF-IDF + logistic regression", naiveBayes = "naive Bayes";

/** A method's entry, by its English name. */
function entryOf<T>(methods: Readonly<Record<string, T>>, method: string, file: string): T {
  const found = Object.entries(methods).find(([name]) => inLanguage(name, "en") === method);
  if (found === undefined) throw new UserError(`${file} has no "${method}".`);
  return found[1];
}

const scoresOf = ({ methods }: SplitResults, method: string) => entryOf(methods, method, bundledSongs);

const meanOver = (results: SplitResults, method: string, field: keyof SplitScores): number =>
  meanOf(Object.values(scoresOf(results, method)).map((scores) => scores[field]));

/** One method's figures minus another's, paired over the splits. */
function differenceOf(
  results: SplitResults,
  method: string,
  other: string,
  field: keyof SplitScores,
): PairedInterval {
  const [ours, theirs] = [scoresOf(results, method), scoresOf(results, other)];
  return pairedInterval(Object.entries(ours).map(([split, scores]) => scores[field] - theirs[split]![field]));
}

function splitsTable({ methods }: SplitResults, language: Language): string[] {
  const splits = Object.keys(Object.values(methods)[0]!);
  const head = language === "ko"
    ? ["시드", ...splits, "평균", "macro-F1"]
    : ["seed", ...splits, "mean", "macro-F1"];
  const rows = Object.entries(methods).map(([method, bySplit]) => {
    const scores = splits.map((split) => bySplit[split]!);
    return [
      inLanguage(method, language),
      ...scores.map(({ accuracy }) => number(accuracy)),
      `**${number(meanOf(scores.map(({ accuracy }) => accuracy)))}**`,
      number(meanOf(scores.map(({ macroF1 }) => macroF1))),
    ];
  });
  return tableLines(head, rows, head.map((_, i) => i > 0));
}

const nsmc = (read: Reader, method: string): number[] =>
  entryOf((JSON.parse(read(nsmcFile)) as NsmcResults).methods, method, nsmcFile);

const readingLog = "data/kobert-small/pretraining_log.json";
