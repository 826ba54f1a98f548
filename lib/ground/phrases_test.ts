import assert from "node:assert/strict";
import { join } from "node:path";
import { phrases } from "./phrase_book.ts";
import { inBoth } from "./phrases.ts";

const inProject = (path: string): URL => new URL(`../../${path}`, import.meta.url);

/** The sources' texts, strings that are put together as one. */
const sources = ["lib", "tools"].flatMap(filesIn).map((text) =>
  text.replaceAll(/["'`]\s*\+\s*["'`]/g, "").replaceAll(/\\(["'`])/g, "$1")
);

function filesIn(folder: string): string[] {
  return [...Deno.readDirSync(inProject(folder))].flatMap(({ name, isDirectory }) => {
    const path = join(folder, name);
    if (isDirectory) return filesIn(path);
    return /\.ts$/.test(name) && !/_test\.ts$|^phrase_book\.ts$/.test(name)
      ? [Deno.readTextFileSync(inProject(path))]
      : [];
  });
}

/** The words of a phrase that are in the sources as they stand: between what is put in, and clause by clause. */
const wordsOf = (english: string): string[] =>
  english.split(/\{n?\}|(?<=[.:;]) /).map((piece) => piece.replaceAll(/^[\s.:;,"()]+|[\s.:;,"()]+$/g, ""))
    .filter((piece) => /[a-z]{2}/i.test(piece));

Deno.test("inBoth: every phrase is of a message that the sources have", () => {
  const absent = phrases.map(([english]) => english).filter((english) => {
    const words = wordsOf(english).map((piece) =>
      piece.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&").replaceAll(" ", "[^\\p{L}]{1,12}")
    );
    const pattern = new RegExp(words.join("[^]{0,500}?"), "u");
    return !sources.some((text) => pattern.test(text));
  });
  assert.deepEqual(absent, []);
});

Deno.test("inBoth: as many things are put in as the message has, and no phrase stands behind one that takes its place", () => {
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

Deno.test("inBoth: a name for what follows stands beside the other; sentences above the English ones", () => {
  assert.equal(inBoth("Report: /a/report.html"), "보고서 · Report: /a/report.html");
  assert.equal(
    inBoth("1,540 songs: outputs/predictions.csv"),
    "1,540곡 · 1,540 songs: outputs/predictions.csv",
  );
  assert.equal(inBoth("Report: /rock and roll/a or b.html"), "보고서 · Report: /rock and roll/a or b.html");
  const lacking = "3000 songs: a.csv; 177 have no lyrics, and no answer in their rows";
  assert.equal(inBoth(lacking), `3000곡: a.csv. 가사가 없는 177곡은 답을 비워 두었습니다\n${lacking}`);
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

Deno.test("inBoth: places in a table, several problems, and what goes on in English", () => {
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

Deno.test("inBoth: what the book does not have stays as it is", () => {
  for (
    const text of [
      "a sentence that nobody has translated.",
      "step 3/9",
      "",
      '{"id":"1"}',
      "[info] 3",
    ]
  ) {
    assert.equal(inBoth(text), text);
  }
});

Deno.test("inBoth: standard input, and genres in another language", () => {
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

Deno.test("inBoth: what is asked too early of predict, report and folds", () => {
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

Deno.test("inBoth: notes of a table, with names that have spaces, and the first lines of a training", () => {
  const firstLines = [
    "내 노래.csv: read as CP949, for it is not UTF-8.",
    "내 노래.csv: columns by other names: 제목 → song_name, 가사 → lyrics.",
    "songs.csv: the columns are parted by semicolons; read so.",
    'songs.csv: values such as "nan", "None" are taken as missing: 1 of song_name, 2 of date.',
    "songs.csv: 1,556 songs, 1,536 kept (dropped 1,013 with no lyrics, 7 with no genre)",
    "songs.csv: 12 songs, 12 kept",
    'songs.csv: values that cannot be read are taken as missing: 2 values of adults, the first on line 2, "maybe": this is neither yes nor no.',
    "1,228 songs train, 154 validate, 154 test; 8 genres",
    'kobert-small: 6.4 million parameters, recipe "quick"',
    "Going on after step 30 of 90.",
  ].map((line) => inBoth(line).split("\n")[0]);
  assert.deepEqual(firstLines, [
    "내 노래.csv: UTF-8이 아니어서 CP949 인코딩으로 읽었습니다.",
    "내 노래.csv: 열 이름을 이렇게 알아보았습니다: 제목 → song_name, 가사 → lyrics.",
    "songs.csv: 열을 나눈 문자: 세미콜론.",
    'songs.csv: "nan", "None" 같은 값은 빈 것으로 봅니다: song_name 1개, date 2개.',
    "songs.csv: 1,556곡 가운데 1,536곡을 씁니다(뺀 노래: 가사 없음 1,013곡, 장르 없음 7곡)",
    "songs.csv: 12곡 가운데 12곡을 씁니다",
    'songs.csv: 읽을 수 없는 값은 빈 것으로 봅니다: adults 2개(처음은 2번째 줄 "maybe").',
    "학습 1,228곡, 검증 154곡, 테스트 154곡, 장르 8가지",
    'kobert-small: 매개변수 6.4M개, 레시피 "quick"',
    "90스텝 가운데 30스텝까지 되어 있어 그다음부터 합니다.",
  ]);
  assert.match(
    inBoth(
      "Model: outputs/train/best, of 2026-01-02 UTC, newer than outputs/run/best (--model names another)",
    ),
    /^모델: outputs\/train\/best, 2026-01-02 UTC에 만든 것으로 outputs\/run\/best보다 새것입니다\. [^\n]*\n/,
  );
  assert.equal(inBoth("Engine: TensorFlow 2.21.0 on the CPU"), "엔진 · Engine: TensorFlow 2.21.0 on the CPU");
});

Deno.test("inBoth: what evaluate leaves out, and another run in the folder", () => {
  const left =
    "The 6 test songs of the model's own split; left out: 54 that it was trained or chosen with and 1 that its " +
    "split does not know (--all takes every song)";
  assert.equal(
    inBoth(left),
    "모델을 학습할 때 떼어 둔 테스트 6곡으로 평가합니다 (뺀 노래: 학습하거나 고르는 데 쓴 54곡, 분할 기록에 없는 1곡. --all이면 모두 평가)\n" +
      left,
  );
  const other = "out has another run, of 2026-11-28 19:49 UTC:\n  --seed: 7 there, 8 here";
  assert.equal(
    inBoth(other),
    `out에는 2026-11-28 19:49(UTC)에 시작한 다른 실행이 있습니다.\n--seed: 7(그 실행), 8(지금)\n${other}`,
  );
});

Deno.test("inBoth: a quote that is missing, fields too many, and bytes that are no text, with their place", () => {
  const broken =
    'songs.csv: line 62, column 7, value "별": a double quote is missing or out of place in the record that ' +
    'starts on line 32. Inside a quoted field write "" for a quote; close the field with one quote before the comma or line end.';
  assert.equal(
    inBoth(broken),
    'songs.csv: 62번째 줄, 7번째 글자, 값 "별": 32번째 줄에서 시작하는 노래의 큰따옴표가 빠졌거나 잘못된 곳에 있습니다. ' +
      '따옴표로 감싼 칸 안의 큰따옴표는 ""로 두 번 쓰고, 칸의 끝(쉼표나 줄 끝 앞)은 큰따옴표 하나로 닫아 주세요.\n' +
      broken,
  );
  const zero = "songs.csv: line 2: byte 32 is zero, which no text has. Save the file as text in UTF-8.";
  assert.equal(
    inBoth(zero),
    "songs.csv: 2번째 줄: 텍스트에 없는 바이트(0)가 32번째 자리에 있습니다. 파일을 UTF-8 텍스트로 저장해 주세요.\n" +
      zero,
  );
});

Deno.test("inBoth: settings, recipes and texts", () => {
  const korean = [
    'There is no setting "song" (did you mean "songs"?) in the first cell; there are songs, genres.',
    "--tokenizer must be a file here, not standard output (-).",
    "texts has no .txt file: name the files themselves with --text FILE.",
    'The separator is ",,"; it must be one character, or "tab".',
    "charts is not there: give the folder with the charts' JSON files.",
  ].map((line) => inBoth(line).split("\n")[0]);
  assert.deepEqual(korean, [
    '그런 설정은 없습니다: "song" (혹시 "songs"인가요?). 있는 설정: songs, genres.',
    "--tokenizer에는 표준 출력(-)이 아니라 파일을 적어 주세요.",
    "texts 폴더에 .txt 파일이 없습니다. --text 파일처럼 파일을 직접 적어 주세요.",
    '구분자가 잘못되었습니다: ",,". 글자 하나나 "tab"이어야 합니다.',
    "없는 폴더입니다: charts. 차트의 JSON 파일이 든 폴더를 적어 주세요.",
  ]);
});

Deno.test("inBoth: what is in both languages already stays as it is", () => {
  for (
    const text of [
      "a/b: this is no JSON (x).",
      "Report: a.html",
      "songs.csv: 3 problems.\nline 2: the column is missing.",
    ]
  ) {
    assert.equal(inBoth(inBoth(text)), inBoth(text));
    assert.notEqual(inBoth(text), text);
  }
});

Deno.test("inBoth: what a recipe, a split, a model's folder and the Hub refuse", () => {
  const korean = [
    "Recipe: freezeLayers is 9; the model has 4 layers.",
    "--label-smoothing spreads the one genre of a song; with --multi-label it must be 0.",
    "songs.csv: the only song has the genre 발라드, and there must be at least two to tell apart. Add songs of another genre.",
    "The test part was to have 10 songs, but gets 25: songs that must stay together form groups of up to 25 of 100 songs. Ask for another size.",
    "--model: a/b has no tokenizer. Looked for *.model or *.spiece (SentencePiece), tokenizer.json, vocab.txt; there is config.json.",
    "--output: /내 자료/x cannot be written to: no such file or directory. Choose another place.",
    "/내 자료/표.xlsx: line 1: this is a zip archive (an Excel workbook is one), not text. Open it in Excel and save it as CSV UTF-8; or unpack the archive.",
    "a/b has no config.json: it is not a checkpoint in Hugging Face's layout. What is in it: history.jsonl.",
    "https://huggingface.co knows no model a/b. Check the spelling; if it is private or gated, make a token and give it as HF_TOKEN.",
    "This training needs about 9.1 GiB of memory more, and 2.0 GiB are free. In all it takes 1.0 GiB for the parameters with gradients " +
    "and moments, and 8.5 GiB for 32 rows of 256 tokens. Turn --gradient-checkpointing on, or make --max-length smaller.",
    '--shard is "9/8"; it must be a share and how many there are: 1/8 to 8/8.',
  ].map((line) => inBoth(line).split("\n")[0]);
  assert.deepEqual(korean, [
    "레시피: freezeLayers 값이 9인데 모델의 층은 4개입니다.",
    "--label-smoothing 설정은 장르가 하나인 노래에 씁니다. --multi-label 설정과 함께라면 0이어야 합니다.",
    "songs.csv: 노래가 한 곡뿐이고 그 장르는 발라드입니다. 구별하려면 장르가 둘 이상이어야 합니다. 다른 장르의 노래를 더해 주세요.",
    "테스트 쪽에 10곡을 두려 했지만 25곡이 됩니다. 한쪽에 함께 두어야 하는 노래가 100곡 가운데 많게는 25곡씩 묶여 있기 때문입니다. 크기를 바꿔 주세요.",
    "--model: 토크나이저가 없습니다: a/b. 찾은 파일은 *.model, *.spiece(SentencePiece), tokenizer.json, vocab.txt이고, 있는 것은 config.json입니다.",
    "--output: /내 자료/x에 쓸 수 없습니다: 그런 파일이나 폴더가 없음. 다른 곳을 골라 주세요.",
    "/내 자료/표.xlsx: 1번째 줄: 텍스트가 아니라 엑셀 파일(.xlsx)이나 zip 파일입니다. 엑셀에서 열어 ‘CSV UTF-8’ 형식으로 저장해 주세요. zip 파일이라면 먼저 압축을 풀어 주세요.",
    "a/b에 config.json이 없습니다. Hugging Face 형식의 체크포인트가 아닙니다. 있는 것: history.jsonl.",
    "https://huggingface.co에 그런 모델이 없습니다: a/b. 철자를 확인해 주세요. 비공개 모델이거나 허락이 필요한 모델이라면 그 계정의 토큰을 HF_TOKEN에 적어 주세요.",
    "이 학습에는 메모리가 9.1 GiB쯤 더 필요한데 남은 것은 2.0 GiB입니다. 매개변수와 기울기와 모멘트에 1.0 GiB, 토큰 256개짜리 32행에 8.5 GiB가 듭니다. " +
    "--gradient-checkpointing 설정을 켜거나 --max-length 값을 줄여 주세요.",
    '--shard 값이 잘못되었습니다: "9/8". 쓸 수 있는 값: 몇 번째/전체, 곧 1/8에서 8/8까지.',
  ]);
});
