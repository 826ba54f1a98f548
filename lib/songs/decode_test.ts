import assert from "node:assert/strict";
import { DecodeError, decodeText, EncodingSniffer, textDecoder } from "./decode.ts";

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
      /neither UTF-8 \(wrong from byte 24, line 3\) nor CP949 \(wrong from byte \d+\)/,
    );
    return true;
  });
});

Deno.test("decodeText: a workbook and binary data are called what they are", () => {
  assert.throws(() => decodeText(bytes(0x50, 0x4b, 3, 4, 0, 0)), /zip archive \(an Excel workbook is one\)/);
  assert.throws(() => decodeText(bytes(0x61, 0x0a, 0x00)), /byte 2 is zero/);
});

Deno.test("decodeText: what stands for a file, or is packed, is named with a remedy", () => {
  const pointer = utf8("version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 3\n");
  const cases: [Uint8Array, RegExp, RegExp][] = [
    [pointer, /Git LFS pointer/, /git lfs pull/],
    [bytes(0x1f, 0x8b, 8, 0), /gzip/, /gunzip/],
    [bytes(0xd0, 0xcf, 0x11, 0xe0, 0xa1), /\.xls/, /CSV UTF-8/],
    [utf8("PAR1\u0015"), /Parquet/, /save this as text/],
  ];
  for (const [file, what, remedy] of cases) {
    assert.throws(() => decodeText(file), (error) => {
      assert(error instanceof DecodeError);
      assert.match(error.message, what);
      assert.match(error.remedy, remedy);
      return true;
    });
  }
});

/** Bytes of UTF-16. */
const utf16 = (text: string, littleEndian: boolean): Uint8Array => {
  const view = new DataView(new ArrayBuffer(2 * text.length));
  for (let i = 0; i < text.length; i++) view.setUint16(2 * i, text.charCodeAt(i), littleEndian);
  return new Uint8Array(view.buffer);
};

Deno.test("decodeText: UTF-16 without its mark, by its zeros", () => {
  const text = "id,lyrics\n1,가나다 라마바\n2,사아자 차카타\n";
  assert.deepEqual(decodeText(utf16(text, true)), { text, encoding: "UTF-16" });
  assert.deepEqual(decodeText(utf16(text, false)), { text, encoding: "UTF-16" });
});

Deno.test("EncodingSniffer: chunks of any size give what the whole gives", () => {
  const korean = "id,가사\n1,똠방각하 햏 \u200b끝🎵\n".repeat(3);
  const cp949 = new Uint8Array([...bytes(0xb3, 0xeb, 0x0a, 0x8c, 0x63, 0xb9, 0xe6), ...utf8(",a\n")]);
  const texts = [
    [utf8(korean), korean],
    [utf8("\ufeff" + korean), korean],
    [cp949, "노\n똠방,a\n"],
    [utf16("\ufeff" + korean, true), korean],
    [utf16("\ufeff" + korean, false), korean],
  ] as const;
  for (const [whole, text] of texts) {
    for (const size of [1, 2, 3, 7, 1000]) {
      const chunks = Array.from(
        { length: Math.ceil(whole.length / size) },
        (_, i) => whole.subarray(i * size, (i + 1) * size),
      );
      const sniffer = new EncodingSniffer();
      for (const chunk of chunks) sniffer.push(chunk);
      const decoder = textDecoder(sniffer.end());
      const decoded = chunks.map((chunk) => decoder.decode(chunk, { stream: true })).join("");
      assert.equal(decoded + decoder.decode(), text);
    }
  }
});

Deno.test("EncodingSniffer: where it breaks is the same in chunks as in the whole", () => {
  const broken = new Uint8Array([...utf8("id,가나다\n1,라마\n2,"), 0xff, ...utf8("바사\n")]);
  const inside = new Uint8Array([...utf8("가나다라").subarray(0, 11), 0x20, 0xff]); // the last letter is not whole
  for (
    const [text, expected] of [[broken, /from byte 24, line 3/], [inside, /from byte 11, line 1/]] as const
  ) {
    const messages = [1, 2, 5, 11, 12, 24, 25, 100].map((size) => {
      try {
        const sniffer = new EncodingSniffer();
        for (let at = 0; at < text.length; at += size) sniffer.push(text.subarray(at, at + size));
        return `no error but ${sniffer.end().encoding}`;
      } catch (error) {
        return (error as Error).message;
      }
    });
    assert.match(messages[0]!, expected);
    assert.deepEqual(new Set(messages).size, 1, messages.join("\n"));
  }
});
