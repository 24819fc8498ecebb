// How help is laid out: verbs below headings, and a verb's own options before those that say which server it talks to.

import { Command, Help, type HelpConfiguration } from "commander";

/** What help calls the options that say which server, and as whom. */
export const connectionHeading = "Which server, and as whom:";

/** What help calls the verbs about the command itself. */
export const ownHeading = "This command:";

/** Gives verbs their heading. */
export function grouped(heading: string, commands: readonly Command[]): readonly Command[] {
  return commands.map((command) => command.helpGroup(heading));
}

/** The verb `help`. */
export function helpCommand(): Command {
  const command = new Command("help").argument("[verb]").helpOption(false);
  return command.description("show what --help of a verb shows").helpGroup(ownHeading);
}

/** For each command: every verb that talks to a server has the same options for it, which would hide its own. */
export const helpLayout: HelpConfiguration = {
  groupItems: (all, visible, headingOf) => {
    const groups = new Help().groupItems(all, visible, headingOf);
    const connection = groups.get(connectionHeading);
    if (connection !== undefined && groups.delete(connectionHeading)) groups.set(connectionHeading, connection);
    return groups;
  },
};
