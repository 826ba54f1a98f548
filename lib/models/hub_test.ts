import assert from "node:assert/strict";
import { basename, dirname, join } from "node:path";
import { etagOf, type FakeHub, type Fault, startFakeHub } from "./testing/fake_hub.ts";
import { messageOf } from "./testing/files.ts";
import {
  type DownloadProgress,
  hubSettings,
  type ResolvedModel,
  resolveModel,
  type ResolveOptions,
} from "./hub.ts";
import { withFolder } from "../ground/testing/folder.ts";

const weights = Uint8Array.from({ length: 20_000 }, (_, i) => i * 31 + (i >> 8));
const bert = {
  "README.md": "# a model",
  "config.json": `{"model_type":"bert"}`,
  "tokenizer_config.json": "{}",
  "special_tokens_map.json": "",
  "tokenizer_78b3253a26.model": "pieces",
  "vocab.txt": "[PAD]\n[UNK]\n",
  "onnx/model.onnx": "another format",
  "tf_model.h5": "another framework",
  "pytorch_model.bin": "the same weights again",
  "model.safetensors": weights,
};
/** What is fetched of it; the empty file costs no request. */
const wanted = [
  "config.json",
  "model.safetensors",
  "special_tokens_map.json",
  "tokenizer_78b3253a26.model",
  "tokenizer_config.json",
  "vocab.txt",
];

/** Runs `body` with a Hub that has `files` and an empty cache. */
async function withHub(
  files: Record<string, string | Uint8Array<ArrayBuffer>>,
  body: (
    hub: FakeHub,
    resolve: (source?: string, options?: ResolveOptions) => Promise<ResolvedModel>,
    cache: string,
  ) => Promise<void>,
): Promise<void> {
  await withFolder(async (cacheFolder) => {
    const hub = startFakeHub(files);
    const patience = { retries: 3, pauseMs: 1, silenceMs: 2000 };
    const settings = { endpoint: hub.endpoint, cacheFolder, token: null, offline: false, patience };
    try {
      await body(
        hub,
        (source = "owner/name", options = {}) => resolveModel(source, { ...settings, ...options }),
        join(cacheFolder, "models--owner--name"),
      );
    } finally {
      await hub.close();
    }
  });
}

const requested = wanted.filter((name) => name !== "special_tokens_map.json");

function namesIn(folder: string): string[] {
  return [...Deno.readDirSync(folder)].map(({ name }) => name).sort();
}

/** Whether the model's files are there, whole. */
function assertComplete(hub: FakeHub, folder: string, names = wanted): void {
  assert.deepEqual(namesIn(folder), names);
  for (const name of names) {
    assert.deepEqual(Deno.readFileSync(join(folder, name)), hub.files.get(name), name);
  }
}

Deno.test("downloads what a model needs into the cache layout of huggingface_hub, once", async () => {
  await withHub(bert, async (hub, resolve, cache) => {
    const { folder, commit } = await resolve();
    assert.equal(commit, hub.commit);
    assert.equal(folder, join(cache, "snapshots", hub.commit));
    assertComplete(hub, folder);
    assert.equal(Deno.readTextFileSync(join(cache, "refs", "main")), hub.commit);
    assert.deepEqual(
      namesIn(join(cache, "blobs")),
      wanted.map((name) => etagOf(name, hub.files.get(name)!)).sort(),
    );
    for (const name of wanted) {
      assert.equal(
        Deno.readLinkSync(join(folder, name)),
        join("../../blobs", etagOf(name, hub.files.get(name)!)),
      );
    }
    assert.deepEqual(hub.downloads().sort(), requested);

    await resolve();
    assert.equal(hub.downloads().length, requested.length, "the second time nothing is downloaded");
    await resolve("owner/name@refs/pr/1");
    assert.equal(hub.downloads().length, requested.length, "nor for another name of the same commit");
    assert.equal(Deno.readTextFileSync(join(cache, "refs", "refs", "pr", "1")), hub.commit);
    const before = hub.requests.length;
    assert.deepEqual(await resolve(`owner/name@${hub.commit}`), { folder, commit });
    assert.equal(hub.requests.length, before, "a commit in the cache needs no question");
  });
});

