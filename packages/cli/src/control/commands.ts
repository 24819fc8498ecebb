// The verbs that talk to a running server.

import type { Command } from "commander";
import { callCommand, queryCommand } from "./call.ts";
import { completeCommand, completionCommand } from "./completion.ts";
import { emitCommand, eventsCommand } from "./events.ts";
import { pluginsCommand, servicesCommand, sessionsCommand, usersCommand } from "./listings.ts";
import { loginCommand, logoutCommand } from "./login.ts";
import { loginLinkCommand } from "./login-link.ts";
import { monitorCommand } from "./monitor.ts";
import { serverCommand } from "./server.ts";
import { taskCommand } from "./task.ts";
import { typesCommand } from "./types.ts";

/** All of them. */
export function controlCommands(): readonly Command[] {
  return [
    callCommand(),
    queryCommand(),
    eventsCommand(),
    emitCommand(),
    taskCommand(),
    servicesCommand(),
    pluginsCommand(),
    sessionsCommand(),
    usersCommand(),
    serverCommand(),
    loginCommand(),
    loginLinkCommand(),
    logoutCommand(),
    typesCommand(),
    monitorCommand(),
    completionCommand(),
    completeCommand(),
  ];
}
