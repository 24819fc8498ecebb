// The verbs that talk to a running server.

import type { Command } from "commander";
import { grouped, ownHeading } from "../help.ts";
import { callCommand, queryCommand } from "./call.ts";
import { completeCommand, completionCommand } from "./completion.ts";
import { emitCommand, eventsCommand } from "./events.ts";
import { backupCommand } from "./gateway/backup.ts";
import { batchesCommand } from "./gateway/batches.ts";
import { configCommand } from "./gateway/config.ts";
import { figuresCommand } from "./gateway/figures.ts";
import { logsCommand } from "./gateway/logs.ts";
import { messagesCommand, trailCommand } from "./gateway/messages.ts";
import { parkedCommand } from "./gateway/parked.ts";
import { queuesCommand } from "./gateway/queues.ts";
import { routersCommand } from "./gateway/routers.ts";
import { sendCommand } from "./gateway/send.ts";
import { statusCommand } from "./gateway/status.ts";
import { workersCommand } from "./gateway/workers.ts";
import { pluginsCommand, servicesCommand, sessionsCommand } from "./listings.ts";
import { loginCommand, logoutCommand } from "./login.ts";
import { loginLinkCommand } from "./login-link.ts";
import { monitorCommand } from "./monitor.ts";
import { serverCommand } from "./server.ts";
import { taskCommand } from "./task.ts";
import { typesCommand } from "./types.ts";
import { usersCommand } from "./users.ts";

/** All of them, in the order of the help. */
export function controlCommands(): readonly Command[] {
  return [
    ...grouped("A running gateway:", [
      statusCommand(),
      workersCommand(),
      routersCommand(),
      sendCommand(),
      messagesCommand(),
      trailCommand(),
      batchesCommand(),
      queuesCommand(),
      parkedCommand(),
      logsCommand(),
      figuresCommand(),
      configCommand(),
      backupCommand(),
    ]),
    ...grouped("Any dispatcher server, a gateway's too:", [
      loginCommand(),
      logoutCommand(),
      loginLinkCommand(),
      usersCommand(),
      sessionsCommand(),
      servicesCommand(),
      callCommand(),
      queryCommand(),
      eventsCommand(),
      emitCommand(),
      taskCommand(),
      pluginsCommand(),
      typesCommand(),
      monitorCommand(),
      serverCommand(),
    ]),
    ...grouped(ownHeading, [completionCommand(), completeCommand()]),
  ];
}