Deno.test("tells how far it is", async () => {
  await withHub(bert, async (_hub, resolve) => {
    const seen: DownloadProgress[] = [];
    await resolve("owner/name", { onProgress: (progress) => seen.push(progress) });
    const last = seen.at(-1)!;
    assert.equal(last.file, "model.safetensors");
    assert.equal(last.bytes, wanted.reduce((sum, name) => sum + bert[name as keyof typeof bert].length, 0));
    assert.equal(last.totalBytes, last.bytes);
    assert.ok(last.bytesPerSecond > 0);
    assert.equal(last.secondsLeft, 0);
    assert.deepEqual([...new Set(seen.map(({ file }) => file))].sort(), wanted);
    seen.reduce((before, { bytes }) => {
      assert.ok(bytes >= before);
      return bytes;
    }, 0);
    const again: DownloadProgress[] = [];
    await resolve("owner/name", { onProgress: (progress) => again.push(progress) });
    assert.equal(again.at(-1)!.bytes, last.bytes);
    assert.equal(again.at(-1)!.bytesPerSecond, 0, "what was there did not arrive");
    assert.equal(again.at(-1)!.secondsLeft, null);
  });
});

/** The requests for the weights' bytes that the faults lead to, the download in the end being right. */
const mended: [what: string, faults: Fault[], requests: (string | RegExp)[]][] = [
  ["a cut connection", [{ cutAfter: 5000 }, { cutAfter: 7000 }], [
    "model.safetensors",
    /^model\.safetensors from \d+-$/,
    /^model\.safetensors from \d+-$/,
  ]],
  ["an answer that ends early", [{ endAfter: 5000 }], ["model.safetensors", "model.safetensors from 5000-"]],
  ["a server that ignores the range", [{ endAfter: 5000 }, { ignoreRange: true }], [
    "model.safetensors",
    "model.safetensors from 5000-",
  ]],
  [
    "more cuts than tries, each with something gained",
    Array.from({ length: 5 }, () => ({ endAfter: 1000 })),
    [
      "model.safetensors",
      ...[1, 2, 3, 4, 5].map((thousand) => `model.safetensors from ${thousand}000-`),
    ],
  ],
  ["a server that says it has no more", [{ endAfter: 5000 }, { status: 416 }], [
    "model.safetensors",
    "model.safetensors from 5000-",
    "model.safetensors",
  ]],
  ["wrong bytes", [{ wrongBytes: true }], ["model.safetensors", "model.safetensors"]],
  ["too many bytes", [{ wrongBytes: true, extra: 9 }], ["model.safetensors", "model.safetensors"]],
  ["wrong bytes after a cut", [{ endAfter: 5000 }, { wrongBytes: true }], [
    "model.safetensors",
    "model.safetensors from 5000-",
    "model.safetensors",
  ]],
  ["a busy server", [{ status: 503 }, { status: 429, headers: { "Retry-After": "0" } }, { status: 500 }], [
    "model.safetensors",
    "model.safetensors",
    "model.safetensors",
    "model.safetensors",
  ]],
];

for (const [what, faults, requests] of mended) {
  Deno.test(`survives ${what}`, async () => {
    await withHub(bert, async (hub, resolve) => {
      hub.faults.set("model.safetensors", faults);
      const seen: DownloadProgress[] = [];
      assertComplete(
        hub,
        (await resolve("owner/name", { onProgress: (progress) => seen.push(progress) })).folder,
      );
      assert.equal(seen.at(-1)!.bytes, seen.at(-1)!.totalBytes);
      const downloads = hub.downloads().filter((name) => name.startsWith("model.safetensors"));
      assert.equal(downloads.length, requests.length);
      for (const [i, request] of requests.entries()) {
        if (typeof request === "string") assert.equal(downloads[i], request);
        else assert.match(downloads[i]!, request);
      }
    });
  });
}

Deno.test("survives a silent server", async () => {
  await withHub(bert, async (hub, resolve) => {
    hub.faults.set("model.safetensors", [{ silentMs: 300 }]);
    const { folder } = await resolve("owner/name", { patience: { retries: 3, pauseMs: 1, silenceMs: 100 } });
    assertComplete(hub, folder);
    assert.equal(hub.downloads().filter((name) => name === "model.safetensors").length, 2);
  });
});

