import assert from "node:assert/strict";
import { clusterOf } from "./cluster.ts";
import { clusterOptions, parseOptions } from "./options.ts";

const chosen = (...args: string[]) => clusterOf(parseOptions(clusterOptions, args));

Deno.test("--cluster: an address, and what a network asks of it", () => {
  assert.equal(chosen(), null);
  assert.deepEqual(chosen("--cluster", "local", "--workers", "3", "--cores", "1"), {
    address: "local",
    workers: 3,
    cores: 1,
    gpus: 0,
  });
  assert.equal(chosen("--cluster", "local", "--cores", "1")!.workers, navigator.hardwareConcurrency);
  assert.equal(chosen("--cluster", "local", "--cores", "10000")!.workers, 1);
  for (const address of ["auto", "10.0.0.1:6379", "head.example:6379"]) {
    assert.equal(chosen("--cluster", address, "--gpus", "1")!.address, address);
  }
});

Deno.test("--cluster: what it cannot be is said", () => {
  assert.throws(() => chosen("--cores", "2"), /--cores is for trials on a cluster: give --cluster, too/);
  for (const address of ["ray://head:10001", "head", "head:port"]) {
    assert.throws(() => chosen("--cluster", address), /is none of local, auto and HOST:PORT/);
  }
  assert.throws(() => chosen("--cluster", "auto", "--workers", "2"), /--workers is for --cluster local/);
});
