/** The cores of a machine, shared out among the processes of a team that run on it. */

/** What launchers tell a process of those on its own machine: how many there are, and which it is. */
const localVariables = [
  ["MPI_LOCALNRANKS", "MPI_LOCALRANKID"],
  ["OMPI_COMM_WORLD_LOCAL_SIZE", "OMPI_COMM_WORLD_LOCAL_RANK"],
  ["MV2_COMM_WORLD_LOCAL_SIZE", "MV2_COMM_WORLD_LOCAL_RANK"],
] as const;

/**
 * Gives this process, and what it starts from here on, its share of the machine's cores, where several processes were started together there and
 * their launcher has given none of them cores of its own: each would otherwise compute on all cores, in the others' way. Linux alone.
 *
 * @returns the cores, or `null` where nothing was to be done
 */
export function takeOwnCores(): number[] | null {
  if (Deno.build.os !== "linux") return null;
  const named = localVariables.find(([size]) => Deno.env.has(size));
  const [size, rank] = named === undefined ? [1, 0] : named.map((name) => Number(Deno.env.get(name)));
  if (!(size! > 1) || !(rank! >= 0)) return null;
  let libc;
  try {
    libc = Deno.dlopen("libc.so.6", {
      sched_getaffinity: { parameters: ["i32", "usize", "buffer"], result: "i32" },
      sched_setaffinity: { parameters: ["i32", "usize", "buffer"], result: "i32" },
      sysconf: { parameters: ["i32"], result: "i64" },
    });
  } catch {
    return null; // another libc: the launcher's own options bind
  }
  const mask = new Uint8Array(128), bytes = BigInt(mask.length), processorsOnline = 84;
  if (libc.symbols.sched_getaffinity(0, bytes, mask) < 0) return null;
  const free = coresOf(mask);
  if (free.length < Number(libc.symbols.sysconf(processorsOnline)) || free.length < size!) return null;
  const own = free.slice(
    Math.floor(free.length * rank! / size!),
    Math.floor(free.length * (rank! + 1) / size!),
  );
  return libc.symbols.sched_setaffinity(0, bytes, maskOf(own, mask.length)) === 0 ? own : null;
}

/** The cores of a mask: a bit each. */
export function coresOf(mask: Uint8Array): number[] {
  return Array.from({ length: 8 * mask.length }, (_, core) => core).filter((core) =>
    mask[core >> 3]! >> (core & 7) & 1
  );
}

/** The mask of some cores. */
export function maskOf(cores: readonly number[], bytes: number): Uint8Array<ArrayBuffer> {
  const mask = new Uint8Array(bytes);
  for (const core of cores) mask[core >> 3]! |= 1 << (core & 7);
  return mask;
}
