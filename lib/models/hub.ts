/**
 * Models from the Hugging Face Hub, in the cache that Python's `huggingface_hub` uses, so that what one of them
 * downloaded the other finds: `models--owner--name/{blobs,refs,snapshots}`.
 *
 * `@huggingface/hub` 2.17.5 says what a repository holds (`modelInfo`, `pathsInfo`, `repoExists`). Its own downloads
 * (`snapshotDownload`, `downloadFileToCacheDir`) fetch every file of a repository, begin again after a cut, check
 * neither size nor hash, report no progress and refuse tokens that do not begin with `hf_`; those are done here.
 */

import { modelInfo, type PathInfo, pathsInfo, repoExists } from "@huggingface/hub";
import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { basename, dirname, join, relative } from "node:path";
import { didYouMean, nearPath, UserError } from "../ground/mod.ts";
import { chooseWeights } from "./files/checkpoint_files.ts";
import {
  defaultPatience,
  downloadFile,
  fetchPatiently,
  NetworkError,
  type Patience,
} from "./files/download.ts";
import { shardsOf } from "./files/tensor_file.ts";
import { checkModelFolder } from "./model_folder.ts";
import { modelNames, shippedFolder } from "./shipped.ts";

/** Where the Hub and its cache are, and how to ask. */
export interface HubSettings {
  /** `https://huggingface.co`, or a mirror of it. */
  endpoint: string;
  /** The folder that holds `models--owner--name`. */
  cacheFolder: string;
  /** For private and gated models. */
  token: string | null;
  /** Take what is in the cache and ask nobody. */
  offline: boolean;
}

/** How far a download is. */
export interface DownloadProgress {
  /** The file that is arriving. */
  file: string;
  /** Bytes present and bytes in all, of all files to be downloaded. */
  bytes: number;
  totalBytes: number;
  /** Arrived in this run, a second; 0 at first. */
  bytesPerSecond: number;
  /** At that rate; null at first. */
  secondsLeft: number | null;
}

/** Options of {@link resolveModel}; what is not given comes from the environment, see {@link hubSettings}. */
export interface ResolveOptions extends Partial<HubSettings> {
  /** Called at the start and the end of each file, and some ten times a second between. */
  onProgress?: (progress: DownloadProgress) => void;
  /** Told, in a sentence, when the Hub could not be asked and the cached files are used. */
  onNotice?: (notice: string) => void;
  /** How long to bear with the network. */
  patience?: Patience;
}

/** Where a model's files are. */
export interface ResolvedModel {
  folder: string;
  /** The commit on the Hub that they are of; null for a folder of one's own. */
  commit: string | null;
}

/** What of a repository is fetched besides the weights: the configuration, and tokenizers of all kinds. */
const smallFiles =
  /^(((adapter|model)_)?config\.json|generation_config\.json|tokenizer.*\.json|special_tokens_map\.json|added_tokens\.json|[^/\\]*vocab[^/\\]*\.(txt|json)|merges\.txt|[^/\\]+\.(model|spm))$/;

/**
 * The settings that Python's `huggingface_hub` would take from the same environment: `HF_ENDPOINT`; `HF_HUB_CACHE`,
 * `HUGGINGFACE_HUB_CACHE` or `hub` in `HF_HOME` (or in `huggingface` of `XDG_CACHE_HOME` or `~/.cache`); `HF_TOKEN` or the
 * file `HF_TOKEN_PATH` (`token` in `HF_HOME`), which `hf auth login` writes; `HF_HUB_OFFLINE` or
 * `TRANSFORMERS_OFFLINE`.
 */
export function hubSettings(
  environment: Record<string, string | undefined> = Deno.env.toObject(),
): HubSettings {
  const home = environment.HOME || environment.USERPROFILE || homedir();
  const expand = (path: string) => path.replace(/^~(?=$|[/\\])/, home);
  const hfHome = expand(
    environment.HF_HOME || join(environment.XDG_CACHE_HOME || join(home, ".cache"), "huggingface"),
  );
  const cacheFolder = environment.HF_HUB_CACHE || environment.HUGGINGFACE_HUB_CACHE || join(hfHome, "hub");
  const tokenPath = expand(environment.HF_TOKEN_PATH || join(hfHome, "token"));
  const token = environment.HF_TOKEN?.trim() ||
    (existsSync(tokenPath) ? Deno.readTextFileSync(tokenPath).trim() : "");
  const offline = environment.HF_HUB_OFFLINE || environment.TRANSFORMERS_OFFLINE || "";
  return {
    endpoint: (environment.HF_ENDPOINT || "https://huggingface.co").replace(/\/+$/, ""),
    cacheFolder: expand(cacheFolder),
    token: token || null,
    offline: ["1", "ON", "YES", "TRUE"].includes(offline.toUpperCase()),
  };
}

