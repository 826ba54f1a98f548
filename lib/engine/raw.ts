/**
 * The one place that speaks to TensorFlow below TensorFlow.js: any operation of TensorFlow by its name, on tensors of
 * any type, and resource variables. Everything untyped about the binding ends here.
 *
 * TensorFlow.js knows no bfloat16. A bfloat16 tensor is a `tf.Tensor` labelled `float32` whose handle holds bfloat16
 * ({@link Bfloat16}): shapes, `tf.tidy`, `tf.keep` and `dispose` work on it as on any other, but its values may only be
 * touched by operations run from here. TensorFlow refuses a mix-up by name, it never computes nonsense.
 */
import * as tf from "@tensorflow/tfjs";

/** TensorFlow's numbers for its data types. */
export const DataType = { float32: 1, int32: 3, bool: 10, bfloat16: 14, resource: 20 } as const;

/** An attribute of a TensorFlow operation. */
export interface Attribute {
  name: string;
  type: number;
  value: boolean | number | string | number[];
}

interface Output {
  id: number;
  shape: number[];
  dtype: number;
}

/** What is used of tfjs-node's native binding (its own type is not exported under Deno). */
interface Binding {
  createTensor(shape: number[], dtype: number, values: ArrayBufferView): number;
  deleteTensor(id: number): void;
  tensorDataSync(id: number): ArrayBufferView;
  executeOp(name: string, attributes: Attribute[], inputs: number[], outputs: number): Output[];
  isUsingGpuDevice(): boolean;
  TF_ATTR_STRING: number;
  TF_ATTR_INT: number;
  TF_ATTR_FLOAT: number;
  TF_ATTR_BOOL: number;
  TF_ATTR_TYPE: number;
  TF_ATTR_SHAPE: number;
  TF_Version: string;
}

/** What is used of tfjs-node's backend. */
interface NodeBackend {
  binding: Binding;
  tensorMap: {
    set(
      id: object,
      data: { shape: number[]; dtype: number; id: number; values: null; refCount: number },
    ): void;
  };
  getInputTensorIds(tensors: tf.Tensor[]): number[];
}

let native: NodeBackend | null = null;
const bfloat16Tensors = new WeakSet<object>();

/** Called once by the engine when TensorFlow runs; `null` on other backends. */
export function useNativeBackend(backend: unknown): void {
  native = backend as NodeBackend | null;
}

/** Whether operations of {@link run} can be used. */
export function hasNative(): boolean {
  return native !== null;
}

let kernels = false, products = { bf16: false, float32: false };

/**
 * Loads the library of fused operations (native) and registers them with TensorFlow.
 *
 * @throws Error when the library cannot be loaded or does not fit this TensorFlow.
 */
export function loadKernels(path: string): void {
  const library = Deno.dlopen(path, {
    register_song_kernels: { parameters: [], result: "i32" },
    has_song_products: { parameters: ["i32"], result: "i32" },
  });
  const code = library.symbols.register_song_kernels();
  if (code !== 0) throw new Error(`TensorFlow refused the operations of ${path} (code ${code}).`);
  kernels = true;
  products = {
    bf16: library.symbols.has_song_products(16) !== 0,
    float32: library.symbols.has_song_products(32) !== 0,
  };
}

/** Whether the fused operations can be run. */
export function hasKernels(): boolean {
  return kernels;
}

/** Whether there are products of that precision among the fused operations: where the processor has instructions for them. */
export function hasProducts(precision: keyof typeof products): boolean {
  return products[precision];
}

/** The same for the precision of a tensor. */
export function hasProductsOf(tensor: tf.Tensor): boolean {
  return hasProducts(isBfloat16(tensor) ? "bf16" : "float32");
}

function backend(): NodeBackend {
  if (native === null) {
    throw new Error("This operation needs the TensorFlow engine, and another one is running.");
  }
  return native;
}

/** TensorFlow's version and whether it computes on a GPU. */
export function nativeInfo(): { version: string; gpu: boolean } {
  return { version: backend().binding.TF_Version, gpu: backend().binding.isUsingGpuDevice() };
}

/** Whether the tensor's values are bfloat16. */
export function isBfloat16(tensor: tf.Tensor): boolean {
  return bfloat16Tensors.has(tensor.dataId);
}

/** The data type TensorFlow sees in a tensor. */
export function dataTypeOf(tensor: tf.Tensor): number {
  if (isBfloat16(tensor)) return DataType.bfloat16;
  if (tensor.dtype === "int32") return DataType.int32;
  if (tensor.dtype === "bool") return DataType.bool;
  return DataType.float32;
}

export const attribute = {
  type: (name: string, value: number): Attribute => ({ name, type: backend().binding.TF_ATTR_TYPE, value }),
  bool: (name: string, value: boolean): Attribute => ({ name, type: backend().binding.TF_ATTR_BOOL, value }),
  int: (name: string, value: number): Attribute => ({ name, type: backend().binding.TF_ATTR_INT, value }),
  float: (name: string, value: number): Attribute => ({ name, type: backend().binding.TF_ATTR_FLOAT, value }),
  string: (name: string, value: string): Attribute => ({
    name,
    type: backend().binding.TF_ATTR_STRING,
    value,
  }),
  shape: (name: string, value: number[]): Attribute => ({
    name,
    type: backend().binding.TF_ATTR_SHAPE,
    value,
  }),
};

