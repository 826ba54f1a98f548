/**
 * The parts of the pages that are made: between `<!-- NAME … -->` and `<!-- /NAME -->` stands what the committed notebooks, a file of results
 * or the sources say. `deno task docs` writes them, and a test sees that they are as it would write them.
 */
import { decodeHTML } from "entities";
import { basename, dirname, join, relative } from "node:path";
import { UserError } from "../../lib/ground/mod.ts";
import { settingNames } from "../../lib/notebook/mod.ts";
import { inProject, readText } from "../setup/paths.ts";

/** A page, and which half of a text in both languages it takes. */
export interface Page {
  /** Named from the project's folder. */
  path: string;
  language: "ko" | "en";
}

/** The pages with made parts. */
export const pages: readonly Page[] = [
  { path: "README.md", language: "en" },
  { path: "README.ko.md", language: "ko" },
  { path: "docs/results.md", language: "en" },
  { path: "docs/guide/notebooks.md", language: "en" },
];

/** A page as it should be, and the pictures that it shows, by their paths from the project's folder. */
export interface FilledPage {
  text: string;
  pictures: Map<string, Uint8Array>;
}

/** What a block is made of: its words behind the name, and the page. */
type Maker = (words: readonly string[], page: Page, pictures: FilledPage["pictures"]) => string[];

/**
 * A page with its made parts anew.
 *
 * @throws UserError where a part's source is not there
 */
export function fillPage(page: Page, text: string): FilledPage {
  const pictures: FilledPage["pictures"] = new Map();
  const filled = text.replaceAll(
    /<!-- ([a-z]+)((?: [^\s>]+)*) -->\n[\s\S]*?<!-- \/\1 -->/g,
    (whole, name: string, words: string) => {
      const make = Object.hasOwn(makers, name) ? makers[name]! : null;
      if (make === null) return whole; // another command's
      const lines = make(words.trim().split(" ").filter((word) => word !== ""), page, pictures);
      return [`<!-- ${name}${words} -->`, "", ...lines, "", `<!-- /${name} -->`].join("\n");
    },
  );
  return { text: filled, pictures };
}

const makers: Readonly<Record<string, Maker>> = {
  // a table of a notebook: <!-- table 05_evaluation 1 -->
  table([notebook, place], { language }) {
    const html = outputOf(notebook!, "text/html", (text) => text.startsWith("<table"), place!);
    const rows = [...html.matchAll(/<tr>(.*?)<\/tr>/g)].map(([, row]) =>
      [...row!.matchAll(/<t[hd][^>]*>(.*?)<\/t[hd]>/g)].map(([, cell]) => inLanguage(plain(cell!), language))
    );
    const numeric = [...html.matchAll(/<th [^>]*text-align: (\w+)/g)].map(([, side]) => side === "right");
    return tableLines(rows[0]!, rows.slice(1), numeric);
  },
  // what came out, in a sentence or two: <!-- finding 05_evaluation 1 -->
  finding([notebook, place], { language }) {
    const html = outputOf(notebook!, "text/html", (text) => text.startsWith('<p class="finding">'), place!);
    const [, korean, english] = html.match(/^<p class="finding">([\s\S]*?)<br>\n<small[^>]*>([\s\S]*?)<\/small>/)!;
    return wrapped(plain(language === "ko" ? korean! : english!));
  },
  // a figure: <!-- picture 05_evaluation 1 -->
  picture([notebook, place], page, pictures) {
    const outputs = outputsOf(notebook!).filter(({ data }) => "image/png" in data);
    const output = outputs[Number(place) - 1];
    if (output === undefined) throw new UserError(`${notebook} has no picture ${place}: run the notebooks first.`);
    const path = `docs/pictures/${notebook}-${place}.png`;
    pictures.set(path, Uint8Array.fromBase64(textOf(output.data["image/png"]!).replaceAll(/\s/g, "")));
    const { alt = "" } = output.metadata["image/png"] as { alt?: string } ?? {};
    const [title] = alt.split(":");
    const words = inLanguage(title!, page.language) + alt.slice(title!.length);
    return [`![${words.replaceAll(/[[\]]/g, "")}](${relative(dirname(page.path), path)})`];
  },
  // the settings of the notebooks: <!-- settings -->
  settings(_, { language }) {
    const head = language === "ko"
      ? ["`settings({ … })`, `-p`", "명령", "환경 변수", "뜻"]
      : ["`settings({ … })`, `-p`", "command", "environment", "what it is"];
    return tableLines(
      head,
      Object.entries(settingNames).map(([name, { variable, option, about }]) => [
        `\`${name}\``,
        `\`${option}\``,
        `\`${variable}\``,
        about[language],
      ]),
    );
  },
  // a comparison over folds: <!-- folds docs/results/real_songs.json -->
  folds([file], { language }) {
    const { lines } = JSON.parse(readText(inProject(file!)) ?? "null") as { lines: FoldLine[] };
    const head = language === "ko"
      ? ["방법", "정확도", "macro-F1", "TF-IDF와의 차이", "모르는 가수"]
      : ["method", "accuracy", "macro-F1", "to TF-IDF", "artists unseen"];
    return tableLines(
      head,
      lines.map(({ method, accuracy, macroF1, toBaseline, bySplit }) => [
        inLanguage(method, language),
        accuracy?.mean.toFixed(3) ?? "",
        macroF1?.mean.toFixed(3) ?? "",
        toBaseline === null || toBaseline.mean === 0
          ? ""
          : `${points(toBaseline.mean)} [${points(toBaseline.low)}, ${points(toBaseline.high)}]`,
        bySplit.disjoint?.accuracy.toFixed(3) ?? "",
      ]),
      [false, true, true, true, true],
    );
  },
};

