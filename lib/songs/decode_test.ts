import assert from "node:assert/strict";
import { DecodeError, decodeText } from "./decode.ts";

const bytes = (...values: number[]) => new Uint8Array(values);
const utf8 = (text: string) => new TextEncoder().encode(text);

Deno.test("decodeText: UTF-8 with a byte order mark and without", () => {
  assert.deepEqual(decodeText(utf8("노래,song\n")), { text: "노래,song\n", encoding: "UTF-8" });
  assert.deepEqual(decodeText(utf8("\ufeff노래")), { text: "노래", encoding: "UTF-8" });
  assert.deepEqual(decodeText(bytes()), { text: "", encoding: "UTF-8" });
});

Deno.test("decodeText: CP949, with syllables beyond EUC-KR", () => {
  assert.deepEqual(decodeText(bytes(0xb3, 0xeb, 0xb7, 0xa1, 0x0a)), { text: "노래\n", encoding: "CP949" });
  assert.deepEqual(decodeText(bytes(0x8c, 0x63, 0xb9, 0xe6)), { text: "똠방", encoding: "CP949" });
});

Deno.test("decodeText: UTF-16 with its mark, either byte order", () => {
  assert.deepEqual(decodeText(bytes(0xff, 0xfe, 0x00, 0xac, 0x0a, 0x00)), {
    text: "가\n",
    encoding: "UTF-16",
  });
  assert.deepEqual(decodeText(bytes(0xfe, 0xff, 0xac, 0x00, 0x00, 0x0a)), {
    text: "가\n",
    encoding: "UTF-16",
  });
  assert.throws(() => decodeText(bytes(0xff, 0xfe, 0x00, 0xd8)), /does not go on as UTF-16/);
});

Deno.test("decodeText: UTF-8 with a broken byte is not taken for CP949, and the line is named", () => {
  const broken = new Uint8Array([...utf8("id,가나다\n1,라마\n2,"), 0xff, ...utf8("바사\n")]);
  assert.throws(() => decodeText(broken), (error) => {
    assert(error instanceof DecodeError);
    assert.equal(error.line, 3);
    assert.match(
      error.message,
      /neither UTF-8 \(wrong from byte 24, line 3\) nor CP949 \(wrong from byte \d+, line \d\)/,
    );
    return true;
  });
});

Deno.test("decodeText: a workbook and binary data are called what they are", () => {
  assert.throws(() => decodeText(bytes(0x50, 0x4b, 3, 4, 0, 0)), /zip archive \(an Excel workbook is one\)/);
  assert.throws(() => decodeText(bytes(0x61, 0x0a, 0x00)), /byte 2 is zero/);
});
