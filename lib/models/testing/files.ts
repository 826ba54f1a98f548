/** What this folder's tests share: the fixtures of tools/reference/checkpoint_file_fixtures.py and their expected values. */

import type { FilePlace } from "../../engine/mod.ts";
import { bytesOf } from "../files/dtypes.ts";

/** A tensor as expected.json describes it: `stored` and `float32` are bytes in hexadecimal. */
export interface ExpectedTensor {
  shape: number[];
  dtype: string;
  stored: string;
  float32: string;
}

const folder = new URL("../testdata/files/", import.meta.url);

/** The path of a fixture. */
export function fixture(name: string): string {
  return new URL(name, folder).pathname;
}

const expected = JSON.parse(Deno.readTextFileSync(fixture("expected.json")));

/** Tensor name to expected value, in the order in which Python wrote them. */
export function expectedTensors(file: string): Record<string, ExpectedTensor> {
  return expected[file];
}

/** The same float32 values in float32 and, rounded by torch, in the other float dtypes, as hexadecimal. */
export const expectedRounding: Record<"float32" | "float16" | "bfloat16" | "float64", string> =
  expected.rounding;

/** The same plain data, pickled by each protocol, as hexadecimal. */
export const expectedPickles: Record<string, string> = expected.pickles;

/** torch's names of the dtypes. */
export const torchNames: Record<string, string> = {
  F64: "float64",
  F32: "float32",
  F16: "float16",
  BF16: "bfloat16",
  I64: "int64",
  U64: "uint64",
  I32: "int32",
  U32: "uint32",
  I16: "int16",
  U16: "uint16",
  I8: "int8",
  U8: "uint8",
  BOOL: "bool",
};

/** What a file holds from a tensor's place on, so many bytes, in hexadecimal. */
export function hexAt({ path, begin }: FilePlace, bytes: number): string {
  return hexOf(Deno.readFileSync(path).subarray(begin, begin + bytes));
}

/** The bytes of an array in hexadecimal. */
export function hexOf(data: ArrayBufferView): string {
  return bytesOf(data).toHex();
}

/** Bytes from hexadecimal, in an array that float views can be taken of. */
export function fromHex(hex: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.fromHex(hex);
}

/** The message of the error that `body` throws; fails where it throws none. */
export async function messageOf(body: () => unknown): Promise<string> {
  try {
    await body();
  } catch (error) {
    return (error as Error).message;
  }
  throw new Error("no error was thrown");
}
