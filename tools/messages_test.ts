/**
 * What the messages for people name exists: options, tasks, files of the project; and they speak the commands' words, not TypeScript's. The messages
 * are collected out of the sources.
 */
import assert from "node:assert/strict";
import { join, relative } from "node:path";
import { recipeFields } from "../lib/training/recipe.ts";
import { commandLines } from "./command_lines.ts";
import { flagName } from "./options.ts";
import { exists, inProject, root } from "./setup/paths.ts";

/** A message: its literal parts, and where it stands. */
interface Message {
  place: string;
  text: string;
}

function sourceFiles(folder: string): string[] {
  return [...Deno.readDirSync(folder)].flatMap(({ name, isDirectory }) => {
    const path = join(folder, name);
    if (isDirectory) return name === "testdata" ? [] : sourceFiles(path);
    return /\.ts$/.test(name) && !/_test\.ts$|^testing\.ts$|^fake_|^parity/.test(name) ? [path] : [];
  });
}

/**
 * The literal parts of the strings in code, from a place up to the bracket that closes what is open there; `…` stands for what is put in.
 *
 * @returns the text, and the place behind the bracket
 */
function literals(source: string, start: number): { text: string; end: number } {
  let text = "", at = start;
  const closing = { "(": ")", "[": "]", "{": "}" } as Record<string, string>;
  while (at < source.length) {
    const letter = source[at]!;
    if (letter in closing) {
      const inner = literals(source, at + 1);
      text += inner.text;
      at = inner.end;
    } else if (Object.values(closing).includes(letter)) return { text, end: at + 1 };
    else if (letter === '"' || letter === "'") {
      for (at++; source[at] !== letter; at++) {
        if (source[at] === "\\") at++;
        text += source[at];
      }
      at++;
    } else if (letter === "`") {
      for (at++; source[at] !== "`";) {
        if (source.startsWith("${", at)) {
          const inner = literals(source, at + 2);
          text += inner.text === "" ? "…" : inner.text;
          at = inner.end;
        } else if (source[at] === "\\") {
          text += source[at + 1];
          at += 2;
        } else text += source[at++];
      }
      at++;
    } else at++;
  }
  return { text, end: at };
}

/** What people are shown where something cannot be: the arguments of errors that they can mend. */
function messages(): Message[] {
  return ["lib", "tools", "data"].flatMap((folder) => sourceFiles(inProject(folder))).flatMap((path) => {
    const source = Deno.readTextFileSync(path);
    return [
      ...source.matchAll(/\bnew (?:UserError|UsageError|SongsError|ValueError|DecodeError|NetworkError)\(/g),
    ]
      .flatMap((match) => {
        const start = match.index + match[0].length;
        const line = source.slice(0, match.index).split("\n").length;
        const { text } = literals(source, start);
        return [{ place: `${relative(root, path)}:${line}`, text }];
      });
  });
}
console.log(JSON.stringify(messages(), null, 1));
