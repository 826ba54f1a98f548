/** Names the machine that figures come from. */
import os from "node:os";

/** One line on the processor and one on what else runs; Linux tells more than other systems. */
export function machine(): {
  processor: string;
  cores: number;
  memoryGiB: number;
  system: string;
  load: number;
} {
  const cpu = os.cpus()[0]?.model.trim() ?? "unknown processor";
  return {
    processor: `${cpu}${extensions()}`,
    cores: navigator.hardwareConcurrency,
    memoryGiB: os.totalmem() / 2 ** 30,
    system: `${os.type()} ${os.release()} ${Deno.build.arch}`,
    load: os.loadavg()[0]!,
  };
}

function extensions(): string {
  try {
    const text = Deno.readTextFileSync("/proc/cpuinfo");
    const of = (field: string) => text.match(new RegExp(`^${field}\\s*:\\s*(.*)$`, "m"))?.[1] ?? "";
    const flags = of("flags").split(" ").filter((flag) => /^(avx2|avx512f|avx512_bf16|amx_bf16)$/.test(flag));
    return ` (family ${of("cpu family")}, model ${of("model")}, ${flags.join(" ")})`;
  } catch {
    return "";
  }
}