Deno.test("a later run continues where an earlier one was cut, and mistrusts what does not fit", async () => {
  const cuts = Array.from({ length: 3 }, (): Fault => ({ endAfter: 0 }));
  await withHub(bert, async (hub, resolve, cache) => {
    hub.faults.set("model.safetensors", [{ endAfter: 5000 }, ...cuts]);
    const text = await messageOf(() => resolve());
    assert.match(
      text,
      /model\.safetensors of owner\/name keeps breaking off, now after 5000 of 20000 bytes.*Run it again/,
    );
    assert.ok(!namesIn(join(cache, "snapshots", hub.commit)).includes("model.safetensors"));
    hub.requests.length = 0;
    const seen: DownloadProgress[] = [];
    assertComplete(
      hub,
      (await resolve("owner/name", { onProgress: (progress) => seen.push(progress) })).folder,
    );
    assert.deepEqual(hub.downloads(), ["model.safetensors from 5000-"]);
    assert.equal(seen.at(-1)!.bytes, seen.at(-1)!.totalBytes);
  });
  for (const left of [weights.slice(0, 5000).reverse(), new Uint8Array(20_000), new Uint8Array(30_000)]) {
    await withHub(bert, async (hub, resolve, cache) => {
      Deno.mkdirSync(join(cache, "blobs"), { recursive: true });
      Deno.writeFileSync(join(cache, "blobs", `${etagOf("model.safetensors", weights)}.incomplete`), left);
      assertComplete(hub, (await resolve()).folder);
      assert.ok(!namesIn(join(cache, "blobs")).some((name) => name.endsWith(".incomplete")));
    });
  }
});

Deno.test("what is there already is not counted as arriving, and a blob of the wrong size not as there", async () => {
  const etag = etagOf("model.safetensors", weights);
  const files = { "config.json": "", "model.safetensors": weights };
  await withHub(files, async (hub, resolve, cache) => {
    Deno.mkdirSync(join(cache, "blobs"), { recursive: true });
    Deno.writeFileSync(join(cache, "blobs", `${etag}.incomplete`), weights);
    const seen: DownloadProgress[] = [];
    const { folder } = await resolve(`owner/name@${hub.commit}`, {
      onProgress: (progress) => seen.push(progress),
    });
    assertComplete(hub, folder, ["config.json", "model.safetensors"]);
    assert.deepEqual(hub.downloads(), []);
    assert.equal(seen.at(-1)!.bytes, 20_000);
    assert.equal(seen.at(-1)!.bytesPerSecond, 0);
    assert.deepEqual(namesIn(cache), ["blobs", "snapshots"], "a commit is no reference");
  });
  await withHub(files, async (hub, resolve, cache) => {
    Deno.mkdirSync(join(cache, "blobs"), { recursive: true });
    Deno.writeFileSync(join(cache, "blobs", etag), weights.slice(1));
    assertComplete(hub, (await resolve()).folder, ["config.json", "model.safetensors"]);
  });
});

Deno.test("an endpoint that does not answer as a Hub is named", async () => {
  const commit = "0".repeat(40);
  const cases: [unknown, unknown, RegExp][] = [
    [{}, [], /did not answer as a Hub does when asked about owner\/name: check HF_ENDPOINT/],
    [{ sha: "main", siblings: [] }, [], /did not answer as a Hub does/],
    [{ sha: commit, siblings: [{ rfilename: "config.json" }, { rfilename: "pytorch_model.bin" }] }, [
      { path: "config.json", size: 2, oid: "../../../x" },
    ], /does not say size and hash of config\.json in owner\/name/],
  ];
  for (const [revision, paths, message] of cases) {
    const server = Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen() {} },
      (request) => Response.json(request.url.includes("/revision/") ? revision : paths),
    );
    await withFolder(async (cacheFolder) => {
      const options = {
        endpoint: `http://127.0.0.1:${server.addr.port}`,
        cacheFolder,
        token: null,
        offline: false,
      };
      assert.match(await messageOf(() => resolveModel("owner/name", options)), message);
    });
    await server.shutdown();
  }
});

Deno.test("bytes that stay wrong are an error with both hashes, and nothing of them is kept", async () => {
  for (const [name, algorithm] of [["model.safetensors", "sha256"], ["config.json", "git-sha1"]] as const) {
    await withHub(bert, async (hub, resolve, cache) => {
      hub.faults.set(name, [{ wrongBytes: true }, { wrongBytes: true }]);
      const right = etagOf(name, hub.files.get(name)!);
      const wrong = etagOf(name, new Uint8Array(hub.files.get(name)!.length).fill(7));
      assert.match(
        await messageOf(() => resolve()),
        new RegExp(
          `${name} of owner/name arrived with wrong bytes twice: its ${algorithm} should be ${right} .* is ${wrong}`,
        ),
      );
      assert.ok(!namesIn(join(cache, "blobs")).some((blob) => blob.startsWith(right)));
      assert.ok(!namesIn(join(cache, "snapshots", hub.commit)).includes(name));
    });
  }
});

