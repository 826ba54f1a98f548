import assert from "node:assert/strict";
import {
  isMissing,
  parseAdults,
  parseDate,
  parseGenres,
  parseId,
  parseListLiteral,
  parseLyrics,
  parseName,
  parseNames,
  ValueError,
} from "./values.ts";

Deno.test("parseDate: every form, as far as the date is known", () => {
  const cases: [text: string, year: number | null, month: number | null, day: number | null][] = [
    ["2001.03.16", 2001, 3, 16],
    ["2001-03-16", 2001, 3, 16],
    ["2001/3/6", 2001, 3, 6],
    ["2001.03.16.", 2001, 3, 16],
    ["20010316", 2001, 3, 16],
    ["2001-03-16 00:00:00", 2001, 3, 16],
    ["2001-03-16T09:30:00.000Z", 2001, 3, 16],
    ["1999.10", 1999, 10, null],
    ["2002", 2002, null, null],
    ["2002.00.00", 2002, null, null],
    ["20030500", 2003, 5, null],
    ["0000.00.00", null, null, null],
    ["2004.02.29", 2004, 2, 29],
    ["-", null, null, null],
    ["", null, null, null],
    ["NaN", null, null, null],
    ["2001. 3. 16.", 2001, 3, 16],
    ["2001. 12. 1", 2001, 12, 1],
    ["2001. 3.", 2001, 3, null],
    ["2001년 3월 16일", 2001, 3, 16],
    ["2001년3월", 2001, 3, null],
    ["2001년", 2001, null, null],
    ["2001.03.16 (금)", 2001, 3, 16],
    ["20010316.0", 2001, 3, 16],
    ["2001.0", 2001, null, null],
    ["NaT", null, null, null],
    ["<NA>", null, null, null],
    ["#N/A", null, null, null],
    ["\\N", null, null, null],
    ["NA", null, null, null],
  ];
  for (const [text, year, month, day] of cases) assert.deepEqual(parseDate(text), { text, year, month, day });
  assert.deepEqual(parseDate(" 2002 "), { text: "2002", year: 2002, month: null, day: null });
});

Deno.test("parseDate: what is no date is refused, with the reason", () => {
  for (
    const text of [
      "봄",
      "16.03.2001",
      "99.10",
      "2001.03-16",
      "2001.03.16.1",
      "200103",
      "2001.03.16 봄",
      "2001년 16일",
    ]
  ) {
    assert.throws(() => parseDate(text), /this is not a date/, text);
  }
  assert.throws(() => parseDate("2001.13"), /there is no month 13/);
  assert.throws(() => parseDate("2001.02.29"), /there is no day 29 in 2001.2/);
  assert.throws(
    () => parseDate("2001.13"),
    (error) => error instanceof ValueError && /2001\.03\.16/.test(error.remedy),
  );
});

Deno.test("parseAdults: yes, no, unknown; nothing else", () => {
  for (const text of ["1", "1.0", "true", "True", " TRUE ", "yes", "Y", "O", "예"]) {
    assert.equal(parseAdults(text), true, text);
  }
  for (const text of ["0", "0.0", "false", "False", "no", "N", "X", "아니오"]) {
    assert.equal(parseAdults(text), false, text);
  }
  for (const text of ["", "-", "nan", "None"]) assert.equal(parseAdults(text), null, text);
  for (const text of ["2", "maybe", "10", "0.5", "성인"]) {
    assert.throws(() => parseAdults(text), /neither yes nor no/, text);
  }
});

Deno.test("parseId: without stray quotes and the .0 of a float", () => {
  const cases: [string, string | null][] = [
    ["'1869'", "1869"],
    ['"1869"', "1869"],
    ["1869'", "1869"],
    ["‘1869’", "1869"],
    ["1869.0", "1869"],
    ["'1869.0'", "1869"],
    [" 1869 ", "1869"],
    ["\u200b1869\ufeff", "1869"],
    ["B.1.0", "B.1.0"],
    ["007", "007"],
    ["Love's End", "Love's End"],
    ["''", null],
    ["-", null],
    ["", null],
    ["nan", null],
  ];
  for (const [text, id] of cases) assert.equal(parseId(text), id, text);
});

Deno.test("parseName and parseNames: NFC, entities, single spaces, commas with or without spaces", () => {
  assert.equal(parseName(" R&amp;B\u00a0 봄 ".normalize("NFD")), "R&B 봄");
  assert.deepEqual(parseNames("아이유,지코 , 아이유,,-"), ["아이유", "지코"]);
  assert.deepEqual(parseNames("-"), []);
  assert.deepEqual(parseNames(" "), []);
  assert.deepEqual(parseNames("Simon & Garfunkel"), ["Simon & Garfunkel"]);
  assert.equal(parseName("\u2068봄\u200b밤\u2069"), "봄밤");
  assert.deepEqual(parseNames("아이유|지코 ; 나얼，거미"), ["아이유", "지코", "나얼", "거미"]);
});

