import assert from "node:assert/strict";
import { selectRows, sideBySide, type SparseMatrix, sparseMatrix } from "./mod.ts";

function dense(matrix: SparseMatrix): number[][] {
  return Array.from({ length: matrix.rows }, (_, row) => {
    const values = new Array<number>(matrix.columns).fill(0);
    for (let i = matrix.rowStarts[row]!; i < matrix.rowStarts[row + 1]!; i++) {
      values[matrix.columnIndices[i]!] = matrix.values[i]!;
    }
    return values;
  });
}

const left = sparseMatrix([new Map([[2, 3], [0, 1]]), new Map(), new Map([[1, -0.5]])], 3);
const right = sparseMatrix([new Map([[0, 7]]), new Map([[1, 8]]), new Map([[0, 0]])], 2);

Deno.test("a sparse matrix of rows: columns ascend and zeros are left out", () => {
  assert.deepEqual(dense(left), [[1, 0, 3], [0, 0, 0], [0, -0.5, 0]]);
  assert.deepEqual(Array.from(left.columnIndices), [0, 2, 1]);
  assert.deepEqual(Array.from(right.rowStarts), [0, 1, 2, 2]);
  assert.throws(() => sparseMatrix([new Map([[3, 1]])], 3), /row 0 has 1 in column 3; .* columns 0 to 2/);
  assert.throws(() => sparseMatrix([new Map([[0, NaN]])], 3), /row 0 has NaN/);
});

Deno.test("matrices side by side", () => {
  assert.deepEqual(dense(sideBySide([left, right, left])), [
    [1, 0, 3, 7, 0, 1, 0, 3],
    [0, 0, 0, 0, 8, 0, 0, 0],
    [0, -0.5, 0, 0, 0, 0, -0.5, 0],
  ]);
  assert.throws(() => sideBySide([]), /at least one matrix/);
  assert.throws(() => sideBySide([left, selectRows(right, [0])]), /one matrix has 3 rows and another 1/);
});

Deno.test("rows are taken in any order, and more than once", () => {
  assert.deepEqual(dense(selectRows(left, [2, 0, 0, 1])), [[0, -0.5, 0], [1, 0, 3], [1, 0, 3], [0, 0, 0]]);
  assert.throws(() => selectRows(left, [3]), /there is no row 3; the matrix has 3/);
});