Deno.test("shards are fetched with their index, PyTorch's weights where there are no others", async () => {
  const index = (...shards: string[]) =>
    JSON.stringify({ weight_map: Object.fromEntries(shards.map((shard, i) => [`tensor${i}`, shard])) });
  const { "model.safetensors": _, "pytorch_model.bin": __, ...rest } = bert;
  const small = wanted.filter((name) => name !== "model.safetensors");
  const cases: [Record<string, string>, string[]][] = [
    [{ "pytorch_model.bin": "weights" }, ["pytorch_model.bin"]],
    [{
      "model.safetensors.index.json": index("model-1.safetensors", "model-2.safetensors"),
      "model-1.safetensors": "one",
      "model-2.safetensors": "two",
      "model-3.safetensors": "of no use",
      "pytorch_model.bin": "weights",
    }, ["model-1.safetensors", "model-2.safetensors", "model.safetensors.index.json"]],
    [{ "pytorch_model.bin.index.json": index("part.bin"), "part.bin": "one" }, [
      "part.bin",
      "pytorch_model.bin.index.json",
    ]],
  ];
  for (const [files, names] of cases) {
    await withHub({ ...rest, ...files }, async (hub, resolve) => {
      assertComplete(hub, (await resolve()).folder, [...small, ...names].sort());
      assertComplete(
        hub,
        (await resolve("owner/name", { offline: true })).folder,
        [...small, ...names].sort(),
      );
    });
  }
  const broken: [Record<string, string>, RegExp][] = [
    [
      {},
      /owner\/name on .* has no weights in model\.safetensors or pytorch_model\.bin.* it has .*tf_model\.h5/,
    ],
    [
      { "model.safetensors.index.json": index("a.safetensors") },
      /lacks shards that its index names: a\.safetensors/,
    ],
    [{ "model.safetensors.index.json": index("../a.safetensors") }, /not a file beside it/],
  ];
  for (const [files, message] of broken) {
    await withHub({ ...rest, ...files }, async (_hub, resolve) => {
      assert.match(await messageOf(() => resolve()), message);
    });
  }
  await withHub({ "weights.json": "{}" }, async (_hub, resolve) => {
    assert.match(await messageOf(() => resolve()), /not a transformers model: it has no config\.json/);
  });
});

Deno.test("an adapter's repository needs no model", async () => {
  const files = {
    "adapter_config.json": "{}",
    "adapter_model.safetensors": "weights",
    "tokenizer.json": "{}",
    "optimizer.pt": "of no use",
  };
  const needed = ["adapter_config.json", "adapter_model.safetensors", "tokenizer.json"];
  await withHub(files, async (hub, resolve) => {
    assertComplete(hub, (await resolve()).folder, needed);
    assertComplete(hub, (await resolve("owner/name", { offline: true })).folder, needed);
  });
});

Deno.test("an incomplete snapshot in the cache does not count", async () => {
  const index = JSON.stringify({ weight_map: { a: "model-1.safetensors" } });
  const { "model.safetensors": _, ...rest } = bert;
  const files = { ...rest, "model.safetensors.index.json": index, "model-1.safetensors": "one" };
  await withHub(files, async (hub, resolve) => {
    const { folder } = await resolve();
    Deno.removeSync(join(folder, "model-1.safetensors"));
    assert.match(await messageOf(() => resolve("owner/name", { offline: true })), /no complete owner\/name/);
    await resolve();
    await resolve("owner/name", { offline: true });
    Deno.removeSync(
      join(folder, "../../blobs", etagOf("model-1.safetensors", hub.files.get("model-1.safetensors")!)),
    );
    assert.match(await messageOf(() => resolve("owner/name", { offline: true })), /no complete owner\/name/);
    Deno.removeSync(join(folder, "config.json"));
    await resolve();
    assert.equal((await resolve("owner/name", { offline: true })).folder, folder);
  });
});