/** A repository on the Hub at a revision. */
interface Repository {
  id: string;
  revision: string;
  settings: HubSettings;
  patience: Patience;
  /** Its folder in the cache. */
  cache: string;
}

/**
 * Finds a model's files: in a folder, in the project (`kobert-small`), or on the Hub by `owner/name` or `owner/name@revision` (branch, tag or commit).
 * From the Hub it fetches, unless they are in the cache, `config.json`, the tokenizer's files and the weights
 * (safetensors, else PyTorch's, with all shards; or an adapter's and `adapter_config.json`), continues what an earlier
 * run left incomplete, and checks every file's size and hash before it counts.
 *
 * @throws saying what to do: a folder that is not there, or holds no model; an id that is none; no network and nothing in the cache; a
 * model, revision or file that does not exist; a model that wants a token or another one; bytes that stay wrong.
 * @example
 * ```ts
 * const { folder } = await resolveModel("skt/kobert-base-v1", { onProgress: ({ bytes }) => console.log(bytes) });
 * ```
 */
export async function resolveModel(source: string, options: ResolveOptions = {}): Promise<ResolvedModel> {
  const shipped = shippedFolder(source);
  if (shipped !== null) return { folder: shipped, commit: null };
  if (existsSync(source)) {
    if (!Deno.statSync(source).isDirectory) {
      throw new UserError(`${source} is a file: give the folder that holds it.`);
    }
    checkModelFolder(source);
    return { folder: source, commit: null };
  }
  const [, id, revision = "main"] = /^([\w.-]+\/[\w.-]+)(?:@(.+))?$/.exec(source) ?? [];
  if (id === undefined || /(^|\/)\.|\.\.|--/.test(id) || /(^|\/)\.\.?($|\/)|^\/|\\/.test(revision)) {
    throw new UserError(
      `There is no folder ${source}${nearFolder(source)}, and it is not the id of a model on the ` +
        "Hub, owner/name or owner/name@revision.",
    );
  }
  const { onProgress, onNotice, patience = defaultPatience, ...given } = options;
  const settings: HubSettings = { ...hubSettings(), ...definedIn(given) };
  const repository: Repository = {
    id,
    revision,
    settings,
    patience,
    cache: join(settings.cacheFolder, `models--${id.replace("/", "--")}`),
  };
  const cached = cachedSnapshot(repository);
  if (cached !== null && cached.commit === revision) return cached; // a commit does not change
  if (settings.offline) {
    if (cached !== null) return cached;
    throw alsoNear(
      source,
      new UserError(
        `Offline, and the cache has no complete ${source} (${repository.cache}). ` +
          `${withoutNetwork(repository)}`,
      ),
    );
  }
  try {
    return await fetchSnapshot(repository, cached !== null, onProgress ?? (() => {}));
  } catch (error) {
    if (!(error instanceof NetworkError) || cached === null) throw alsoNear(source, error);
    onNotice?.(`${error.reason} Using ${source} as it is in the cache, commit ${cached.commit}.`);
    return cached;
  }
}

/** A hint at a folder, or a named configuration, whose name is nearly a source's; empty where there is none. */
function nearFolder(source: string): string {
  const near = nearPath(source);
  const isFolder = near !== undefined && Deno.statSync(near).isDirectory;
  return didYouMean(source, isFolder ? [...modelNames, near] : modelNames);
}

/** An error about the Hub, which tells also of a folder that may have been meant. */
function alsoNear(source: string, error: unknown): unknown {
  const hint = nearFolder(source);
  if (hint !== "" && error instanceof UserError) error.message += ` Nor is there a folder ${source}${hint}.`;
  return error;
}

function definedIn<T extends object>(options: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(
    Object.entries(options).filter(([, value]) => value !== undefined),
  ) as typeof options;
}

// --- The cache ---