interface FoldLine {
  method: string;
  accuracy: { mean: number } | null;
  macroF1: { mean: number } | null;
  toBaseline: { mean: number; low: number; high: number } | null;
  bySplit: Record<string, { accuracy: number }>;
}

/** A share as points of a hundred, with its sign. */
const points = (share: number): string => `${share < 0 ? "−" : "+"}${Math.abs(100 * share).toFixed(1)}`;

interface Output {
  data: Record<string, string | string[]>;
  metadata: Record<string, unknown>;
}

const textOf = (text: string | string[]): string => typeof text === "string" ? text : text.join("");

function outputsOf(notebook: string): Output[] {
  const text = readText(inProject("notebooks", `${notebook}.ipynb`));
  if (text === undefined) throw new UserError(`There is no notebook ${notebook}.`);
  const { cells } = JSON.parse(text) as { cells: { outputs?: Partial<Output>[] }[] };
  return cells.flatMap(({ outputs = [] }) =>
    outputs.flatMap(({ data, metadata = {} }) => data === undefined ? [] : [{ data, metadata }])
  );
}

/** The nth of a notebook's outputs of a type that are wanted. */
function outputOf(notebook: string, type: string, wanted: (text: string) => boolean, place: string): string {
  const found = outputsOf(notebook).flatMap(({ data }) => {
    const text = textOf(data[type] ?? "");
    return wanted(text) ? [text] : [];
  })[Number(place) - 1];
  if (found === undefined) {
    throw new UserError(`${basename(notebook)} has no such output ${place}: run the notebooks first.`);
  }
  return found;
}

const plain = (html: string): string =>
  decodeHTML(html.replaceAll(/<[^>]*>/g, "")).replaceAll("\u00a0", " ").trim();

/** One half of a text in both languages: `방법 · method`; other texts are for both. */
export function inLanguage(text: string, language: "ko" | "en"): string {
  const halves = text.split(" · ");
  return halves.length === 2 ? halves[language === "ko" ? 0 : 1]! : text;
}

const cellText = (text: string): string => text.replaceAll("|", "\\|");

function tableLines(head: readonly string[], rows: readonly string[][], numeric: readonly boolean[] = []): string[] {
  const line = (cells: readonly string[]) => `| ${cells.map(cellText).join(" | ")} |`;
  return [line(head), line(head.map((_, i) => numeric[i] ? "---:" : "---")), ...rows.map(line)];
}

/** A text in lines of a page's width. */
function wrapped(text: string, width = 110): string[] {
  const lines = [""];
  for (const word of text.split(/\s+/)) {
    const longer = lines.at(-1) === "" ? word : `${lines.at(-1)} ${word}`;
    if (longer.length <= width) lines[lines.length - 1] = longer;
    else lines.push(word);
  }
  return lines;
}

/** A page's text as `deno fmt` leaves it. */
export async function formatted(page: Page, text: string): Promise<string> {
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
  if (!success) throw new Error(`deno fmt of ${page.path}: ${new TextDecoder().decode(stderr)}`);
  return new TextDecoder().decode(stdout);
}

/** The pages' files, as they are and as they should be. */
export async function filledPages(): Promise<(FilledPage & { page: Page; before: string })[]> {
  const filled = [];
  for (const page of pages) {
    const before = readText(join(inProject(), page.path));
    if (before === undefined) throw new UserError(`There is no page ${page.path}.`);
    const { text, pictures } = fillPage(page, before);
    filled.push({ page, before, pictures, text: await formatted(page, text) });
  }
  return filled;
}