Deno.test("offline, the cache answers alone", async () => {
  await withHub(bert, async (hub, resolve) => {
    const text = await messageOf(() => resolve("owner/name@v2", { offline: true }));
    assert.match(text, /^Offline, and the cache has no complete owner\/name@v2/);
    assert.match(
      text,
      /hf download owner\/name --revision v2 --local-dir name.*copy the folder here and give its path/,
    );
    assert.equal(hub.requests.length, 0);
    const { folder } = await resolve();
    const before = hub.requests.length;
    assert.equal((await resolve("owner/name", { offline: true })).folder, folder);
    assert.equal(hub.requests.length, before);
  });
});

Deno.test("without a network the cache answers with a notice, or the error says how to get the files", async () => {
  await withHub(bert, async (hub, resolve) => {
    const gone = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const endpoint = `http://127.0.0.1:${(gone.addr as Deno.NetAddr).port}`;
    gone.close();
    const text = await messageOf(() => resolve("owner/name", { endpoint }));
    assert.match(text, new RegExp(`^Cannot reach ${endpoint} \\(.*[Cc]onnection refused.*\\)\\.`));
    assert.match(
      text,
      /hf download owner\/name .*copy the folder here and give its path.*HTTPS_PROXY.*HF_ENDPOINT/,
    );
    const { folder } = await resolve();
    const notices: string[] = [];
    const onNotice = (notice: string) => notices.push(notice);
    assert.equal((await resolve("owner/name", { endpoint, onNotice })).folder, folder);
    hub.apiFault = { status: 503 };
    assert.equal((await resolve("owner/name", { onNotice })).folder, folder);
    assert.equal(notices.length, 2);
    assert.match(
      notices[0]!,
      /^Cannot reach .*\. Using owner\/name as it is in the cache, commit 0123456789/,
    );
    assert.match(notices[1]!, /answers 503: it is out of order\. Using owner\/name as it is in the cache/);
  });
});

Deno.test("what the Hub refuses is explained", async () => {
  const cases: [string, FakeHub["apiFault"], string | null, RegExp][] = [
    [
      "owner/nome",
      null,
      null,
      /knows no model owner\/nome\. Check the spelling.*private.*HF_TOKEN.*hf auth login/,
    ],
    ["owner/name@v9", null, null, /owner\/name has no revision v9.*lists its branches/],
    ["owner/nome", { status: 404 }, null, /knows no model owner\/nome/],
    ["owner/name", { status: 401 }, null, /wants a token.*owner\/name.*HF_TOKEN/],
    ["owner/name", { status: 401 }, "hf_x", /wants a token, another token.*token given.*not expired/],
    [
      "owner/name",
      { status: 401, headers: { "X-Error-Code": "RepoNotFound" } },
      null,
      /knows no model owner\/name/,
    ],
    [
      "owner/name",
      { status: 403, headers: { "X-Error-Code": "GatedRepo" } },
      null,
      /only to those .*ask for access on .*\/owner\/name, then make a token/,
    ],
    ["owner/name", { status: 403 }, "hf_x", /the account of the token given.*has none: ask for it on/],
    [
      "owner/name",
      {
        status: 401,
        headers: { "X-Error-Message": "Invalid credentials in Authorization header" },
      },
      "hf_x",
      /does not accept the token given.*wrong or expired/,
    ],
    [
      "owner/name",
      { status: 429 },
      null,
      /answers 429: it has had too many requests from here\. Try again later/,
    ],
    ["owner/name", { status: 502 }, null, /answers 502: it is out of order\. Try again later.*hf download/],
    ["owner/name", { status: 418 }, null, /answers 418 .* when asked for owner\/name/],
  ];
  for (const [source, fault, token, message] of cases) {
    await withHub(bert, async (hub, resolve) => {
      hub.apiFault = fault;
      const text = await messageOf(() => resolve(source, { token }));
      assert.match(text, message);
      assert.ok(!text.includes("hf_x"), "a token is a secret");
    });
  }
  await withHub(bert, async (hub, resolve) => {
    hub.faults.set("vocab.txt", [{ status: 404, headers: { "X-Error-Code": "EntryNotFound" } }]);
    assert.match(await messageOf(() => resolve()), /lists the file vocab\.txt, but .* does not have it/);
  });
});

