/** Sparse matrices out of rows, chosen rows of them, and several side by side. */
import type { SparseMatrix } from "./tfidf.ts";

/** Entries of one row of {@link sparseMatrix}: value by column. */
export type SparseRow = ReadonlyMap<number, number>;

/**
 * A sparse matrix from its rows' entries. Zeros are left out.
 *
 * @throws RangeError for a column outside the matrix or a value that is not finite
 * @example
 * ```ts
 * const matrix = sparseMatrix([new Map([[1, 0.5]]), new Map()], 3); // [[0, 0.5, 0], [0, 0, 0]]
 * ```
 */
export function sparseMatrix(rows: readonly SparseRow[], columns: number): SparseMatrix {
  const rowStarts = new Int32Array(rows.length + 1);
  const entries = rows.map((row, r) => {
    const kept = [...row].filter(([, value]) => value !== 0).sort(([a], [b]) => a - b);
    for (const [column, value] of kept) {
      if (!(Number.isInteger(column) && column >= 0 && column < columns) || !Number.isFinite(value)) {
        throw new RangeError(
          `sparseMatrix: row ${r} has ${value} in column ${column}; give finite numbers in columns 0 ` +
            `to ${columns - 1}.`,
        );
      }
    }
    rowStarts[r + 1] = rowStarts[r]! + kept.length;
    return kept;
  }).flat();
  return {
    rows: rows.length,
    columns,
    rowStarts,
    columnIndices: Int32Array.from(entries, ([column]) => column),
    values: Float64Array.from(entries, ([, value]) => value),
  };
}

/**
 * Matrices of the same rows side by side, as scipy's `hstack`: the first one's columns first.
 *
 * @throws RangeError on no matrices or different numbers of rows
 */
export function sideBySide(matrices: readonly SparseMatrix[]): SparseMatrix {
  const rows = matrices[0]?.rows;
  if (rows === undefined) throw new RangeError("sideBySide: give at least one matrix.");
  const other = matrices.find((matrix) => matrix.rows !== rows);
  if (other) {
    throw new RangeError(
      `sideBySide: one matrix has ${rows} rows and another ${other.rows}; make all of the same examples.`,
    );
  }
  const size = matrices.reduce((sum, { values }) => sum + values.length, 0);
  const columnIndices = new Int32Array(size);
  const values = new Float64Array(size);
  const rowStarts = new Int32Array(rows + 1);
  let end = 0;
  for (let row = 0; row < rows; row++) {
    let firstColumn = 0;
    for (const matrix of matrices) {
      for (let i = matrix.rowStarts[row]!; i < matrix.rowStarts[row + 1]!; i++) {
        columnIndices[end] = firstColumn + matrix.columnIndices[i]!;
        values[end++] = matrix.values[i]!;
      }
      firstColumn += matrix.columns;
    }
    rowStarts[row + 1] = end;
  }
  return {
    rows,
    columns: matrices.reduce((sum, { columns }) => sum + columns, 0),
    rowStarts,
    columnIndices,
    values,
  };
}

/**
 * Rows of a matrix in the order asked for; one may be asked for several times.
 *
 * @throws RangeError for a row that the matrix does not have
 */
export function selectRows(matrix: SparseMatrix, rows: ArrayLike<number>): SparseMatrix {
  const rowStarts = new Int32Array(rows.length + 1);
  for (let r = 0; r < rows.length; r++) {
    const row = rows[r]!;
    if (!(Number.isInteger(row) && row >= 0 && row < matrix.rows)) {
      throw new RangeError(`selectRows: there is no row ${row}; the matrix has ${matrix.rows}.`);
    }
    rowStarts[r + 1] = rowStarts[r]! + matrix.rowStarts[row + 1]! - matrix.rowStarts[row]!;
  }
  const columnIndices = new Int32Array(rowStarts[rows.length]!);
  const values = new Float64Array(columnIndices.length);
  for (let r = 0; r < rows.length; r++) {
    const from = matrix.rowStarts[rows[r]!]!, to = matrix.rowStarts[rows[r]! + 1]!;
    columnIndices.set(matrix.columnIndices.subarray(from, to), rowStarts[r]!);
    values.set(matrix.values.subarray(from, to), rowStarts[r]!);
  }
  return { rows: rows.length, columns: matrix.columns, rowStarts, columnIndices, values };
}
