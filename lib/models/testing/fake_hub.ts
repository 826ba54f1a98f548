/** For tests: a server on 127.0.0.1 that speaks the Hub's paths, and misbehaves when told to. */

import { createHash } from "node:crypto";

/** What a request for a file's bytes is answered with in place of the bytes. */
export type Fault =
  /** Breaks the connection after so many bytes. */
  | { cutAfter: number }
  /** Ends the answer properly after so many bytes. */
  | { endAfter: number }
  /** Sends other bytes, as many as there should be or so many more. */
  | { wrongBytes: true; extra?: number }
  /** Sends the whole file, whatever was asked for. */
  | { ignoreRange: true }
  /** Sends nothing for a while. */
  | { silentMs: number }
  | { status: number; headers?: Record<string, string> };

/** A request as the server saw it. */
export interface SeenRequest {
  path: string;
  token: string | null;
  range: string | null;
}

export interface FakeHub {
  endpoint: string;
  commit: string;
  /** The files of owner/name; large ones (`.safetensors`, `.bin`) lie behind a redirect to another host. */
  files: Map<string, Uint8Array<ArrayBuffer>>;
  /** Answers in place of the next requests for a file's bytes, by file; the last is not repeated. */
  faults: Map<string, Fault[]>;
  /** Answers in place of all requests to the API. */
  apiFault: { status: number; headers?: Record<string, string> } | null;
  /** The only token let in, or null for all. */
  requiredToken: string | null;
  requests: SeenRequest[];
  /** The file requests among them, as `name` or `name from 100-`. */
  downloads(): string[];
  close(): Promise<void>;
}

/** The hash by which the Hub knows a file. */
export function etagOf(name: string, bytes: Uint8Array): string {
  return isLarge(name)
    ? createHash("sha256").update(bytes).digest("hex")
    : createHash("sha1").update(`blob ${bytes.length}\0`).update(bytes).digest("hex");
}

function isLarge(name: string): boolean {
  return /\.(safetensors|bin)$/.test(name);
}