function wrap(output: Output): tf.Tensor {
  const dataId = {};
  backend().tensorMap.set(dataId, { ...output, values: null, refCount: 1 });
  if (output.dtype === DataType.bfloat16) bfloat16Tensors.add(dataId);
  const dtype = output.dtype === DataType.int32
    ? "int32"
    : output.dtype === DataType.bool
    ? "bool"
    : "float32";
  return tf.engine().makeTensorFromTensorInfo({ dataId, shape: output.shape, dtype });
}

/** Runs a TensorFlow operation by name and returns its outputs as tensors. */
export function run(name: string, attributes: Attribute[], inputs: tf.Tensor[], outputs = 1): tf.Tensor[] {
  const { binding } = backend();
  return binding.executeOp(name, attributes, backend().getInputTensorIds(inputs), outputs).map(wrap);
}

/** {@link run} for an operation with one output. */
export function runOne(name: string, attributes: Attribute[], inputs: tf.Tensor[]): tf.Tensor {
  return run(name, attributes, inputs, 1)[0]!;
}

/** A parameter's storage inside TensorFlow: a resource variable, which optimizers step in place. */
export interface ResourceVariable {
  handle: number;
  shape: number[];
  /** See {@link memoryOf}. */
  memory: tf.Tensor | null;
}

/**
 * TensorFlow's name for a resource that its handle alone knows (`ResourceHandle::ANONYMOUS_NAME`). A name of its own would give each
 * variable a kernel, which TensorFlow makes anew and keeps for good.
 */
const anonymousName = "cd2c89b7-88b7-44c8-ad83-06c2a9158347";

/**
 * Makes a float32 resource variable holding the tensor's values.
 *
 * @param owned that TensorFlow made the tensor and nothing else has it: the variable takes its memory
 */
export function createVariable(initial: tf.Tensor, owned = false): ResourceVariable {
  const { binding } = backend();
  const handle = binding.executeOp(
    "VarHandleOp",
    [
      attribute.type("dtype", DataType.float32),
      attribute.shape("shape", initial.shape),
      attribute.string("container", ""),
      attribute.string("shared_name", anonymousName),
    ],
    [],
    1,
  )[0]!.id;
  const variable = { handle, shape: initial.shape, memory: null };
  if (owned) takeMemory(variable, initial);
  else assignVariable(variable, initial);
  return variable;
}

/**
 * Overwrites a variable's values, with a copy of its own: a tensor made of a JavaScript array may share the array's memory,
 * which a step in place would write to.
 */
export function assignVariable(variable: ResourceVariable, value: tf.Tensor): void {
  forgetMemory(variable);
  const copy = runOne("DeepCopy", [attribute.type("T", DataType.float32)], [value]);
  takeMemory(variable, copy);
  copy.dispose();
}

function takeMemory(variable: ResourceVariable, values: tf.Tensor): void {
  runOnVariables("AssignVariableOp", [attribute.type("dtype", DataType.float32)], [variable], [values]);
}

/**
 * The variable's memory as a tensor, through which the fused operations write, kept until {@link forgetMemory}: never dispose it. While it
 * is held, TensorFlow's own operations that step the variable would give that new memory.
 */
export function memoryOf(variable: ResourceVariable): tf.Tensor {
  variable.memory ??= tf.keep(readVariable(variable));
  return variable.memory;
}

/** Lets go of what {@link memoryOf} keeps. */
export function forgetMemory(variable: ResourceVariable): void {
  variable.memory?.dispose();
  variable.memory = null;
}

/** The variable's values as a tensor that shares its memory: dispose it before the variable is stepped. */
export function readVariable(variable: ResourceVariable): tf.Tensor {
  const { binding } = backend();
  return wrap(
    binding.executeOp(
      "ReadVariableOp",
      [attribute.type("dtype", DataType.float32)],
      [variable.handle],
      1,
    )[0]!,
  );
}

/** Frees a variable's memory inside TensorFlow. */
export function destroyVariable(variable: ResourceVariable): void {
  forgetMemory(variable);
  runOnVariables("DestroyResourceOp", [attribute.bool("ignore_lookup_error", true)], [variable], []);
  backend().binding.deleteTensor(variable.handle);
}

/** Runs an operation without outputs whose first inputs are variables. */
export function runOnVariables(
  name: string,
  attributes: Attribute[],
  variables: ResourceVariable[],
  inputs: tf.Tensor[],
): void {
  const ids = backend().getInputTensorIds(inputs);
  backend().binding.executeOp(name, attributes, [...variables.map((v) => v.handle), ...ids], 0);
}

/** The tensor with bfloat16 values, rounded to nearest even; the same tensor when it already is. */
export function toBfloat16(tensor: tf.Tensor): tf.Tensor {
  return cast(tensor, DataType.bfloat16);
}

/** The tensor with float32 values; the same tensor when it already is. Works on every engine. */
export function toFloat32(tensor: tf.Tensor): tf.Tensor {
  return isBfloat16(tensor) ? cast(tensor, DataType.float32) : tensor;
}

function cast(tensor: tf.Tensor, to: number): tf.Tensor {
  const from = dataTypeOf(tensor);
  if (from === to) return tensor;
  return runOne("Cast", [
    attribute.type("SrcT", from),
    attribute.type("DstT", to),
    attribute.bool("Truncate", false),
  ], [tensor]);
}
