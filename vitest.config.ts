import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";
import { builtThreads } from "./test/kit/src/built.ts";

const source = {
  resolve: { conditions: ["source"] },
  ssr: { resolve: { conditions: ["source"] } },
  plugins: [builtThreads],
};

// Tests of what lives in one process: several files share it, since to start one takes longer than most of them do. What they import is loaded once for
// all of them, so that no helper of theirs may have hooks, or things to close, of its own.
const light = [
  "packages/{core,protocol,messaging,client,console}/test/**/!(memory|readme|*.integration).test.ts",
  "packages/server/test/{auth,connections,datastore,events,rpc,schema,server-config}/*.test.ts",
];

export default defineConfig({
  test: {
    reporters: ["default", "./test/kit/src/skip-reporter.ts"],
    globalSetup: ["./test/kit/src/global-setup.ts"],
    setupFiles: ["./test/kit/src/fail-on-warning.ts"],
    // Real servers and fsync are slow on a busy two-core machine; nothing asserts on time, so be patient.
    testTimeout: 120_000,
    hookTimeout: 180_000,
    pool: "forks",
    // Much of what tests do is to wait for servers and browsers: on two cores, one at a time would take twice as long.
    maxWorkers: Math.max(3, availableParallelism() - 1),
    // Where servers are required, all of them start and are killed at once on a small machine. What fails twice there is broken; what passes
    // the second time is named at the end of the run.
    retry: process.env["SWITCHBOARD_REQUIRE_SERVERS"] === undefined ? 0 : 1,
    projects: [
      {
        ...source,
        extends: true,
        test: {
          name: "packages",
          include: ["packages/*/test/**/*.test.ts", "examples/**/*.test.ts", "test/{kit,torture,e2e}/**/*.test.ts"],
          exclude: light,
        },
      },
      { ...source, extends: true, test: { name: "units", isolate: false, include: light } },
      { ...source, extends: true, test: { name: "repository", include: ["test/*.test.ts"] } },
      // Tests of what somebody writes into a clone to begin with: `switchboard new` in any folder of theirs.
      {
        ...source,
        extends: true,
        test: {
          name: "own",
          include: ["**/*.test.ts"],
          exclude: ["{packages,examples,test,bench,scripts,docs}/**", "**/{.git,node_modules,dist,var}/**"],
        },
      },
    ],
  },
});
