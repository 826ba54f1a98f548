import assert from "node:assert/strict";
import { clock, fitted, progressBar, progressOn, type ProgressState, progressText } from "./progress.ts";

/** A screen that keeps what it was shown, and a clock that the test moves. */
function fixture(everyMs: number) {
  const shown: (ProgressState & { last: boolean })[] = [];
  const time = { ms: 0 };
  const screen = {
    everyMs,
    show(state: ProgressState, last: boolean) {
      shown.push({ ...state, last });
    },
  };
  return { shown, time, screen, now: () => time.ms };
}

const settle = () => new Promise((resolve) => setTimeout(resolve, 0));

Deno.test("a bar is shown at its start, then as often as its screen bears, then finished", async () => {
  const { shown, time, screen, now } = fixture(200);
  const bar = progressOn(screen, { total: 100, label: "학습", unit: "steps" }, now);
  for (let step = 1; step <= 100; step++) {
    time.ms += 50;
    bar.update(step);
    await settle();
  }
  await bar.finish("done");
  // 5 s in steps of 200 ms, the first and the last.
  assert.equal(shown.length, 1 + 25 + 1);
  assert.equal(shown[0]!.done, 0);
  const last = shown.at(-1)!;
  assert.deepEqual([last.last, last.finished, last.done, last.note, last.elapsedMs], [
    true,
    true,
    100,
    "done",
    5000,
  ]);
  assert.equal(last.rate, 20);
  bar.update(5);
  bar.advance();
  await bar.finish();
  assert.equal(shown.length, 27);
});

Deno.test("the rate is of the last half minute while it runs, of the whole at the end", async () => {
  const { shown, time, screen, now } = fixture(0);
  const bar = progressOn(screen, { total: null, label: "" }, now);
  await settle();
  for (let second = 1; second <= 100; second++) {
    time.ms = second * 1000;
    // One unit a second, then five.
    bar.advance(second <= 50 ? 1 : 5);
    await settle();
  }
  assert.ok(Math.abs(shown.at(-1)!.rate! - 5) < 1e-9, String(shown.at(-1)!.rate));
  assert.equal(shown[50]!.rate, 1);
  await bar.finish();
  assert.equal(shown.at(-1)!.rate, 3);
});

Deno.test("a resumed run's earlier part counts as done but not into the rate", async () => {
  const { shown, time, screen, now } = fixture(0);
  const bar = progressOn(screen, { total: 1000, label: "", done: 900 }, now);
  await settle();
  time.ms = 10_000;
  bar.update(910);
  await settle();
  assert.equal(shown.at(-1)!.rate, 1);
  assert.match(progressText(shown.at(-1)!), /^91% · 910\/1,000 · 1\.00\/s · 1:30 남음/);
  await bar.finish();
});

Deno.test("a screen that fails or is slow never reaches the work", async () => {
  let calls = 0;
  let release = () => {};
  const failing = progressOn({ everyMs: 0, show: () => Promise.reject(new Error(`gone ${calls++}`)) }, {
    total: 2,
    label: "",
  });
  failing.advance();
  await failing.finish();
  assert.ok(calls >= 2);
  const throwing = progressOn({
    everyMs: 0,
    show: () => {
      throw new Error("closed");
    },
  }, { total: 2, label: "" });
  throwing.advance();
  await throwing.finish();

  let shown = 0;
  const slow = progressOn({
    everyMs: 0,
    show: () => (shown++, new Promise<void>((resolve) => release = resolve)),
  }, { total: 2, label: "" });
  slow.advance();
  slow.advance();
  assert.equal(shown, 1);
  const end = slow.finish();
  release();
  await settle();
  release();
  await end;
  assert.equal(shown, 2);
});

Deno.test("progressText has share, count, rate, time and note", () => {
  const state: ProgressState = {
    label: "x",
    unit: "songs",
    done: 1500,
    total: 2000,
    note: "loss 0.1",
    elapsedMs: 90_000,
    rate: 250,
    finished: false,
  };
  assert.equal(progressText(state), "75% · 1,500/2,000 songs · 250 songs/s · 0:02 남음 · left · loss 0.1");
  assert.equal(
    progressText({ ...state, finished: true, note: "" }),
    "75% · 1,500/2,000 songs · 250 songs/s · 1:30 걸림 · took",
  );
  assert.equal(progressText({ ...state, total: null, rate: null, note: "" }), "1,500 songs · 1:30");
  // Not 100 % before all is done.
  assert.match(progressText({ ...state, done: 1999, total: 2000 }), /^99%/);
  assert.equal(progressText({ ...state, done: 0, total: 0, rate: null, note: "", unit: "" }), "0/0 · 1:30");
});

Deno.test("clock and fitted", () => {
  assert.deepEqual([0, 59_600, 75_000, 3_675_000].map(clock), ["0:00", "1:00", "1:15", "1:01:15"]);
  assert.equal(fitted("학습 abc", 6), "학습 a");
  assert.equal(fitted("학습", 3), "학");
});

Deno.test("a total that is no number of units is refused", () => {
  assert.throws(() => progressBar({ total: NaN, label: "학습" }), /progressBar "학습": total is NaN/);
});
