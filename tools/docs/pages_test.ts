/** The pages are true: made parts are as they would be made, links lead somewhere, commands are as the tasks take them. */
import assert from "node:assert/strict";
import { dirname, join } from "node:path";
import { UserError } from "../../lib/ground/mod.ts";
import { commandLines } from "../command_lines.ts";
import { type CommandLine, type OptionTable, parseOptions } from "../options.ts";
import { exists, inProject, readText } from "../setup/paths.ts";
import { bundledSongs, differencesOf, filledPages, fillPage, type SplitResults } from "./pages.ts";

const pages = [
  "README.md",
  "README.ko.md",
  "CONTRIBUTING.md",
  "data/README.md",
  "data/kobert-small/README.md",
  "outputs/README.md",
  ...[...Deno.readDirSync(inProject("docs"))].map(({ name }) => `docs/${name}`).filter((name) =>
    name.endsWith(".md")
  ),
].sort();
const textOf = (page: string): string => readText(inProject(page))!;

/** The lines of a page's shell blocks, joined where they go on, without comments. */
const commandsOf = (text: string): string[] =>
  [...text.matchAll(/^```sh\n([\s\S]*?)^```/gm)]
    .flatMap(([, block]) => block!.replaceAll(/\\\n\s*/g, " ").split("\n"))
    .map((line) => line.replace(/(^|\s+)#.*$/, "").trim()).filter((line) => line !== "");

/** The commands that a page names within its sentences. */
const inlineCommandsOf = (text: string): string[] =>
  [...text.replaceAll(/^```[\s\S]*?^```/gm, "").matchAll(/`([^`]*\bdeno(?:@[\d.]+)? task [^`]+)`/g)]
    .map(([, command]) => command!.replaceAll(/\s+/g, " "));

/** A shell line's words. */
const words = (line: string): string[] =>
  [...line.matchAll(/(?:"[^"]*"|'[^']*'|[^\s"'])+/g)].map(([word]) => word.replaceAll(/["']/g, ""));

const sources: Readonly<Record<string, string>> = {
  [bundledSongs]: JSON.stringify(
    {
      command: "",
      methods: {
        "TF-IDF + 로지스틱 회귀 · TF-IDF + logistic regression": {
          1: { accuracy: 0.7, macroF1: 0.6 },
          2: { accuracy: 0.8, macroF1: 0.7 },
        },
        "나이브 베이즈 · naive Bayes": {
          1: { accuracy: 0.5, macroF1: 0.4 },
          2: { accuracy: 0.7, macroF1: 0.6 },
        },
        "kobert-small": { 1: { accuracy: 0.6, macroF1: 0.5 }, 2: { accuracy: 0.8, macroF1: 0.6 } },
      },
    } satisfies SplitResults,
  ),
  "notebooks/04_fine_tuning.ipynb": JSON.stringify({
    cells: [{
      outputs: [{
        data: {
          "text/html": [
            '<p class="finding" style="">12스텝 (&lt;끝&gt;)\u2060은.<br>\n',
            "<small>12 steps.</small></p>",
          ],
        },
      }],
    }],
  }),
};
const read = (path: string): string => {
  if (sources[path] === undefined) throw new UserError(`no ${path}`);
  return sources[path];
};

Deno.test("fillPage: what stands between markers is what the sources say, in the page's language", () => {
  const page =
    "Above.\n\n<!-- splits -->\n\nold\n\n<!-- /splits -->\n\n<!-- training --><!-- /training -->\n";
  assert.equal(
    fillPage("a.md", page.replace("><!--", ">\n<!--"), "ko", read),
    "Above.\n\n<!-- splits -->\n\n" +
      "| 시드 | 1 | 2 | 평균 | macro-F1 |\n| --- | ---: | ---: | ---: | ---: |\n" +
      "| TF-IDF + 로지스틱 회귀 | 0.700 | 0.800 | **0.750** | 0.650 |\n" +
      "| 나이브 베이즈 | 0.500 | 0.700 | **0.600** | 0.500 |\n" +
      "| kobert-small | 0.600 | 0.800 | **0.700** | 0.550 |\n\n<!-- /splits -->\n\n" +
      "<!-- training -->\n\n12스텝 (<끝>)은.\n\n<!-- /training -->\n",
  );
  const difference = fillPage("a.md", "<!-- difference -->\n<!-- /difference -->\n", "en", read);
  assert.match(difference, /to TF-IDF: −5\.0 \[−68\.5, \+58\.5\] points of accuracy, −10\.0/);
  assert.match(difference, /; to naive Bayes: \+10\.0 .* points of accuracy, \+5\.0/);
});

Deno.test("fillPage: other commands' parts are left alone; a name, an end or a source that is missing is told", () => {
  const bench = "<!-- bench -->\nanything\n<!-- /bench -->\n";
  assert.equal(fillPage("a.md", bench, "en", read), bench);
  assert.throws(
    () => fillPage("a.md", "<!-- splitz -->\n<!-- /splitz -->\n", "en", read),
    /a\.md wants "splitz".*splits/,
  );
  assert.throws(
    () => fillPage("a.md", "<!-- splits -->\nold\n", "en", read),
    /a\.md: <!-- splits --> has no <!-- \/splits -->/,
  );
  assert.throws(
    () => fillPage("a.md", "<!-- search -->\n<!-- /search -->\n", "en", read),
    /no notebooks\/03_model_search/,
  );
});

Deno.test("differencesOf: the line, what the page says and what its source says", () => {
  assert.deepEqual(differencesOf({ path: "a.md", before: "x\n", after: "x\n" }), []);
  assert.match(
    differencesOf({ path: "a.md", before: "x\n0.7\n", after: "x\n0.8\n" })[0]!,
    /a\.md, line 2: .*0\.7.*0\.8/s,
  );
});

Deno.test("pages: figures are those of the committed notebooks and of docs/results", async () => {
  for (const page of await filledPages()) assert.deepEqual(differencesOf(page), [], 'run "deno task docs"');
});

Deno.test("pages: every link to a file leads to one", () => {
  for (const page of pages) {
    for (const [, target] of textOf(page).matchAll(/\]\(([^)\s]+)\)/g)) {
      if (/^[a-z]+:/.test(target!)) continue;
      assert.ok(exists(inProject(join(dirname(page), target!.replace(/#.*$/, "")))), `${page}: ${target}`);
    }
  }
});

Deno.test("pages: every command in them is one that its task takes", () => {
  const known: Readonly<Record<string, CommandLine<OptionTable>>> = commandLines;
  const { tasks } = JSON.parse(textOf("deno.json")) as { tasks: Record<string, unknown> };
  let checked = 0;
  for (const page of pages) {
    for (const line of [...commandsOf(textOf(page)), ...inlineCommandsOf(textOf(page))]) {
      const [, task, rest = ""] = line.match(/\bdeno(?:@\S+)? task (\S+)(?: -- (.*?))?(?: [|>] .*)?$/) ?? [];
      if (task === undefined) continue;
      assert.ok(task in tasks || /^[A-Z]/.test(task), `${page}: ${line}`);
      const table = known[task];
      // placeholders stand for what a reader puts there
      if (table === undefined || /^--help$|[…]|\b[A-Z]\b/.test(rest)) continue;
      const [own] = words(rest).join("\n").split("\n--\n") as [string];
      const options = { ...table.options, debug: { type: "flag", about: "" } } as OptionTable;
      // which files there are is the reader's
      const asked = Object.fromEntries(
        Object.entries(options).map(([name, { required: _, ...option }]) => [name, option]),
      );
      assert.doesNotThrow(
        () => parseOptions(asked as OptionTable, own === "" ? [] : own.split("\n")),
        `${page}: ${line}`,
      );
      checked++;
    }
  }
  assert.ok(checked > 30, `${checked} commands`);
});

Deno.test("pages: READMEs of at most 110 lines, the Korean one of the same shape", () => {
  const [english, korean] = ["README.md", "README.ko.md"].map(textOf) as [string, string];
  for (const text of [english, korean]) assert.ok(text.trimEnd().split("\n").length <= 110);
  const shape = (text: string) => {
    const page = text.replace(/<!-- bench -->[^]*<!-- \/bench -->/, "");
    return {
      headings: [...page.matchAll(/^#+ /gm)].length,
      rows: [...page.matchAll(/^\|/gm)].length,
      made: [...page.matchAll(/<!-- ([\w-]+) -->/g)].map(([, name]) => name),
      links: [...page.matchAll(/\]\(((?!README)[^)\s]+)\)/g)].map(([, target]) => target).sort(),
      code: [...page.matchAll(/`(deno task [a-z-]+|outputs\/[a-z.]+|--[a-z-]+)/g)].map(([, code]) => code)
        .sort(),
      commands: commandsOf(page),
    };
  };
  assert.deepEqual(shape(korean), shape(english));
});

Deno.test("pages: every task is in the README's table of commands", () => {
  const { tasks } = JSON.parse(textOf("deno.json")) as { tasks: Record<string, unknown> };
  for (const task of Object.keys(tasks)) {
    assert.match(textOf("README.md"), new RegExp(`\`(deno task )?${task}\``), task);
  }
});
