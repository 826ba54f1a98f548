/** What the tests of this room share: the fixtures that tools/reference/tokenizer_fixtures.py makes. */

import { withFolder as inFolder } from "../../ground/testing/folder.ts";
import type { SentencePieceModel } from "../sentencepiece_model.ts";

const folder = new URL("../testdata/", import.meta.url);

/** A fixture as JSON. */
export function fixture<T>(name: string): T {
  return JSON.parse(Deno.readTextFileSync(new URL(name, folder)));
}

/** Where a fixture lies. */
export function fixturePath(name: string): string {
  return new URL(name, folder).pathname;
}

/** The hostile texts that every reference is made of. */
export const hostileTexts = fixture<string[]>("texts.json");

/** What Python made of one text, with what the fixture at hand holds. */
export interface Row {
  ids: number[];
  /** Start and end of each token, one after the other. */
  offsets?: number[];
  pieces?: string[];
  tokens?: string[];
  decoded?: string;
}

/** Writes files into a folder of its own and removes it afterwards. */
export async function withFolder<T>(
  files: Record<string, string | Uint8Array | object>,
  use: (folder: string) => Promise<T>,
): Promise<T> {
  return await inFolder(async (path) => {
    for (const [name, content] of Object.entries(files)) {
      if (content instanceof Uint8Array) await Deno.writeFile(`${path}/${name}`, content);
      else {
        const text = typeof content === "string" ? content : JSON.stringify(content);
        await Deno.writeTextFile(`${path}/${name}`, text);
      }
    }
    return await use(path);
  });
}

/** A SentencePiece model made by hand: `<unk>` and pieces with their scores, without a character map. */
export function handMade(scores: Record<string, number>): SentencePieceModel {
  const pieces = Object.entries(scores).map(([text, score]) => ({
    text,
    score: Math.fround(score),
    type: 1,
  }));
  return {
    pieces: [{ text: "<unk>", score: 0, type: 2 }, ...pieces],
    algorithm: "unigram",
    unkId: 0,
    byteFallback: false,
    treatWhitespaceAsSuffix: false,
    unkSurface: " ⁇ ",
    normalizer: {
      name: "identity",
      charsmap: new Uint8Array(0),
      addDummyPrefix: true,
      removeExtraWhitespaces: true,
      escapeWhitespaces: true,
    },
    denormalizer: null,
  };
}
