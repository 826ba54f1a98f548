/**
 * A team by MPI (the Message Passing Interface): the processes that `mpiexec` or a cluster's scheduler started together, on one machine or
 * many. The MPI that is there is used, by Deno's foreign function interface, in one of three binary forms: the standard one of MPI 5
 * (`libmpi_abi`), that of MPICH and its kin (Intel MPI, MVAPICH, Cray MPICH), or Open MPI's.
 */
import { hostname } from "node:os";
import { basename, dirname, join } from "node:path";
import { UserError } from "../ground/mod.ts";
import { alone, type Team } from "./team.ts";

/** Handles and constants of a binary form of MPI. */
interface Form {
  world: Handle;
  /** Of two bytes. */
  short: Handle;
  float: Handle;
  double: Handle;
  byte: Handle;
  sum: Handle;
  inPlace: Handle;
  /** Bytes of a request's handle. */
  request: 4 | 8;
}

/** A pointer, or a number that stands for one. */
type Handle = bigint;

/** The constants of the standard binary form, in `mpi_abi.h`. */
const standard: Form = {
  world: 0x101n,
  short: 0x208n,
  float: 0x210n,
  double: 0x214n,
  byte: 0x247n,
  sum: 0x21n,
  inPlace: 1n,
  request: 8,
};

/** Those of MPICH's, in its `mpi.h`: the same since 2014. */
const mpich: Form = {
  world: 0x44000000n,
  short: 0x4c000203n,
  float: 0x4c00040an,
  double: 0x4c00080bn,
  byte: 0x4c00010dn,
  sum: 0x58000003n,
  inPlace: 0xffffffffffffffffn,
  request: 4,
};

const functions = {
  MPI_Init: { parameters: ["pointer", "pointer"], result: "i32" },
  MPI_Finalize: { parameters: [], result: "i32" },
  MPI_Abort: { parameters: ["usize", "i32"], result: "i32" },
  MPI_Comm_rank: { parameters: ["usize", "buffer"], result: "i32" },
  MPI_Comm_size: { parameters: ["usize", "buffer"], result: "i32" },
  MPI_Allreduce: { parameters: ["usize", "buffer", "i32", "usize", "usize", "usize"], result: "i32" },
  MPI_Isend: { parameters: ["usize", "i32", "usize", "i32", "i32", "usize", "buffer"], result: "i32" },
  MPI_Irecv: { parameters: ["usize", "i32", "usize", "i32", "i32", "usize", "buffer"], result: "i32" },
  MPI_Waitall: { parameters: ["i32", "buffer", "buffer"], result: "i32" },
  MPI_Bcast: { parameters: ["buffer", "i32", "usize", "i32", "usize"], result: "i32" },
  MPI_Allgather: {
    parameters: ["buffer", "i32", "usize", "buffer", "i32", "usize", "usize"],
    result: "i32",
  },
} as const satisfies Deno.ForeignLibraryInterface;

/** Where a person names the library of the MPI that started the processes. */
export const libraryVariable = "KOBERT_MPI";

/** What launchers tell the processes that they start: how many there are. */
const sizeVariables = [
  "PMI_SIZE",
  "OMPI_COMM_WORLD_SIZE",
  "PMIX_SIZE",
  "MV2_COMM_WORLD_SIZE",
  "SLURM_STEP_NUM_TASKS",
];

/** How many processes were started together, as their launcher says; 1 where none has. */
export function launchedSize(): number {
  if (Deno.build.os !== "linux" && Deno.build.os !== "darwin") return 1;
  return Math.max(1, ...sizeVariables.map((name) => Number(Deno.env.get(name) ?? 1) || 1));
}

/** Which of them this is, as their launcher says: before {@link joinTeam}, to tell but once what all would tell. */
export function launchedRank(): number {
  const names = ["PMI_RANK", "OMPI_COMM_WORLD_RANK", "PMIX_RANK", "MV2_COMM_WORLD_RANK", "SLURM_PROCID"];
  return Number(names.map((name) => Deno.env.get(name)).find((value) => value !== undefined) ?? 0) || 0;
}

