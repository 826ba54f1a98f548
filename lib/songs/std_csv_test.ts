import assert from "node:assert/strict";
import { parse, stringify } from "@std/csv";

Deno.test("parse: what @std/csv documents", () => {
  const cases: [input: string, options: { separator?: string }, expected: unknown][] = [
    ["a,b,c\n", {}, [["a", "b", "c"]]],
    ["a,b\r\nc,d\r\n", {}, [["a", "b"], ["c", "d"]]],
    ["a,b\rc,d\r\n", {}, [["a", "b\rc", "d"]]],
    ["field1,field2\r", {}, [["field1", "field2"]]],
    ["\n\na,b\n\n\nc,d\n\n", {}, [["a", "b"], ["c", "d"]]],
    ['"two\r\nlines","a ""word"""', {}, [["two\nlines", 'a "word"']]],
    ['a,"",\n,,', {}, [["a", "", ""], ["", "", ""]]],
    ["a,b,c\nd,e", {}, [["a", "b", "c"], ["d", "e"]]],
    ["\ufeff봄,밤\na\ufeffb,c", {}, [["봄", "밤"], ["a\ufeffb", "c"]]],
    ["a;b,c\n", { separator: ";" }, [["a", "b,c"]]],
    ["a€€b€€c", { separator: "€€" }, [["a", "b", "c"]]],
    ["#1,2\na,b", {}, [["#1", "2"], ["a", "b"]]],
    ["", {}, []],
  ];
  for (const [input, options, expected] of cases) {
    assert.deepEqual(parse(input, options), expected, JSON.stringify([input, options]));
  }
});

Deno.test("parse: errors name the line and the column, in the package's words", () => {
  const cases: [input: string, message: string][] = [
    ['a""b,c', 'Syntax error on line 1; parse error on line 1, column 2: bare " in non-quoted-field'],
    ['a,b,🐱"', 'parse error on line 1, column 6: bare " in non-quoted-field'],
    ['"a "word","b"', 'line 1, column 4: extraneous or missing " in quoted-field'],
    ['a,b\n\n1,"b\nc"d,e', "Syntax error on line 3; parse error on line 4, column 2: extraneous"],
    ['id\n1\n"baz\n', "Syntax error on line 3; parse error on line 3, column 1: extraneous or missing"],
    ['"""""""', "line 1, column 8: extraneous"],
  ];
  for (const [input, message] of cases) {
    assert.throws(() => parse(input), (error) => {
      assert(error instanceof SyntaxError, input);
      assert(error.message.includes(message), `${error.message} lacks ${message}`);
      return true;
    });
  }
  for (const separator of ['"', "\n", ""]) {
    assert.throws(() => parse("a", { separator }), /invalid delimiter/);
  }
});

Deno.test("stringify: what @std/csv documents", () => {
  const people = [{ id: 7, name: "봄, 밤", other: "-" }, { id: null, name: "가" }];
  assert.equal(stringify(people, { columns: ["name", "id"] }), 'name,id\r\n"봄, 밤",7\r\n가,\r\n');
  assert.equal(stringify(people, { columns: ["name"], separator: "\t" }), "name\r\n봄, 밤\r\n가\r\n");
  assert.equal(
    stringify([["a\nb", 'c"d', " e ", "f\r", true, 1.5, undefined, { g: 1 }]]),
    '"a\nb","c""d", e ,f\r,true,1.5,,"{""g"":1}"\r\n',
  );
  assert.equal(stringify([[], [""], ["a"]]), "\r\n\r\na\r\n");
  assert.equal(stringify([], { columns: ["a", "b"] }), "a,b\r\n");
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
    assert.deepEqual(parse(stringify(table, { separator: ";" }), { separator: ";" }), table);
  }
});
