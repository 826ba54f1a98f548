import assert from "node:assert/strict";
import { type Column, parse, type ParseOptions, stringify } from "@std/csv";

Deno.test("parse: what @std/csv documents", () => {
  const cases: [input: string, options: ParseOptions, expected: unknown][] = [
    ["a,b,c\n", {}, [["a", "b", "c"]]],
    ["a,b\r\nc,d\r\n", {}, [["a", "b"], ["c", "d"]]],
    ["a,b\rc,d\r\n", {}, [["a", "b\rc", "d"]]],
    ["field1,field2\r", {}, [["field1", "field2"]]],
    ["\n\na,b\n\n\nc,d\n\n", {}, [["a", "b"], ["c", "d"]]],
    ['"two\r\nlines","a ""word"""', {}, [["two\nlines", 'a "word"']]],
    ['a,"",\n,,', {}, [["a", "", ""], ["", "", ""]]],
    ["a,b,c\nd,e", {}, [["a", "b", "c"], ["d", "e"]]],
    ["a,b,c\nd,e", { fieldsPerRecord: -1 }, [["a", "b", "c"], ["d", "e"]]],
    ["\ufeff봄,밤\na\ufeffb,c", {}, [["봄", "밤"], ["a\ufeffb", "c"]]],
    ["a;b,c\n", { separator: ";" }, [["a", "b,c"]]],
    ["a€€b€€c", { separator: "€€" }, [["a", "b", "c"]]],
    ['#1,2\na,b\n #c,d\n#"e', { comment: "#" }, [["a", "b"], [" #c", "d"]]],
    ["#1,2\na,b", {}, [["#1", "2"], ["a", "b"]]],
    [' a,  "b, b",\t\n  #c', { trimLeadingSpace: true, comment: "#" }, [["a", "b, b", ""], ["#c"]]],
    ["a\t\tb", { trimLeadingSpace: true, separator: "\t" }, [["a", "b"]]],
    ['a "word","1"2",a","b', { lazyQuotes: true }, [['a "word"', '1"2', 'a"', "b"]]],
    ['"never\nclosed\n', { lazyQuotes: true }, [["never\nclosed"]]],
    ["a,b\n1,2", { skipFirstRow: true }, [{ a: "1", b: "2" }]],
    ["a,b\n1,2", { skipFirstRow: false }, [["a", "b"], ["1", "2"]]],
    ["a,b\n1,2", { columns: ["x", "y"] }, [{ x: "a", y: "b" }, { x: "1", y: "2" }]],
    ["a,b\n1,2", { columns: ["x", "y"], skipFirstRow: true }, [{ x: "1", y: "2" }]],
    ["", {}, []],
    ["", { columns: ["x"] }, []],
  ];
  for (const [input, options, expected] of cases) {
    assert.deepEqual(parse(input, options), expected, JSON.stringify([input, options]));
  }
});

Deno.test("parse: errors name the line and the column, in the package's words", () => {
  const cases: [input: string, options: ParseOptions, kind: typeof Error, message: string][] = [
    [
      'a""b,c',
      {},
      SyntaxError,
      'Syntax error on line 1; parse error on line 1, column 2: bare " in non-quoted-field',
    ],
    ['a,b,🐱"', {}, SyntaxError, 'parse error on line 1, column 6: bare " in non-quoted-field'],
    ['"a "word","b"', {}, SyntaxError, 'line 1, column 4: extraneous or missing " in quoted-field'],
    [
      'a,b\n\n1,"b\nc"d,e',
      {},
      SyntaxError,
      "Syntax error on line 3; parse error on line 4, column 2: extraneous",
    ],
    [
      'id\n1\n"baz\n',
      {},
      SyntaxError,
      "Syntax error on line 3; parse error on line 3, column 1: extraneous or missing",
    ],
    ['"""""""', {}, SyntaxError, "line 1, column 8: extraneous"],
    ['#x\n  "a"b', { comment: "#", trimLeadingSpace: true }, SyntaxError, "line 2, column 5: extraneous"],
    [
      "a,b,c\n\nd,e",
      { fieldsPerRecord: 0 },
      SyntaxError,
      "Syntax error on line 3: expected 3 fields but got 2",
    ],
    [
      '"x\ny",b\nc',
      { fieldsPerRecord: 2 },
      SyntaxError,
      "Syntax error on line 3: expected 2 fields but got 1",
    ],
    [
      "a,b\n1,2\n3",
      { skipFirstRow: true },
      Error,
      "line 3: The record has 1 fields, but the header has 2 fields",
    ],
    [
      "1,2\n3,4,5",
      { columns: ["a", "b"] },
      Error,
      "line 2: The record has 3 fields, but the header has 2 fields",
    ],
    ["", { skipFirstRow: true }, TypeError, "headers must be defined"],
    ["a", { separator: '"' }, Error, "invalid delimiter"],
    ["a", { separator: "\n" }, Error, "invalid delimiter"],
    ["a", { separator: "" }, Error, "invalid delimiter"],
    ["a", { separator: "#", comment: "#" }, Error, "invalid delimiter"],
    ["a", { comment: "\r" }, Error, "invalid delimiter"],
  ];
  for (const [input, options, kind, message] of cases) {
    assert.throws(() => parse(input, options), (error) => {
      assert(error instanceof kind, JSON.stringify([input, options]));
      assert(error.message.includes(message), `${error.message} lacks ${message}`);
      return true;
    }, JSON.stringify([input, options]));
  }
});

