/**
 * The house's rules as rules of `deno lint` (deno.json names this file): how constants, private members and files' heads are written, which
 * room may import which, and only through its door. CONTRIBUTING.md says why.
 */
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** Each room of lib/ and the rooms it may import, beside `ground`. A test may import whatever stands above its room. */
const rooms: Readonly<Record<string, readonly string[]>> = {
  ground: [],
  songs: [],
  tokenizer: [],
  engine: [],
  evaluation: [],
  plots: [],
  team: [],
  models: ["engine"],
  training: ["songs", "tokenizer", "engine", "evaluation", "team", "models"],
  trials: ["songs", "tokenizer", "engine", "evaluation", "models", "training"],
  qa: ["songs", "tokenizer", "engine", "evaluation", "models", "training", "trials"],
  notebook: ["models", "plots", "training", "trials"],
  subjects: [
    "songs",
    "tokenizer",
    "engine",
    "evaluation",
    "plots",
    "models",
    "training",
    "trials",
    "qa",
    "notebook",
  ],
};
const order = Object.keys(rooms);

/** Doors beside each room's `mod.ts`: what a browser takes, and what the commands' options are made of before TensorFlow is there. */
const otherDoors = ["lib/ground/pure.ts", "lib/training/recipe.ts"];

/** The room of lib/ that a file, named from the root, stands in. */
const roomOf = (file: string): string | undefined => file.match(/^lib\/([^/]+)\//)?.[1];
const isTest = (file: string): boolean => /_test\.ts$|\/testing\//.test(file);

/** What is wrong with an import, or `null`. @param file and `imported` are named from the root */
function problemOf(file: string, imported: string): string | null {
  const from = roomOf(file), to = roomOf(imported);
  if (/\/testing\//.test(imported) && !isTest(file)) return "testing/ is for tests alone.";
  if (to === undefined && from !== undefined && /^(tools|data)\//.test(imported) && !isTest(file)) {
    return "lib/ imports nothing of tools/ or data/.";
  }
  if (to === undefined || from === to) return null;
  const door = `lib/${to}/mod.ts`;
  if (
    imported !== door && !otherDoors.includes(imported) && !(isTest(file) && /\/testing\//.test(imported))
  ) {
    return `A room is imported through its door, ${door}.`;
  }
  if (from === undefined || to === "ground") return null;
  const may = isTest(file) ? order.slice(0, order.indexOf(from)) : rooms[from];
  if (may === undefined) {
    return `The room ${from} is not in tools/testing/conventions.ts: say there what it may import.`;
  }
  return may.includes(to) ? null : `lib/${from} may not import lib/${to}: it stands beside it or below.`;
}

/** The files of its own room that a file imports, named from the root. */
function importsWithin(file: string, source: string): string[] {
  const found = source.matchAll(/^\s*(?:import|export)\b[^;"']*?(?:from\s*)?"(\.[^"]+)"/gm);
  return [...found].map(([, path]) => join(dirname(file), path!)).filter((other) =>
    roomOf(other) === roomOf(file)
  );
}

const known = new Map<string, string[]>();

/** A way from a file back to itself over the imports within its room, or `null`. */
function circleOf(file: string, source: string): string[] | null {
  const seen = new Set<string>();
  const search = (at: string, path: string[]): string[] | null => {
    for (const next of at === file ? importsWithin(file, source) : known.get(at) ?? []) {
      if (next === file) return [...path, next];
      if (seen.has(next)) continue;
      seen.add(next);
      if (!known.has(next)) {
        let text = "";
        try {
          text = Deno.readTextFileSync(join(root, next));
        } catch {
          // the type check says that it is not there
        }
        known.set(next, importsWithin(next, text));
      }
      const found = search(next, [...path, next]);
      if (found !== null) return found;
    }
    return null;
  };
  return search(file, [file]);
}

/** A file that the rules are for, named from the root; `null` for others. */
function ours({ filename }: Deno.lint.RuleContext): string | null {
  const file = relative(root, filename);
  return /^(lib|tools|data)\/.*\.ts$/.test(file) ? file : null;
}

/** Calls with the path of each relative import of a file, named from the root. */
function onImports(
  context: Deno.lint.RuleContext,
  report: (file: string, imported: string) => string | null,
): Deno.lint.LintVisitor {
  const file = ours(context);
  if (file === null) return {};
  const look = (source: Deno.lint.Expression | null) => {
    if (source?.type !== "Literal" || typeof source.value !== "string" || !source.value.startsWith(".")) {
      return;
    }
    const message = report(file, join(dirname(file), source.value));
    if (message !== null) context.report({ node: source, message });
  };
  return {
    ImportDeclaration: ({ source }) => look(source),
    ExportNamedDeclaration: ({ source }) => look(source),
    ExportAllDeclaration: ({ source }) => look(source),
    ImportExpression: ({ source }) => look(source),
  };
}

export default {
  name: "house",
  rules: {
    "camel-case-constants": {
      create: (context) =>
        ours(context) === null ? {} : {
          VariableDeclarator({ id }) {
            if (id.type === "Identifier" && /^[A-Z][A-Z0-9_]+$/.test(id.name)) {
              context.report({ node: id, message: `Constants are camelCase: ${id.name} is not.` });
            }
          },
        },
    },
    "private-members": {
      create: (context) =>
        ours(context) === null ? {} : {
          PrivateIdentifier(node) {
            context.report({ node, message: `Members are private by the word: "private ${node.name}".` });
          },
        },
    },
    "file-header": {
      create(context) {
        const file = ours(context);
        return file === null || file.endsWith("_test.ts") ? {} : {
          Program(node) {
            const { text } = context.sourceCode;
            const head = text.match(/^(#![^\n]*\n)?\/\*\*.*?\*\/\n/s)?.[0] ?? "";
            // a comment of the first of several things is no head
            const rest = text.slice(head.length),
              isOfOne = /^(?:export (?!\*|\{)|const |function |class )/.test(rest);
            if (head !== "" && !(isOfOne && /^\/\*\*/m.test(rest))) return;
            context.report({
              node,
              message: "A file begins with a comment, /** … */, that says what it is.",
            });
          },
        };
      },
    },
    "doc-links": {
      create(context) {
        return ours(context) === null ? {} : {
          Program(node) {
            if (!/\{@link(code|plain) /.test(context.sourceCode.text)) return;
            context.report({ node, message: "Doc comments link by {@link}." });
          },
        };
      },
    },
    "rooms": { create: (context) => onImports(context, problemOf) },
    "room-circles": {
      create(context) {
        const file = ours(context);
        return file === null ? {} : {
          Program(node) {
            const circle = circleOf(file, context.sourceCode.text);
            if (circle !== null) {
              context.report({ node, message: `Imports go in a circle: ${circle.join(" → ")}.` });
            }
          },
        };
      },
    },
  },
} satisfies Deno.lint.Plugin;
