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