Deno.test("parse: the result's type follows the options", () => {
  const rows: string[][] = parse("a,b");
  const byName: Record<"x" | "y", string>[] = parse("a,b", { columns: ["x", "y"] });
  const byHeader: Record<string, string>[] = parse("a\n1", { skipFirstRow: true });
  assert.deepEqual([rows[0]?.[1], byName[0]?.y, byHeader[0]?.a], ["b", "b", "1"]);
  // @ts-expect-error: there is no column z
  assert.equal(byName[0]?.z, undefined);
});

Deno.test("parse: a key of the object's prototype is a column like any other", () => {
  assert.deepEqual(Object.keys(parse("__proto__,a\n1,2", { skipFirstRow: true })[0] ?? {}), [
    "__proto__",
    "a",
  ]);
});

Deno.test("stringify: what @std/csv documents", () => {
  const people = [{ name: { first: "Rick" }, age: 70, tags: ["a"] }, {
    name: { first: "봄, 밤" },
    age: null,
    tags: [],
  }];
  const columns: Column[] = [["name", "first"], { prop: "age", header: "나이" }, {
    prop: ["tags", 0],
    header: "tag",
  }];
  assert.equal(stringify(people, { columns }), 'first,나이,tag\r\nRick,70,a\r\n"봄, 밤",,\r\n');
  assert.equal(
    stringify(people, { columns, headers: false, separator: "\t" }),
    "Rick\t70\ta\r\n봄, 밤\t\t\r\n",
  );
  assert.equal(
    stringify([["a\nb", 'c"d', " e ", "f\r", true, 1.5, undefined, { g: 1 }]]),
    '"a\nb","c""d", e ,f\r,true,1.5,,"{""g"":1}"\r\n',
  );
  assert.equal(stringify([[], [""], ["a"]], { bom: true }), "\ufeff\r\n\r\na\r\n");
  assert.equal(stringify([[1, 2]], { columns: [{ prop: 1, header: "b" }] }), "b\r\n2\r\n");
  assert.equal(stringify([], { columns: ["a", "b"] }), "a,b\r\n");
  assert.throws(() => stringify([{ a: 1 }]), /No property accessor function was provided for object/);
  assert.throws(() => stringify([["a"]], { columns: ["a"] }), /not of type "number"/);
  assert.throws(() => stringify([["a"]], { separator: '"' }), TypeError);
});

Deno.test("what stringify writes, parse reads again", () => {
  const alphabet = ["a", "가", "🐱", ",", '"', "\n", " ", "'", ";", "#"];
  let state = 1;
  const draw = (below: number) => (state = state * 48271 % 2147483647) % below;
  for (let trial = 0; trial < 300; trial++) {
    const width = 2 + draw(4);
    const table = Array.from(
      { length: 1 + draw(5) },
      () =>
        Array.from(
          { length: width },
          () => Array.from({ length: draw(6) }, () => alphabet[draw(10)]).join(""),
        ),
    );
    assert.deepEqual(parse(stringify(table)), table);
    assert.deepEqual(parse(stringify(table, { separator: ";", bom: true }), { separator: ";" }), table);
  }
});