Deno.test("a mirror that does not say what it did not find is asked", async () => {
  await withHub(bert, async (hub, resolve) => {
    const mirror = Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen() {} },
      (request) =>
        new Response(null, {
          status: new URL(request.url).pathname === "/api/models/owner/name" ? 200 : 404,
        }),
    );
    const endpoint = `http://127.0.0.1:${mirror.addr.port}`;
    assert.match(
      await messageOf(() => resolve("owner/name@v9", { endpoint })),
      /owner\/name has no revision v9/,
    );
    assert.match(await messageOf(() => resolve("owner/other", { endpoint })), /knows no model owner\/other/);
    await mirror.shutdown();
    hub.apiFault = { status: 200, headers: { "Content-Type": "application/json" } };
    assert.match(await messageOf(() => resolve()), /JSON/);
  });
});

Deno.test("the token goes to the Hub and to no other host", async () => {
  await withHub(bert, async (hub, resolve) => {
    hub.requiredToken = "a-mirror's-token";
    assert.match(await messageOf(() => resolve()), /only to those who have been given access/);
    hub.requests.length = 0;
    assertComplete(hub, (await resolve("owner/name", { token: "a-mirror's-token" })).folder);
    const atStorage = hub.requests.filter(({ path }) => path === "/model.safetensors");
    assert.deepEqual(atStorage.map(({ token }) => token), [null]);
    for (const { path, token } of hub.requests) {
      if (path !== "/model.safetensors") assert.equal(token, "Bearer a-mirror's-token", path);
    }
  });
});

Deno.test("two that want the same model at once download it once", async () => {
  await withHub(bert, async (hub, resolve) => {
    const [one, two] = await Promise.all([resolve(), resolve()]);
    assert.deepEqual(one, two);
    assertComplete(hub, one.folder);
    assert.equal(hub.downloads().length, requested.length);
  });
});

Deno.test("a folder is itself, and what is neither folder nor id is an error", async () => {
  await withFolder(async (folder) => {
    const file = join(folder, "model.safetensors");
    Deno.writeTextFileSync(file, "");
    Deno.writeTextFileSync(join(folder, "config.json"), "{}");
    assert.deepEqual(await resolveModel(folder, { offline: true }), { folder, commit: null });
    assert.match(await messageOf(() => resolveModel(file)), /is a file: give the folder that holds it/);
    for (
      const source of [
        "./none",
        "/no/such/folder",
        "kobert",
        "a/b/c",
        "../x",
        "a/..",
        "a/.b",
        "a/b@",
        "a/b@../x",
        "a/b@/x",
        "a/b--c",
      ]
    ) {
      assert.match(
        await messageOf(() => resolveModel(source, { offline: true, cacheFolder: folder })),
        new RegExp(`no folder ${source}( \\(did you mean .*\\))?, and it is not the id of a model`),
        source,
      );
    }
  });
});

