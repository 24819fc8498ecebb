#!/usr/bin/env node
// The `switchboard` command as a program: arguments in, exit code out.

import { run } from "./index.ts";

process.exitCode = await run(process.argv.slice(2));
