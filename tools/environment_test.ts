import assert from "node:assert/strict";
import { processEnvironment } from "./environment.ts";

Deno.test("environment: quiet TensorFlow and the system's certificates, whatever the platform", () => {
  const environment = processEnvironment(() => false);
  assert.equal(environment.TF_CPP_MIN_LOG_LEVEL, "3");
  assert.equal(environment.DENO_TLS_CA_STORE, "system,mozilla");
  assert.equal("MALLOC_ARENA_MAX" in environment, Deno.build.env === "gnu");
});

Deno.test("environment: what the user has set stays the user's", () => {
  const environment = processEnvironment((name) => name === "TF_CPP_MIN_LOG_LEVEL");
  assert.equal("TF_CPP_MIN_LOG_LEVEL" in environment, false);
  assert.equal(environment.DENO_NO_UPDATE_CHECK, "1");
});