Deno.test("a folder without a model: what is missing, what to rename, and the model inside that was meant", async () => {
  const cases: [string[], RegExp][] = [
    [[], /has no config\.json: .* There is nothing in it\.$/],
    [
      ["history.jsonl", "split.json"],
      /has no config\.json: .* What is in it: history\.jsonl, split\.json\.$/,
    ],
    [
      ["model.safetensors"],
      /has no config\.json: .* It has model\.safetensors: copy the config\.json of the model/,
    ],
    [["config.json"], /holds no weights\. Looked for model\.safetensors, .*Is it the folder of a model\?$/],
    [
      ["config.json", "KoBERT_model.pt", "optimizer.pt", "training_args.bin"],
      /It has KoBERT_model\.pt: .* give it the name that is looked for: mv "\S+\/KoBERT_model\.pt" "\S+\/pytorch_model\.bin"\.$/,
    ],
    [["config.json", "epoch=3.ckpt"], /It has epoch=3\.ckpt: .*pytorch_model\.bin"\.$/],
    [["config.json", "weights.safetensors"], /mv "\S+\/weights\.safetensors" "\S+\/model\.safetensors"/],
    [
      ["config.json", "bert_model.ckpt.index"],
      /It has bert_model\.ckpt\.index, which are of another framework/,
    ],
    [["config.json", "optimizer.pt"], /Is it the folder of a model\?$/],
    [
      ["best/config.json", "best/model.safetensors", "checkpoints/step-1/adapter_config.json", "split.json"],
      /has one inside: did you mean \S+\/best\?$/,
    ],
    [["train/best/adapter_config.json"], /did you mean \S+\/train\/best\?$/],
    [
      ["run/merged/adapter_config.json", "run/best/adapter_config.json", "run/1_Pooling/config.json"],
      /did you mean \S+\/run\/best or \S+\/run\/merged\?$/,
    ],
  ];
  for (const [files, says] of cases) {
    await withFolder(async (folder) => {
      for (const file of files) {
        Deno.mkdirSync(dirname(join(folder, file)), { recursive: true });
        Deno.writeTextFileSync(join(folder, file), "{}");
      }
      assert.match(await messageOf(() => resolveModel(folder)), says);
    });
  }
});

Deno.test("a source whose name is nearly that of a configuration or a folder: which may be meant", async () => {
  await withFolder(async (folder) => {
    Deno.mkdirSync(join(folder, "outputs", "train", "best"), { recursive: true });
    const cases: [string, string][] = [
      ["kobert_small", "kobert-small"],
      ["KoBERT-Smal", "kobert-small"],
      ["kobert-small-scrach", "kobert-small-scratch"],
      ["robertasmall", "roberta-small"],
      [join(folder, "outputs", "trian"), join(folder, "outputs", "train")],
      [join(folder, "outptus", "trian", "bset"), join(folder, "outputs", "train", "best")],
      [join(folder, "output"), join(folder, "outputs")],
    ];
    const cacheFolder = join(folder, "cache");
    for (const [source, meant] of cases) {
      const message = await messageOf(() => resolveModel(source, { offline: true, cacheFolder }));
      assert.ok(message.includes(`no folder ${source} (did you mean "${meant}"?)`), message);
    }
    assert.doesNotMatch(
      await messageOf(() => resolveModel("zzz", { offline: true, cacheFolder })),
      /did you mean/,
    );
    // what could be an id of the Hub is asked for there first
    const before = Deno.cwd();
    Deno.chdir(folder);
    try {
      const message = await messageOf(() => resolveModel("outputs/trian", { offline: true, cacheFolder }));
      assert.match(
        message,
        /^Offline, .* Nor is there a folder outputs\/trian \(did you mean "outputs\/train"\?\)\.$/s,
      );
    } finally {
      Deno.chdir(before);
    }
  });
});

Deno.test("settings come from the environment as for huggingface_hub", async () => {
  await withFolder((folder) => {
    Deno.writeTextFileSync(join(folder, "token"), " hf_stored\n");
    const cases: [Record<string, string>, Partial<ReturnType<typeof hubSettings>>][] = [
      [{ HOME: "/home/me" }, {
        endpoint: "https://huggingface.co",
        cacheFolder: "/home/me/.cache/huggingface/hub",
        token: null,
        offline: false,
      }],
      [{ HOME: "/home/me", XDG_CACHE_HOME: "/cache" }, { cacheFolder: "/cache/huggingface/hub" }],
      [{ HF_HOME: folder }, { cacheFolder: join(folder, "hub"), token: "hf_stored" }],
      [{ HF_HOME: folder, HF_TOKEN: "hf_given" }, { token: "hf_given" }],
      [{ HF_HOME: "/none", HF_TOKEN_PATH: join(folder, "token") }, { token: "hf_stored" }],
      [{ HF_HOME: "~/hf", HOME: "/home/me" }, { cacheFolder: "/home/me/hf/hub" }],
      [{ HF_HOME: "/a", HUGGINGFACE_HUB_CACHE: "/b" }, { cacheFolder: "/b" }],
      [{ HF_HOME: "/a", HUGGINGFACE_HUB_CACHE: "/b", HF_HUB_CACHE: "~/c", HOME: "/h" }, {
        cacheFolder: "/h/c",
      }],
      [{ HF_ENDPOINT: "https://mirror.example/" }, { endpoint: "https://mirror.example" }],
      [{ HF_HUB_OFFLINE: "1" }, { offline: true }],
      [{ HF_HUB_OFFLINE: "yes" }, { offline: true }],
      [{ HF_HUB_OFFLINE: "0" }, { offline: false }],
      [{ TRANSFORMERS_OFFLINE: "true" }, { offline: true }],
    ];
    for (const [environment, expected] of cases) {
      const settings = hubSettings(environment);
      for (const [key, value] of Object.entries(expected)) {
        assert.equal(
          settings[key as keyof typeof settings],
          value,
          `${key} of ${JSON.stringify(environment)}`,
        );
      }
    }
    assert.equal(basename(hubSettings().cacheFolder).length > 0, true);
  });
});
