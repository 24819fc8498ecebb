// The verbs that run the messaging platform or parts of it on this machine.

import type { Command } from "commander";
import { checkCommand } from "./check.ts";
import { classesCommand } from "./classes.ts";
import { grouped } from "./help.ts";
import { initCommand } from "./init.ts";
import { injectCommand } from "./inject-messages.ts";
import { newCommand } from "./new.ts";
import { startCommand } from "./start.ts";
import { workerCommand } from "./worker.ts";

/** All of them. */
export function platformCommands(): readonly Command[] {
  return grouped("On this machine:", [
    startCommand(),
    initCommand(),
    checkCommand(),
    classesCommand(),
    newCommand(),
    workerCommand(),
    injectCommand(),
  ]);
}
