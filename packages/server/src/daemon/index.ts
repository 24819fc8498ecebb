// The door to the server as a process.

export { configurationPage } from "../server-config/reference-page.ts";
export { serverHelp } from "../server-config/command-line.ts";
export { runServerDaemon } from "./run-daemon.ts";