/** The snapshot in the cache that the revision stands for, if all of a model is there. */
function cachedSnapshot({ cache, revision }: Repository): { folder: string; commit: string } | null {
  const reference = join(cache, "refs", revision);
  const commit = isCommit(revision)
    ? revision
    : existsSync(reference)
    ? Deno.readTextFileSync(reference).trim()
    : "";
  const folder = join(cache, "snapshots", commit);
  if (!isCommit(commit) || !existsSync(folder)) return null;
  const names = [...Deno.readDirSync(folder)].map(({ name }) => name).filter((name) =>
    existsSync(join(folder, name))
  );
  const weights = weightsAmong(names);
  if (!hasConfig(names) || weights === null) return null;
  // Weights are linked last, so with them all is there, except for shards that a Python program did not fetch.
  return weights.endsWith(".json") && !shardsOf(join(folder, weights)).every((path) => existsSync(path))
    ? null
    : { folder, commit };
}

/** Whether files are a model's, or an adapter's to a model. */
function hasConfig(names: readonly string[]): boolean {
  return names.includes("config.json") || names.includes("adapter_config.json");
}

/** The file of weights: the model's, else the adapter's. */
function weightsAmong(names: readonly string[]): string | null {
  const adapter = ["adapter_model.safetensors", "adapter_model.bin"].find((name) => names.includes(name));
  return chooseWeights(names) ?? adapter ?? null;
}

function isCommit(text: string): boolean {
  return /^[0-9a-f]{40}$/.test(text);
}

/** Makes `snapshots/<commit>/<file>` a relative link to the blob, or a copy where links are not allowed (Windows). */
function link(blob: string, path: string): void {
  const temporary = `${path}.${crypto.randomUUID().slice(0, 8)}`;
  try {
    Deno.symlinkSync(relative(dirname(path), blob), temporary);
  } catch {
    Deno.copyFileSync(blob, temporary);
  }
  Deno.renameSync(temporary, path);
}

/** Runs `body` while no other process, Python's `huggingface_hub` included, downloads the same blob. */
async function withLock(repository: Repository, etag: string, body: () => Promise<void>): Promise<void> {
  const folder = join(repository.settings.cacheFolder, ".locks", basename(repository.cache));
  Deno.mkdirSync(folder, { recursive: true });
  using file = Deno.openSync(join(folder, `${etag}.lock`), { write: true, create: true });
  await file.lock(true); // closing releases it
  await body();
}

// --- The Hub ---

/** A file to have, with what the Hub says of it. */
interface HubFile {
  name: string;
  size: number;
  /** Names the blob: SHA-256 of a large file, git's SHA-1 of a small one. */
  etag: string;
}

async function fetchSnapshot(
  repository: Repository,
  isCached: boolean,
  onProgress: (progress: DownloadProgress) => void,
): Promise<ResolvedModel> {
  const { id, revision, settings, cache, patience } = repository;
  const retries = isCached ? Math.min(1, patience.retries) : patience.retries; // the cache will do
  const { sha: commit, filePaths } = await modelInfo({
    name: id,
    revision,
    hubUrl: settings.endpoint,
    fetch: askHub({ ...repository, patience: { ...patience, retries } }),
    additionalFields: ["sha", "filePaths"],
  });
  if (!isCommit(commit) || !Array.isArray(filePaths)) {
    throw new UserError(
      `${settings.endpoint} did not answer as a Hub does when asked about ${id}: check HF_ENDPOINT.`,
    );
  }
  if (!hasConfig(filePaths)) {
    throw new UserError(`${id} on ${settings.endpoint} is not a transformers model: it has no config.json.`);
  }
  const weights = weightsAmong(filePaths);
  if (weights === null) {
    throw new UserError(
      `${id} on ${settings.endpoint} has no weights in model.safetensors or pytorch_model.bin, one file or sharded; ` +
        `it has ${filePaths.join(", ")}.`,
    );
  }

  const snapshot = join(cache, "snapshots", commit);
  Deno.mkdirSync(snapshot, { recursive: true });
  Deno.mkdirSync(join(cache, "blobs"), { recursive: true });
  const names = filePaths.filter((name) => smallFiles.test(name));
  if (weights.endsWith(".json")) {
    // The index says which shards there are. It is linked only at the end, with them.
    const [index] = await describeFiles(repository, commit, [weights]);
    await fetchBlob(repository, commit, index!, () => {});
    const shards = [...new Set(shardsOf(join(cache, "blobs", index!.etag)).map((path) => basename(path)))];
    const missing = shards.filter((name) => !filePaths.includes(name));
    if (missing.length > 0) {
      throw new UserError(
        `${id} on ${settings.endpoint} lacks shards that its index names: ${missing.join(", ")}.`,
      );
    }
    names.push(...shards);
  }
  names.push(weights);

  const files = await describeFiles(repository, commit, names);
  const tracker = trackProgress(files, onProgress);
  for (const file of files) {
    tracker.begin(file.name);
    await fetchBlob(repository, commit, file, tracker.add);
    tracker.end();
    link(join(cache, "blobs", file.etag), join(snapshot, file.name));
  }
  if (revision !== commit) {
    const reference = join(cache, "refs", revision);
    Deno.mkdirSync(dirname(reference), { recursive: true });
    Deno.writeTextFileSync(reference, commit);
  }
  return { folder: snapshot, commit };
}

