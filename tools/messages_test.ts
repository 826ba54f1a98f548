/**
 * What the messages for people name exists: options, tasks, files of the project; and they speak the commands' words, not TypeScript's. The messages
 * are collected out of the sources.
 */
import assert from "node:assert/strict";
import { join, relative } from "node:path";
import { phrases } from "../lib/ground/mod.ts";
import { recipeFields } from "../lib/training/mod.ts";
import { commandLines } from "./command_lines.ts";
import { flagName } from "./options.ts";
import { exists, inProject, root } from "./setup/paths.ts";

/** A message: its literal parts, and where it stands. */
interface Message {
  place: string;
  /** Whether it says why something cannot be; a note otherwise. */
  isError: boolean;
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
      text += text === "" || /\s$/.test(text) ? "" : " ";
      for (at++; source[at] !== letter; at++) {
        if (source[at] === "\\") text += source[++at] === "n" ? "\n" : source[at];
        else text += source[at];
      }
      at++;
    } else if (letter === "`") {
      text += text === "" || /\s$/.test(text) ? "" : " ";
      for (at++; source[at] !== "`";) {
        if (source.startsWith("${", at)) {
          const inner = literals(source, at + 2);
          text += inner.text === "" ? "…" : ` ${inner.text} `;
          at = inner.end;
        } else if (source[at] === "\\") {
          text += source[at + 1] === "n" ? "\n" : source[at + 1];
          at += 2;
        } else text += source[at++];
      }
      at++;
    } else at++;
  }
  return { text, end: at };
}

/** What people are shown: the arguments of errors that they can mend, and of notes. */
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
        return [{ isError: match[0].startsWith("new"), place: `${relative(root, path)}:${line}`, text }];
      });
  });
}

/** The options of every task, the two included whose tables stand in their commands. */
function optionsOf(): Map<string, Set<string>> {
  const tables = new Map<string, Set<string>>(
    Object.entries(commandLines).map((
      [task, { options }],
    ) => [task, new Set([...Object.keys(options).map(flagName), "debug", "help"])]),
  );
  for (const task of tasks()) {
    if (tables.has(task)) continue;
    const path = inProject("tools", "commands", `${task}.ts`);
    if (!exists(path)) continue;
    const source = Deno.readTextFileSync(path);
    const table = source.slice(source.indexOf("options: {"), source.indexOf("\n  },\n});"));
    const own = [...table.matchAll(/^ {4}(\w+)\b|\bshared\.(\w+)/gm)].map(([, name, shared]) =>
      flagName(name ?? shared!)
    );
    const recipe = table.includes("...recipe") ? Object.keys(recipeFields).map(flagName) : [];
    tables.set(task, new Set([...own, ...recipe, "debug", "help"]));
  }
  return tables;
}

const tasks = (): string[] => Object.keys(JSON.parse(Deno.readTextFileSync(inProject("deno.json"))).tasks);

/** The tasks that a message can come from: of a command itself that one, of the rest any that works on songs. */
function tasksOf({ place }: Message): string[] {
  const [, command] = place.match(/^tools\/commands\/([\w-]+)\.ts/) ?? [];
  if (command !== undefined) return [command];
  const [, room] = place.match(/^tools\/(folds|bench|setup)/) ?? [];
  return room === undefined ? ["train", "start", "evaluate", "pretrain", "predict", "folds"] : [room];
}

const all = messages();

Deno.test("messages: there are some, and their texts are whole", () => {
  assert.ok(all.length > 200, `${all.length} messages`);
  const text = all.find(({ place }) => place.startsWith("lib/ground/lock.ts"))!.text;
  assert.match(text, /is being written by .*Wait for it, end it, or choose another folder with --output\./s);
});

Deno.test("messages: every option that one names is there in a command that can say it", () => {
  const options = optionsOf();
  for (const message of all) {
    for (const [, name] of message.text.matchAll(/(?<![\w-])--([a-z][a-z0-9-]*[a-z0-9])/g)) {
      // of another task's command line, or of this one's
      const [, named] = message.text.match(/deno task ([a-z-]+)[^"]*--/) ?? [];
      const places = named === undefined ? tasksOf(message) : [named, ...tasksOf(message)];
      assert.ok(
        places.some((task) => options.get(task)?.has(name!)),
        `${message.place}: no command of ${places} has --${name}: ${message.text}`,
      );
    }
  }
});

Deno.test("messages: every task that one names is there", () => {
  const known = tasks();
  for (const { place, text } of all) {
    for (const [, name] of text.matchAll(/deno task ([a-z][a-z-]*)/g)) {
      assert.ok(known.includes(name!), `${place}: there is no task ${name}: ${text}`);
    }
  }
});

Deno.test("messages: none speaks TypeScript to a person at a command", () => {
  for (const { place, text } of all.filter(({ isError }) => isError)) {
    // the names of recipe fields are shown as the options that they are; JSON has words of its own, in quotes
    const words = text.replaceAll(/"[^"]*"/g, "").match(/(?<![\w.-])[a-z]+[A-Z]\w*/g) ?? [];
    for (const word of words) {
      assert.ok(word in recipeFields, `${place}: "${word}" is no word of a command: ${text}`);
    }
    assert.doesNotMatch(
      text,
      /\bresume: (true|false)\b|\((labels|base|genres)\)|pass the option/,
      place,
    );
  }
});

/**
 * Messages that stay English: of what only the maker of a file or a caller from TypeScript can mend, and of the commands that keep up these pages.
 */
const englishAlone = [
  /^lib\/tokenizer\/(?!load|tokenizer\.ts|wordpiece)|^lib\/tokenizer\/load_json/,
  /^lib\/models\/files\/(?:pickle|pytorch_bin|zip|tensor_file|safetensors|file_bytes)/,
  /^lib\/notebook\/(?:font_face|typeface)|^lib\/trials\/trial\.ts|^lib\/training\/classifier\.ts/,
  /^tools\/docs\/|^tools\/commands\/(?:bench|docs)\.ts|^tools\/notebooks\/testing\//,
];

Deno.test("messages: errors that people meet have their Korean in the book, sentence by sentence", () => {
  const pieces = [...new Set(phrases.flatMap(([english]) => english.split(/\{n?\}|(?<=[.:;]) /)))]
    .map((piece) => piece.replaceAll(/^[\s.:;,"()]+|[\s.:;,"()]+$/g, "")).filter((piece) =>
      / /.test(piece) && !/^it (?:can|must) be$/.test(piece)
    )
    .sort((a, b) => b.length - a.length);
  const lacking = all.filter(({ isError, place, text }) =>
    isError && !/\p{Script=Hangul}{2}/u.test(text.replaceAll(/"[^"]*"|\([^)]*\)|[\d,]+발라드/g, "")) &&
    !englishAlone.some((pattern) => pattern.test(place))
  ).flatMap(({ place, text }) => {
    const left = pieces.reduce((left, piece) => left.replaceAll(piece, " … "), text.replaceAll(/\s+/g, " "))
      .replace(/\b(?:choice |can |must )+be\b[^.]*/, " … ");
    const sentence = left.match(/[a-z']+(?: [a-z']+){3,}/i);
    return sentence === null ? [] : [`${place}: ${sentence[0]}`];
  });
  assert.deepEqual(lacking, []);
});
