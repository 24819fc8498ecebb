#!/usr/bin/env node
// The `switchboard` command as a program: arguments in, exit code out.

import { run } from "./index.ts";

// Whoever reads may have enough, as `head` does.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
  process.exit(0);
});

process.exitCode = await run(process.argv.slice(2));