/** Size and hash of files, in the order of the names. */
async function describeFiles(repository: Repository, commit: string, names: string[]): Promise<HubFile[]> {
  const { id, settings } = repository;
  const infos = await pathsInfo({
    repo: id,
    revision: commit,
    paths: names,
    hubUrl: settings.endpoint,
    fetch: askHub(repository),
  });
  const byName = new Map(infos.map((info): [string, PathInfo] => [info.path, info]));
  return names.map((name) => {
    const info = byName.get(name);
    const etag = info?.lfs?.oid ?? info?.oid ?? "";
    const size = info?.lfs?.size ?? info?.size;
    if (!/^([0-9a-f]{40}|[0-9a-f]{64})$/.test(etag) || typeof size !== "number") {
      throw new UserError(
        `${settings.endpoint} does not say size and hash of ${name} in ${id}: check HF_ENDPOINT.`,
      );
    }
    return { name, size, etag };
  });
}

/** Brings a file into `blobs`, unless it is there; `onBytes` hears of all its bytes either way. */
async function fetchBlob(
  repository: Repository,
  commit: string,
  { name, size, etag }: HubFile,
  onBytes: (count: number, arrived: boolean) => void,
): Promise<void> {
  const { id, settings, cache, patience } = repository;
  const blob = join(cache, "blobs", etag);
  const isThere = () => existsSync(blob) && Deno.statSync(blob).size === size;
  const url = `${settings.endpoint}/${id}/resolve/${commit}/${encodeURIComponent(name)}`;
  await withLock(repository, etag, async () => {
    if (isThere()) return onBytes(size, false);
    let resumed = true; // the first call tells what an earlier run left
    await downloadFile(blob, {
      name: `${name} of ${id}`,
      size,
      digest: { algorithm: etag.length === 64 ? "sha256" : "git-sha1", hex: etag },
      onBytes: (count) => {
        onBytes(count, !resumed && count > 0);
        resumed = false;
      },
      request: (offset) =>
        askHub(repository, name)(url, {
          // "identity": sizes, ranges and hashes are those of the file, not of a packed form of it.
          headers: { "Accept-Encoding": "identity", ...(offset > 0 ? { Range: `bytes=${offset}-` } : {}) },
        }),
    }, patience);
  });
}

/** Rate and time left from the bytes that arrive; tells at most ten times a second. */
function trackProgress(files: HubFile[], onProgress: (progress: DownloadProgress) => void) {
  const totalBytes = files.reduce((sum, { size }) => sum + size, 0);
  const started = performance.now();
  let told = -Infinity;
  let file = "";
  let bytes = 0;
  let arrivedBytes = 0;
  const tell = () => {
    told = performance.now();
    const bytesPerSecond = arrivedBytes / Math.max((told - started) / 1000, 0.001);
    const secondsLeft = arrivedBytes > 0 ? (totalBytes - bytes) / bytesPerSecond : null;
    onProgress({ file, bytes, totalBytes, bytesPerSecond, secondsLeft });
  };
  return {
    begin(name: string) {
      file = name;
      tell();
    },
    add(count: number, arrived: boolean) {
      bytes += count;
      if (arrived) arrivedBytes += count;
      if (performance.now() - told >= 100) tell();
    },
    end: tell,
  };
}

/**
 * A `fetch` that asks the Hub with the token, patiently, and throws what the Hub refuses as an error that says what to
 * do. Deno does not pass the token on where the Hub redirects to another host.
 */
