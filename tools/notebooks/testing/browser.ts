/** A headless Chromium for tests, by the DevTools protocol: pages are opened, looked at, typed into and photographed. */
import { exists } from "../../setup/paths.ts";

/** Chromium's names on the PATH. */
const programs = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

/** The program that {@link openBrowser} starts; `null` where this machine has none. */
export function findChromium(): string | null {
  const folders = (Deno.env.get("PATH") ?? "").split(":");
  return folders.flatMap((folder) => programs.map((name) => `${folder}/${name}`)).find(exists) ?? null;
}

/** A page of a browser. */
export interface Page {
  goto(url: string): Promise<void>;
  /** The value of an expression in the page; promises are waited for. */
  evaluate<T>(expression: string): Promise<T>;
  /** Waits until an expression is true in the page. @throws Error with the expression after so many seconds */
  until(expression: string, seconds?: number): Promise<void>;
  /** Types a text where the page's cursor is. */
  type(text: string): Promise<void>;
  /** Presses a key, by its name in the protocol (`Enter`), with Shift, Control or neither. */
  press(key: string, modifier?: "shift" | "control"): Promise<void>;
  /** Writes a picture of what is seen. */
  screenshot(path: string): Promise<void>;
}

const modifiers = { shift: 8, control: 2 } as const;

/**
 * Opens a browser with one page.
 *
 * @param size in CSS pixels
 * @example
 * ```ts
 * await using browser = await openBrowser();
 * await browser.page.goto("http://localhost:8888");
 * ```
 */
export async function openBrowser(
  size = { width: 1280, height: 900 },
): Promise<{ page: Page } & AsyncDisposable> {
  const program = findChromium();
  if (program === null) throw new Error("There is no Chromium on this machine.");
  const profile = await Deno.makeTempDir();
  const process = new Deno.Command(program, {
    args: [
      ...["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--lang=ko-KR"],
      ...["--remote-debugging-port=0", `--user-data-dir=${profile}`],
      ...[`--window-size=${size.width},${size.height}`, "about:blank"],
    ],
    stdout: "null",
    stderr: "piped",
  }).spawn();
  const endpoint = await endpointOf(process.stderr);
  const pages = await (await fetch(`http://${new URL(endpoint).host}/json/list`)).json() as {
    type: string;
    webSocketDebuggerUrl: string;
  }[];
  const socket = new WebSocket(pages.find(({ type }) => type === "page")!.webSocketDebuggerUrl);
  await new Promise((resolve, reject) => {
    socket.onopen = resolve;
    socket.onerror = reject;
  });
  const call = caller(socket);
  await call("Page.enable");
  await call("Emulation.setDeviceMetricsOverride", { ...size, deviceScaleFactor: 1, mobile: false });
  return {
    page: pageOf(call),
    async [Symbol.asyncDispose]() {
      socket.close();
      process.kill("SIGKILL");
      await process.status;
      await Deno.remove(profile, { recursive: true }).catch(() => {}); // its helpers may still write
    },
  };
}

/** Reads the address that Chromium listens at; what it says afterwards is thrown away. */
async function endpointOf(stream: ReadableStream<Uint8Array<ArrayBuffer>>): Promise<string> {
  const reader = stream.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  for (;;) {
    const { done, value } = await reader.read();
    text += value ?? "";
    const found = text.match(/DevTools listening on (\S+)/)?.[1];
    if (found !== undefined) {
      (async () => {
        while (!(await reader.read()).done);
      })();
      return found;
    }
    if (done) throw new Error(`Chromium did not start:\n${text}`);
  }
}

type Call = (method: string, params?: Record<string, unknown>) => Promise<Record<string, unknown>>;

/** Requests by number, answers to whom they belong. */
function caller(socket: WebSocket): Call {
  const waiting = new Map<number, PromiseWithResolvers<Record<string, unknown>>>();
  let last = 0;
  socket.onmessage = ({ data }) => {
    const { id, result, error } = JSON.parse(data);
    const answer = waiting.get(id);
    waiting.delete(id);
    if (error !== undefined) answer?.reject(new Error(error.message));
    else answer?.resolve(result);
  };
  return (method, params = {}) => {
    const answer = Promise.withResolvers<Record<string, unknown>>();
    waiting.set(++last, answer);
    socket.send(JSON.stringify({ id: last, method, params }));
    return answer.promise;
  };
}

function pageOf(call: Call): Page {
  const page: Page = {
    async goto(url) {
      await call("Page.navigate", { url });
      await page.until('document.readyState === "complete"');
    },
    async evaluate<T>(expression: string) {
      const { result, exceptionDetails } = await call("Runtime.evaluate", {
        expression,
        awaitPromise: true,
        returnByValue: true,
      }) as { result: { value: T }; exceptionDetails?: { exception?: { description?: string } } };
      if (exceptionDetails === undefined) return result.value;
      throw new Error(`${expression}: ${exceptionDetails.exception?.description}`);
    },
    async until(expression, seconds = 60) {
      for (const end = performance.now() + 1000 * seconds; performance.now() < end;) {
        // a page that is being replaced has no answer
        if (await page.evaluate<boolean>(`Boolean(${expression})`).catch(() => false)) return;
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
      throw new Error(`Not so in ${seconds} s: ${expression}`);
    },
    async type(text) {
      await call("Input.insertText", { text });
    },
    async press(key, modifier) {
      const event = {
        key,
        code: key,
        windowsVirtualKeyCode: key === "Enter" ? 13 : key.length === 1 ? key.toUpperCase().charCodeAt(0) : 0,
        modifiers: modifier === undefined ? 0 : modifiers[modifier],
        ...(key === "Enter" && { text: "\r" }),
      };
      await call("Input.dispatchKeyEvent", { type: "keyDown", ...event });
      await call("Input.dispatchKeyEvent", { type: "keyUp", ...event });
    },
    async screenshot(path) {
      const { data } = await call("Page.captureScreenshot", { format: "png" }) as { data: string };
      await Deno.writeFile(path, Uint8Array.fromBase64(data));
    },
  };
  return page;
}
