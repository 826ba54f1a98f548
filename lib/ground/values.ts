/** What a value must be, in data: a recipe's fields and the commands' options are checked, and explained, by the same rules. And where two values differ. */

/** A kind of value with its bounds. */
export type Rule =
  & { orNull?: true }
  & (
    | { type: "integer"; min?: number; max?: number }
    | { type: "number"; min?: number; max?: number; above?: number; below?: number }
    | { type: "choice"; choices: readonly string[] }
    | { type: "flag" }
    | { type: "text" }
    /** Words; with `orText` a text alone, too. */
    | { type: "list"; orText?: true }
  );

/** Whether a value is as its rule wants it. */
export function holds(rule: Rule, value: unknown): boolean {
  if (value === null) return rule.orNull === true;
  switch (rule.type) {
    case "integer":
      return Number.isSafeInteger(value) && isWithin(rule, value as number);
    case "number":
      return Number.isFinite(value) && isWithin(rule, value as number);
    case "choice":
      return rule.choices.includes(value as string);
    case "flag":
      return typeof value === "boolean";
    case "text":
      return typeof value === "string" && value !== "";
    case "list":
      return typeof value === "string"
        ? rule.orText === true && value !== ""
        : Array.isArray(value) && (rule.orText !== true || value.length > 0) &&
          value.every((word) => typeof word === "string" && word !== "");
  }
}

interface Bounds {
  min?: number;
  max?: number;
  above?: number;
  below?: number;
}

const isWithin = (
  { min = -Infinity, max = Infinity, above = -Infinity, below = Infinity }: Bounds,
  n: number,
) => n >= min && n <= max && n > above && n < below;

/** Ends the sentence "it must be": `a whole number, at least 1`. */
export function wanted(rule: Rule): string {
  const kind = kindOf(rule);
  return rule.orNull ? `${kind}, or null` : kind;
}

function kindOf(rule: Rule): string {
  switch (rule.type) {
    case "integer":
    case "number": {
      const bounds: Bounds = rule, kind = rule.type === "integer" ? "a whole number" : "a number";
      const { min, max, above, below } = bounds;
      const low = above !== undefined ? `above ${above}` : min !== undefined ? `at least ${min}` : "";
      const high = below !== undefined ? `below ${below}` : max !== undefined ? `at most ${max}` : "";
      return `${kind}${[low, high].filter((bound) => bound !== "").map((bound) => `, ${bound}`).join("")}`;
    }
    case "choice":
      return orList(rule.choices);
    case "flag":
      return "true or false";
    case "text":
      return "a text";
    case "list":
      return rule.orText ? "a text, or a list of texts" : "a list of texts";
  }
}

/** Words with commas and an "or": `auto, tensorflow or wasm`. */
export const orList = (words: readonly string[]): string =>
  words.length < 2 ? words.join("") : `${words.slice(0, -1).join(", ")} or ${words.at(-1)}`;

/** What differs between two values, by path: `recipe.epochs: 3 there, 4 here`. */
export function differences(saved: unknown, current: unknown, path = ""): string[] {
  const isObject = (value: unknown): value is Record<string, unknown> =>
    typeof value === "object" && value !== null && !Array.isArray(value);
  if (isObject(saved) && isObject(current)) {
    return [...new Set([...Object.keys(saved), ...Object.keys(current)])].flatMap((key) =>
      differences(saved[key], current[key], path === "" ? key : `${path}.${key}`)
    );
  }
  const [there, here] = [saved, current].map((value) => JSON.stringify(value) ?? "absent");
  return there === here ? [] : [`${path}: ${there} there, ${here} here`];
}