/** Starts a Hub with one model, `owner/name`, whose branch `main` and tag `refs/pr/1` are at one commit. */
export function startFakeHub(files: Record<string, string | Uint8Array<ArrayBuffer>>): FakeHub {
  const commit = "0123456789abcdef0123456789abcdef01234567";
  const quiet = {
    hostname: "127.0.0.1",
    port: 0,
    onListen() {},
    onError: () => new Response(null, { status: 500 }),
  };
  const storage = Deno.serve(quiet, (request) => {
    see(request);
    return sendFile(request, decodeURIComponent(new URL(request.url).pathname.slice(1)));
  });
  const server = Deno.serve(quiet, async (request) => {
    see(request);
    const path = decodeURIComponent(new URL(request.url).pathname);
    if (
      hub.requiredToken !== null && request.headers.get("Authorization") !== `Bearer ${hub.requiredToken}`
    ) {
      return refused(401, "GatedRepo");
    }
    if (path.startsWith("/api/")) {
      return hub.apiFault === null ? await answerApi(request, path) : faulty(hub.apiFault);
    }
    const [, revision, name] = /^\/owner\/name\/resolve\/([^/]+)\/(.+)$/.exec(path) ?? [];
    const bytes = hub.files.get(name ?? "");
    if (![commit, "main"].includes(revision ?? "") || name === undefined || bytes === undefined) {
      return refused(404, "EntryNotFound");
    }
    if (!isLarge(name)) return sendFile(request, name);
    return new Response(null, {
      status: 302,
      headers: {
        "Location": `http://127.0.0.1:${storage.addr.port}/${name}`,
        "X-Linked-Etag": `"${etagOf(name, bytes)}"`,
        "X-Linked-Size": String(bytes.length),
        "X-Repo-Commit": commit,
      },
    });
  });

  async function answerApi(request: Request, path: string): Promise<Response> {
    const [, id, rest] = /^\/api\/models\/([^/]+\/[^/]+)(\/.*)?$/.exec(path) ?? [];
    if (id !== "owner/name") return refused(404, "RepoNotFound");
    if (rest === undefined) return Response.json({ id });
    const [, what, revision] = /^\/(revision|paths-info)\/(.+)$/.exec(rest) ?? [];
    if (!["main", "refs/pr/1", commit].includes(revision ?? "")) return refused(404, "RevisionNotFound");
    if (what === "revision") {
      return Response.json({
        id,
        sha: commit,
        siblings: [...hub.files.keys()].map((rfilename) => ({ rfilename })),
      });
    }
    const { paths } = await request.json();
    return Response.json(
      [...hub.files].filter(([name]) => paths.includes(name)).map(([name, bytes]) => ({
        type: "file",
        path: name,
        size: bytes.length,
        oid: isLarge(name) ? "f".repeat(40) : etagOf(name, bytes),
        ...(isLarge(name) ? { lfs: { oid: etagOf(name, bytes), size: bytes.length, pointerSize: 134 } } : {}),
      })),
    );
  }

  async function sendFile(request: Request, name: string): Promise<Response> {
    const fault = hub.faults.get(name)?.shift();
    if (fault !== undefined && "status" in fault) return faulty(fault);
    if (fault !== undefined && "silentMs" in fault) {
      await new Promise((resolve) => setTimeout(resolve, fault.silentMs));
    }
    const whole = hub.files.get(name)!;
    const asked = /^bytes=(\d+)-$/.exec(request.headers.get("Range") ?? "");
    const from = asked === null || (fault !== undefined && "ignoreRange" in fault) ? 0 : Number(asked[1]);
    if (from >= whole.length && from > 0) return new Response(null, { status: 416 });
    let bytes = whole.slice(from);
    if (fault !== undefined && "wrongBytes" in fault) {
      bytes = new Uint8Array(bytes.length + (fault.extra ?? 0)).fill(7);
    }
    const headers: Record<string, string> = { "ETag": `"${etagOf(name, whole)}"`, "X-Repo-Commit": commit };
    if (from > 0) headers["Content-Range"] = `bytes ${from}-${whole.length - 1}/${whole.length}`;
    const status = from > 0 ? 206 : 200;
    if (fault === undefined || !("cutAfter" in fault || "endAfter" in fault)) {
      return new Response(bytes, { status, headers });
    }
    const length = "cutAfter" in fault ? fault.cutAfter : fault.endAfter;
    let sent = 0;
    const body = new ReadableStream<Uint8Array>({
      async pull(controller) {
        if (sent < length) {
          controller.enqueue(bytes.subarray(sent, Math.min(length, sent + 1000)));
          sent += 1000;
        } else if ("cutAfter" in fault) {
          await new Promise((resolve) => setTimeout(resolve, 50)); // what was sent is to arrive
          controller.error(new Error("cut"));
        } else controller.close();
      },
    });
    return new Response(body, { status, headers });
  }

  function faulty({ status, headers }: { status: number; headers?: Record<string, string> }): Response {
    return new Response("a fault", { status, headers });
  }

  function refused(status: number, code: string): Response {
    return Response.json({ error: code }, { status, headers: { "X-Error-Code": code } });
  }

  function see(request: Request): void {
    hub.requests.push({
      path: decodeURIComponent(new URL(request.url).pathname),
      token: request.headers.get("Authorization"),
      range: request.headers.get("Range"),
    });
  }

  const hub: FakeHub = {
    endpoint: `http://127.0.0.1:${server.addr.port}`,
    commit,
    files: new Map(
      Object.entries(files).map(([name, content]) => [
        name,
        typeof content === "string" ? new TextEncoder().encode(content) : content,
      ]),
    ),
    faults: new Map(),
    apiFault: null,
    requiredToken: null,
    requests: [],
    downloads: () =>
      hub.requests.filter(({ path }) => path.includes("/resolve/"))
        .map(({ path, range }) =>
          path.split("/").at(-1)! + (range === null ? "" : ` from ${range.slice(6)}`)
        ),
    async close() {
      await Promise.all([server.shutdown(), storage.shutdown()]);
    },
  };
  return hub;
}
