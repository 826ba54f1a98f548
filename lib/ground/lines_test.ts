import assert from "node:assert/strict";
import { linesOf } from "./lines.ts";

Deno.test("linesOf: lines across pieces, letters across pieces, and no line that is cut short", async () => {
  const bytes = new TextEncoder().encode("가나\n\n다라\n마");
  const stream = ReadableStream.from(Array.from(bytes, (byte) => Uint8Array.of(byte)));
  const lines: string[] = [];
  for await (const line of linesOf(stream)) lines.push(line);
  assert.deepEqual(lines, ["가나", "", "다라"]);
});
