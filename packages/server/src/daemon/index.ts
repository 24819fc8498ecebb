// The door to the server as a process.

export { configurationPage } from "../server-config/reference-page.ts";
export { serverHelp } from "../server-config/command-line.ts";
export { type DaemonOptions, runServerDaemon } from "./run-daemon.ts";
export { type LogOutput, openLog } from "./log-output.ts";
export { writePidFile } from "./pid-file.ts";
export { notifyServiceManager } from "./service-manager.ts";
export { tuneCollector } from "./tune-collector.ts";