/**
 * Joins the processes that were started together with this one, or is {@link alone}. It may be called once in a process.
 *
 * @param folders where a library may stand besides the system's places
 * @throws UserError where there is no MPI library, or it belongs to another launcher
 * @example
 * ```ts
 * using team = joinTeam();
 * console.log(team.rank, team.size);
 * ```
 */
export function joinTeam(folders: readonly string[] = []): Team {
  const launched = launchedSize();
  if (launched === 1) return alone;
  const { library, name, form } = openLibrary(folders);
  const mpi = library.symbols;
  const done = (call: string, code: number) => {
    if (code !== 0) throw new UserError(`${name}: ${call} ended with the error ${code}.`);
  };
  done("MPI_Init", mpi.MPI_Init(null, null));
  const number = (call: "MPI_Comm_rank" | "MPI_Comm_size") => {
    const value = new Int32Array(1);
    done(call, mpi[call](form.world, bytesOf(value)));
    return value[0]!;
  };
  const rank = number("MPI_Comm_rank"), size = number("MPI_Comm_size");
  if (size !== launched) {
    throw new UserError(
      `${launched} processes were started together, but ${name} knows of ${size}: it is not of the MPI that started them. ` +
        `Name that one's library: ${libraryVariable}=/…/libmpi.so.`,
    );
  }
  const gatherBytes = (bytes: Uint8Array<ArrayBuffer>): Uint8Array => {
    const all = new Uint8Array(size * bytes.length);
    const { byte, world } = form;
    done("MPI_Allgather", mpi.MPI_Allgather(bytes, bytes.length, byte, all, bytes.length, byte, world));
    return all;
  };
  const sum = (values: Float32Array | Float64Array) => {
    const type = values instanceof Float32Array ? form.float : form.double;
    done(
      "MPI_Allreduce",
      mpi.MPI_Allreduce(form.inPlace, bytesOf(values), values.length, type, form.sum, form.world),
    );
  };
  let open = true;
  return {
    rank,
    size,
    host: hostname(),
    sum,
    exchange(sent, received) {
      const { world, request } = form, count = sent.length + received.length;
      const requests = new Uint8Array(request * count);
      let next = 0;
      const place = () => requests.subarray(request * next, request * ++next);
      for (const [call, messages] of [["MPI_Irecv", received], ["MPI_Isend", sent]] as const) {
        for (const { member, numbers: { address, length, bytes } } of messages) {
          const type = bytes === 2 ? form.short : form.float;
          done(call, mpi[call](address, length, type, member, 0, world, place()));
        }
      }
      // room for any form's statuses, which nobody reads
      done("MPI_Waitall", mpi.MPI_Waitall(count, requests, new Uint8Array(64 * count)));
    },
    broadcast: (bytes) =>
      done(
        "MPI_Bcast",
        mpi.MPI_Bcast(bytes as Uint8Array<ArrayBuffer>, bytes.length, form.byte, 0, form.world),
      ),
    gather(text) {
      const bytes = new TextEncoder().encode(text);
      const lengths = new Float64Array(size);
      lengths[rank] = bytes.length;
      sum(lengths);
      const longest = Math.max(...lengths), padded = new Uint8Array(longest);
      padded.set(bytes);
      const all = gatherBytes(padded);
      return Array.from(
        lengths,
        (length, i) => new TextDecoder().decode(all.subarray(i * longest, i * longest + length)),
      );
    },
    abort(code) {
      if (open) mpi.MPI_Abort(form.world, code);
    },
    [Symbol.dispose]() {
      if (!open) return;
      open = false;
      mpi.MPI_Finalize();
    },
  };
}

const bytesOf = ({ buffer, byteOffset, byteLength }: ArrayBufferView): Uint8Array<ArrayBuffer> =>
  new Uint8Array(buffer as ArrayBuffer, byteOffset, byteLength);

