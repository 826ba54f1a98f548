/** Where the classes that are wanted stand in a head that was made for others. */

/** Where classes stand in a head: as they are, at these rows, or nowhere: it has others. */
export type ClassRows = "same" | "other" | number[];

/** Where the wanted classes stand in the head of stored ones. */
export function classRows(stored: readonly string[], wanted: readonly string[] | undefined): ClassRows {
  if (wanted === undefined) return "same";
  if (stored.length !== wanted.length) return "other";
  if (stored.every((label, i) => label === wanted[i] || label === `LABEL_${i}`)) return "same";
  const rows = wanted.map((label) => stored.indexOf(label));
  return rows.includes(-1) ? "other" : rows;
}

/** The rows of a parameter of a head, in the order of the wanted classes. */
export function pickRows(values: Float32Array, rows: readonly number[]): Float32Array {
  const width = values.length / rows.length;
  const picked = new Float32Array(values.length);
  rows.forEach((row, i) => picked.set(values.subarray(row * width, (row + 1) * width), i * width));
  return picked;
}