Deno.test("words that stand for a missing value are no name, no lyrics, no genre", () => {
  for (
    const word of [
      "nan",
      "NaN",
      "None",
      "NULL",
      "\\N",
      "NaT",
      "<NA>",
      "NA",
      "#N/A",
      "#N/A N/A",
      "n/a",
      "#NAME?",
      " nan ",
    ]
  ) {
    assert(isMissing(word), word);
    assert.equal(parseName(word), "", word);
    assert.deepEqual(parseNames(word), [], word);
    assert.deepEqual(parseGenres(`댄스,${word}`), ["댄스"], word);
    assert.equal(parseLyrics(word), "", word);
    assert.equal(parseId(word), null, word);
  }
  for (const name of ["나나", "Nana", "Nas", "None of Us", "0", "N.A", "Nat King Cole"]) {
    assert(!isMissing(name), name);
  }
});

Deno.test("parseListLiteral: lists as Python, JSON and numpy write them; other texts are none", () => {
  const cases: [text: string, items: string[] | null][] = [
    ["['발라드', '댄스']", ["발라드", "댄스"]],
    ['["R&B/Soul","Guns N\' Roses"]', ["R&B/Soul", "Guns N' Roses"]],
    ["['it\\'s', \"x\", '\\ubc1c\\n']", ["it's", "x", "발\n"]],
    ["['a, b']", ["a, b"]],
    ["('발라드',)", ["발라드"]],
    ["{'가', '나'}", ["가", "나"]],
    ["['가' '나'\n '다']", ["가", "나", "다"]],
    ["[u'가', None, nan]", ["가", "None", "nan"]],
    ["[0, 3.0]", ["0", "3.0"]],
    ["[3]", ["3"]],
    ["[nan]", ["nan"]],
    ["[발라드, 록 메탈]", ["발라드", "록 메탈"]],
    ["[]", []],
    ["[Alexandros]", null],
    ["(여자)아이들", null],
    ["[MV] 봄", null],
    ["('Til Tuesday)", null],
    ["발라드", null],
    ["", null],
  ];
  for (const [text, items] of cases) assert.deepEqual(parseListLiteral(text), items, text);
  for (const broken of ["['발라드', '댄", "[['가'], ['나']]", "[{'id': 1}]", "['It's me']"]) {
    assert.throws(() => parseListLiteral(broken), (error) => {
      assert(error instanceof ValueError);
      assert.match(error.message, /looks like a list/);
      assert.match(error.remedy, /commas between/);
      return true;
    }, broken);
  }
  assert.deepEqual(parseNames("['아이유', '지코, 나얼', '아이유']"), ["아이유", "지코, 나얼"]);
  assert.deepEqual(parseGenres("['0', 3]", new Map([["0", "발라드"], ["3", "댄스"]])), ["발라드", "댄스"]);
});

Deno.test("parseLyrics: a list of lines is its lines; anything else in brackets is a text", () => {
  assert.equal(parseLyrics("['봄이 와요', '그대']"), "봄이 와요\n그대");
  for (const text of ["[후렴] 봄", "['봄' 노래]\n그대", " 봄 "]) assert.equal(parseLyrics(text), text);
});

Deno.test("parseGenres: names with slash and ampersand, none, and codes", () => {
  assert.deepEqual(parseGenres("랩/힙합,R&B/Soul, R&amp;B/Soul"), ["랩/힙합", "R&B/Soul"]);
  assert.deepEqual(parseGenres("'댄스', \"발라드\",록'n'롤"), ["댄스", "발라드", "록'n'롤"]);
  assert.deepEqual(parseGenres("-"), []);
  assert.deepEqual(parseGenres("nan"), []);
  const names = new Map([["0", "발라드"], ["3", "댄스"], ["4", "댄스"]]);
  assert.deepEqual(parseGenres("0,3", names), ["발라드", "댄스"]);
  assert.deepEqual(parseGenres("3.0", names), ["댄스"]);
  assert.deepEqual(parseGenres("3,4", names), ["댄스"]);
  assert.deepEqual(parseGenres("포크, 0", names), ["포크", "발라드"]);
  assert.throws(() => parseGenres("0,7", names), /genre code 7 has no name/);
  assert.deepEqual(parseGenres("0, 3.0,03"), ["0", "3"]);
});
