// The shape of the functions that carry out commands: each file of `*-commands.ts` makes some, the engine puts them together.

import type { CommandArgs, CommandName, CommandReply } from "../commands.ts";

/** Some commands as plain functions: what each answers, or throws. */
export type CommandSet<Names extends CommandName> = {
  readonly [Name in Names]: (...args: CommandArgs<Name>) => CommandReply<Name>;
};
