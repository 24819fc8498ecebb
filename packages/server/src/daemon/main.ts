// The server as a program: arguments in, exit code out.

import { runServerDaemon } from "./run-daemon.ts";

process.exitCode = await runServerDaemon(process.argv.slice(2));
