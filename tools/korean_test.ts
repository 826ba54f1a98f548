import assert from "node:assert/strict";
import { join } from "node:path";
import { readSongs } from "../lib/songs/mod.ts";
import { withFolder } from "../lib/ground/testing/folder.ts";
import { inBoth, phrases } from "./korean.ts";
import { inProject } from "./setup/paths.ts";

/** The sources' texts, strings that are put together as one. */
const sources = ["lib", "tools"].flatMap(filesIn).map((text) =>
  text.replaceAll(/["'`]\s*\+\s*["'`]/g, "").replaceAll(/\\(["'`])/g, "$1")
);

function filesIn(folder: string): string[] {
  return [...Deno.readDirSync(inProject(folder))].flatMap(({ name, isDirectory }) => {
    const path = join(folder, name);
    if (isDirectory) return filesIn(path);
    return /\.ts$/.test(name) && !/_test\.ts$|^korean\.ts$/.test(name)
      ? [Deno.readTextFileSync(inProject(path))]
      : [];
  });
}

/** The words of a phrase that are in the sources as they stand: between what is put in, and clause by clause. */
const wordsOf = (english: string): string[] =>
  english.split(/\{n?\}|(?<=[.:;]) /).map((piece) => piece.replaceAll(/^[\s.:;,"()]+|[\s.:;,"()]+$/g, ""))
    .filter((piece) => /[a-z]{2}/i.test(piece));

Deno.test("korean: every phrase is of a message that the sources have", () => {
  const absent = phrases.map(([english]) => english).filter((english) => {
    const words = wordsOf(english).map((piece) =>
      piece.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&").replaceAll(" ", "[^\\p{L}]{1,12}")
    );
    const pattern = new RegExp(words.join("[^]{0,500}?"), "u");
    return !sources.some((text) => pattern.test(text));
  });
  assert.deepEqual(absent, []);
});

Deno.test("korean: as many things are put in as the message has, and no phrase stands behind one that takes its place", () => {
  for (const [english, korean] of phrases) {
    const kinds = english.match(/\{n?\}/g) ?? [];
    for (const [, place] of korean.matchAll(/\{(\d)\}/g)) assert.ok(Number(place) <= kinds.length, korean);
    const said = english.replaceAll("{n}", "12").replaceAll("{}", "이것");
    const filled = korean.replaceAll(
      /\{(\d)\}/g,
      (_, place) => kinds[Number(place) - 1] === "{n}" ? "12" : "이것",
    );
    const [first] = inBoth(said).split(/\n| · /);
    assert.ok(first === filled || filled.startsWith(`${first}: `), `${english}: ${first}`);
  }
});

Deno.test("korean: a name for what follows stands beside the other; sentences above the English ones", () => {
  assert.equal(inBoth("Report: /a/report.html"), "보고서 · Report: /a/report.html");
  assert.equal(
    inBoth("1,540 songs: outputs/predictions.csv"),
    "1,540곡 · 1,540 songs: outputs/predictions.csv",
  );
  const typo = '--songs: there is no file or folder data/song.csv in /home (did you mean "data/songs.csv"?).';
  assert.equal(
    inBoth(typo),
    '--songs: 그런 파일이나 폴더가 없습니다: data/song.csv (찾은 곳: /home). 혹시 "data/songs.csv"인가요?\n' +
      typo,
  );
  const value =
    '--epochs is "three"; it must be a whole number, at least 1.\n"deno task train -- --help" lists the options.';
  assert.equal(
    inBoth(value),
    '--epochs 값이 잘못되었습니다: "three". 쓸 수 있는 값: 정수, 1 이상.\n' +
      '옵션 목록은 "deno task train -- --help"로 볼 수 있습니다.\n' + value,
  );
});

Deno.test("korean: places in a table, several problems, and what goes on in English", () => {
  const problems = "songs.csv: 2 problems.\n" +
    "  - line 1, column genre: the column is missing. The header names id; it must name genre and lyrics, or 장르 and 가사. Rename what holds them.\n" +
    "  - line 3: this is another matter.";
  assert.equal(
    inBoth(problems),
    "songs.csv: 문제가 2가지 있습니다.\n" +
      "1번째 줄, genre 열: 열이 없습니다. 첫 줄에 있는 열은 id이고, 있어야 하는 열은 장르, 가사(genre, lyrics)입니다. 해당하는 열의 이름을 바꿔 주세요.\n" +
      problems,
  );
  const fault =
    "TypeError: x is not a function\nThis is a fault of the program, not yours; --debug shows where it stands, for a report.";
  assert.match(inBoth(fault), /^TypeError: x is not a function\n사용자가 아니라[^\n]*\nThis is a fault/);
});

Deno.test("korean: what the book does not have stays as it is", () => {
  for (
    const text of [
      "--freeze-layers is 9; the model has 4 layers.",
      "step 3/9",
      "",
      '{"id":"1"}',
      "Engine: TensorFlow",
    ]
  ) {
    assert.equal(inBoth(text), text);
  }
});

Deno.test("korean: what is no table of songs is told in Korean, with what to do", () =>
  withFolder(async (folder) => {
    const bytes = (...begin: number[]) => new Uint8Array([...begin, ...new Uint8Array(60)]);
    const text = (text: string) => new TextEncoder().encode(text);
    const files: Record<string, [Uint8Array, remedy: RegExp]> = {
      "empty.csv": [text(""), /첫 줄에 열 이름이 있어야/],
      "header.csv": [text("genre,lyrics\n"), /한 줄에 한 곡씩/],
      "songs.xlsx": [bytes(0x50, 0x4b, 3, 4), /CSV UTF-8/],
      "songs.xls": [bytes(0xd0, 0xcf, 0x11, 0xe0), /CSV UTF-8/],
      "songs.csv.gz": [bytes(0x1f, 0x8b), /압축을 풀어/],
      "utf32.csv": [bytes(0xff, 0xfe, 0, 0), /UTF-8 텍스트로 저장/],
      "pointer.csv": [text("version https://git-lfs.github.com/spec/v1\n"), /git lfs pull/],
      "songs.json": [text('[{"genre": "발라드"}]'), /CSV로 바꿔/],
      "songs.html": [text("<!doctype html><table></table>"), /CSV UTF-8/],
      "songs.parquet": [text("PAR1 and no more"), /다시 만들어/],
      "others.csv": [text("제목,가사\n노래,밤하늘\n"), /열의 이름을 바꿔/],
    };
    for (const [name, [content, remedy]] of Object.entries(files)) {
      const path = join(folder, name);
      await Deno.writeFile(path, content);
      const error = await readSongs(path).then(() => null, (error: Error) => error);
      assert.ok(error !== null, name);
      const korean = inBoth(error.message).slice(0, -error.message.length);
      assert.match(korean, remedy, `${name}: ${error.message}`);
    }
  }));

Deno.test("korean: standard input, and genres in another language", () => {
  assert.match(
    inBoth("standard input: the file is empty. It must begin with the header lyrics."),
    /^표준 입력: 빈 파일입니다/,
  );
  const said = inBoth(
    "songs.csv: no song has a genre that the model outputs/train/best tells. It tells 발라드, 댄스. The songs' genres: Ballad. " +
      "Give the table the model's names, or say in --genre-names FILE what its own stand for.",
  ).split("\n")[0]!;
  assert.match(
    said,
    /모델의 장르: 발라드, 댄스\. 표의 장르: Ballad\. .*--genre-names 파일로 알려 주세요\.$/,
  );
});

Deno.test("korean: what is asked too early of predict, report and folds", () => {
  assert.match(
    inBoth(
      "--model: kobert-small has no trained classifier in it: its files lack classifier.weight, which would be random numbers, and so would " +
        "its answers. Train it first: deno task train -- --model kobert-small",
    ),
    /^--model: kobert-small: 아직 장르를 배우지 않은 모델이라 .* 먼저 학습해 주세요: deno task train -- --model kobert-small\n/,
  );
  assert.match(
    inBoth(
      '/a/data has no run in it. "deno task start" or "deno task train" makes one; --output names its folder.',
    ),
    /^\/a\/data에는 실행한 결과가 없습니다\. .*\n/,
  );
  assert.match(
    inBoth('songs.csv: this is no JSON (Unexpected token). See "deno task folds -- --help" for its form.'),
    /^songs\.csv: JSON 파일이 아닙니다\. 형식은 "deno task folds -- --help"에 있습니다\.\n/,
  );
});