/** The library that is named, or the first that is found: beside the `mpiexec` of the path, in the folders, in the system's places. */
function openLibrary(folders: readonly string[]) {
  const named = Deno.env.get(libraryVariable);
  const ofOpenMpi = Deno.env.has("OMPI_COMM_WORLD_SIZE");
  const names = ofOpenMpi
    ? ["libmpi.so.40", "libmpi.40.dylib"]
    : ["libmpi_abi.so.1", "libmpi_abi.so.0", "libmpi_abi.so", "libmpi.so.12", "libmpi.12.dylib"];
  const places = [...besideLaunchers(), ...folders];
  const candidates = named !== undefined
    ? [named]
    : [...places.flatMap((folder) => names.map((name) => join(folder, name))), ...names];
  const reasons: string[] = [];
  for (const path of candidates) {
    try {
      const library = Deno.dlopen(path, functions);
      return { library, name: path, form: formOf(path) };
    } catch (error) {
      if (named !== undefined) reasons.push((error as Error).message);
    }
  }
  throw new UserError(
    named !== undefined
      ? `${libraryVariable}: ${named} cannot be used as an MPI library: ${reasons.join(" ")}`
      : `This process was started with others, but there is no MPI library of theirs: ${names.join(", ")}. ` +
        `Name it, ${libraryVariable}=/…/libmpi.so, or start them by the mpiexec that "deno task setup -- --mpi" installs.`,
  );
}

/** The folders of libraries that belong to the programs which started this process, or to the `mpiexec` of the path. */
function besideLaunchers(): string[] {
  const path = (Deno.env.get("PATH") ?? "").split(":").map((folder) => join(folder, "mpiexec"));
  return [...ancestors(), ...path].flatMap((program) => {
    try {
      return [join(dirname(dirname(Deno.realPathSync(program))), "lib")];
    } catch {
      return [];
    }
  });
}

/** The programs of the processes that started this one, where Linux tells. */
function ancestors(): string[] {
  const programs: string[] = [];
  try {
    for (let process = Deno.ppid; process > 1;) {
      programs.push(Deno.readLinkSync(`/proc/${process}/exe`));
      const [, parent] = /^\d+ \(.*\) . (\d+)/s.exec(Deno.readTextFileSync(`/proc/${process}/stat`))!;
      process = Number(parent);
    }
  } catch {
    // another system, or another user's process
  }
  return programs;
}

/** The form of a library, by its name; of Open MPI's the addresses of its objects. */
function formOf(path: string): Form {
  const name = basename(path);
  if (name.startsWith("libmpi_abi")) return standard;
  const address = symbolsOf(path);
  if (address("ompi_mpi_comm_world") === 0n) return mpich;
  return {
    world: address("ompi_mpi_comm_world"),
    short: address("ompi_mpi_short"),
    float: address("ompi_mpi_float"),
    double: address("ompi_mpi_double"),
    byte: address("ompi_mpi_byte"),
    sum: address("ompi_mpi_op_sum"),
    inPlace: 1n,
    request: 8,
  };
}

/** The addresses of a loaded library's symbols, 0 where it has none of that name. */
function symbolsOf(path: string): (name: string) => bigint {
  const text = (value: string) => new TextEncoder().encode(`${value}\0`);
  const names = Deno.build.os === "darwin" ? ["libSystem.dylib"] : ["libc.so.6", "libdl.so.2"];
  for (const name of names) {
    try {
      const { symbols: { dlopen, dlsym } } = Deno.dlopen(name, {
        dlopen: { parameters: ["buffer", "i32"], result: "usize" },
        dlsym: { parameters: ["usize", "buffer"], result: "usize" },
      });
      const now = 2, handle = dlopen(text(path), now);
      return (symbol) => BigInt(dlsym(handle, text(symbol)));
    } catch {
      // an older libc has them in libdl
    }
  }
  return () => 0n;
}
