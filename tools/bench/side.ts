/** A process of one side of the benchmark. */
import { processEnvironment } from "../environment.ts";
import { inProject } from "../setup/paths.ts";
import type { Answer, PeerRequest, TokenizersRequest } from "./protocol.ts";
import type { PeerName } from "./rows.ts";

/** How glibc's allocator is set for PyTorch: as it comes, or as our side's. */
export type Allocator = "default" | "tuned";

/** A running process that answers requests in turn. */
export class Side {
  private readonly child: Deno.ChildProcess;
  private readonly input: WritableStreamDefaultWriter<Uint8Array>;
  private readonly output: ReadableStreamDefaultReader<string>;
  private rest = "";
  /** When the process was started, by `performance.now()`. */
  readonly startedAt = performance.now();

  private constructor(readonly name: string, command: string, args: string[], env: Record<string, string>) {
    const pipes = { stdin: "piped", stdout: "piped", stderr: "piped" } as const;
    this.child = new Deno.Command(command, { args, env, ...pipes }).spawn();
    this.input = this.child.stdin.getWriter();
    this.output = this.child.stdout.pipeThrough(new TextDecoderStream()).getReader();
    this.keepNotices();
  }

  private notices = "";

  private async keepNotices(): Promise<void> {
    for await (const text of this.child.stderr.pipeThrough(new TextDecoderStream())) {
      this.notices = (this.notices + text).slice(-4000);
    }
  }

  /** Our side: the engine under Deno. */
  static ours(): Side {
    const script = inProject("tools", "bench", "worker.ts");
    return new Side("ours", Deno.execPath(), ["run", "-A", script], processEnvironment());
  }

  /** A peer. @param python of the environment that has it */
  static peer(python: string, peer: PeerName, allocator: Allocator): Side {
    const script = inProject("tools", "reference", "bench_peer.py");
    const tuned = Object.entries(processEnvironment(() => false)).filter(([name]) =>
      /^MALLOC|^GLIBC/.test(name)
    );
    return new Side(peer, python, [script, peer], allocator === "tuned" ? Object.fromEntries(tuned) : {});
  }

  /** Python's tokenizers. @param python of the environment that has them */
  static tokenizers(python: string): Side {
    return new Side("Python", python, [inProject("tools", "reference", "bench_tokenizer.py")], {});
  }

  /**
   * Asks and waits for the answer.
   *
   * @throws Error when the request fails, or the process ends
   */
  async ask(request: PeerRequest | TokenizersRequest): Promise<Answer> {
    await this.input.write(new TextEncoder().encode(JSON.stringify(request) + "\n"));
    while (!this.rest.includes("\n")) {
      const { value, done } = await this.output.read();
      if (done) {
        const { signal } = await this.child.status;
        const how = signal === "SIGKILL" ? "was killed, as a system without memory left does," : "ended";
        throw new Error(`The process of ${this.name} ${how} at "${request.do}".\n${this.notices.trim()}`);
      }
      this.rest += value;
    }
    const end = this.rest.indexOf("\n");
    const answer = JSON.parse(this.rest.slice(0, end)) as Answer;
    this.rest = this.rest.slice(end + 1);
    if (answer.error !== undefined) throw new Error(`${this.name}, "${request.do}": ${answer.error}`);
    return answer;
  }

  /** Ends the process. */
  async close(): Promise<void> {
    await this.input.close().catch(() => {});
    await this.child.status;
    await this.output.cancel().catch(() => {});
  }
}