function askHub(repository: Repository, file?: string): typeof fetch {
  const { settings, patience } = repository;
  return async (input, init) => {
    let response: Response;
    try {
      response = await fetchPatiently(String(input), withToken(init, settings.token), patience);
    } catch (error) {
      if (!(error instanceof NetworkError)) throw error;
      const reason = `Cannot reach ${settings.endpoint} (${error.reason}).`;
      throw new NetworkError(reason, withoutNetwork(repository), { cause: error });
    }
    if (response.ok || response.status === 416) return response;
    await response.body?.cancel();
    throw await refusal(repository, response, file);
  };
}

/** The package demands that tokens begin with `hf_`, which a mirror's need not: so it is not told of them. */
function withToken(init: RequestInit = {}, token: string | null): RequestInit {
  const headers = new Headers(init.headers);
  if (token !== null) headers.set("Authorization", `Bearer ${token}`);
  return { ...init, headers };
}

/** What an answer of 4xx or 5xx means. */
async function refusal(repository: Repository, response: Response, file?: string): Promise<Error> {
  const { id, revision, settings, patience } = repository;
  const { endpoint, token } = settings;
  const { status, headers } = response;
  const page = `${endpoint}/${id}`;
  const makeToken =
    `make a token (${endpoint}/settings/tokens) and give it as HF_TOKEN, or run "hf auth login"`;
  const given = `the token given (HF_TOKEN, or what "hf auth login" stored)`;
  if (status === 429 || status >= 500) {
    const reason = status === 429 ? "it has had too many requests from here" : "it is out of order";
    return new NetworkError(
      `${endpoint} answers ${status}: ${reason}.`,
      `Try again later. ${withoutNetwork(repository)}`,
    );
  }
  if (/invalid (credentials|user)/i.test(headers.get("X-Error-Message") ?? "") && token !== null) {
    return new UserError(
      `${endpoint} does not accept ${given}: it is wrong or expired. Remove it, or ${makeToken}.`,
    );
  }
  let code = headers.get("X-Error-Code");
  if (status === 404 && code === null) { // a mirror that does not say what it did not find
    const found = await repoExists({
      repo: id,
      hubUrl: endpoint,
      fetch: async (url, init) => {
        const answer = await fetchPatiently(String(url), withToken(init, token), patience);
        await answer.body?.cancel(); // only the status counts
        return new Response(null, answer);
      },
    });
    code = !found ? "RepoNotFound" : file === undefined ? "RevisionNotFound" : "EntryNotFound";
  }
  if (code === "GatedRepo" || status === 403) {
    const remedy = token === null
      ? `ask for access on ${page}, then ${makeToken}`
      : `the account of ${given} has none: ask for it on ${page}, and let the token read gated models`;
    return new UserError(`${id} is open only to those who have been given access: ${remedy}.`);
  }
  if (code === "RevisionNotFound") {
    return new UserError(`${id} has no revision ${revision}. ${page}/tree/main lists its branches and tags.`);
  }
  if (code === "EntryNotFound") {
    return new UserError(
      `${id} at ${revision} lists the file ${file}, but ${endpoint} does not have it. Try again later.`,
    );
  }
  if (code === "RepoNotFound" || status === 401) {
    const reason = code === "RepoNotFound"
      ? "knows no model"
      : "wants a token, another token or another name for";
    const remedy = token === null
      ? makeToken
      : `check that ${given} is right, not expired, and of an account with access`;
    return new UserError(
      `${endpoint} ${reason} ${id}. Check the spelling; if it is private or gated, ${remedy}.`,
    );
  }
  return new UserError(`${endpoint} answers ${status} ${response.statusText} when asked for ${file ?? id}.`);
}

/** How to get the files another way. */
function withoutNetwork({ id, revision, settings }: Repository): string {
  const name = id.split("/")[1];
  return `Where there is a network, download the files from ${settings.endpoint}/${id}/tree/${revision} (config.json, ` +
    `those of the tokenizer, and model.safetensors or pytorch_model.bin), for instance by "hf download ${id} ` +
    `--revision ${revision} --local-dir ${name}"; copy the folder here and give its path in place of ${id}. ` +
    `A proxy is taken from HTTPS_PROXY, a mirror from HF_ENDPOINT.`;
}
