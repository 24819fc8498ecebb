// `switchboard task`: submits tasks, waits for them with a progress bar, aborts and lists them.

import type { Client, Task, TaskRecord } from "@switchboard/client";
import { Command, InvalidArgumentError } from "commander";
import { parseArguments } from "./arguments.ts";
import { addConnectionOptions, type ConnectionFlags, withClient } from "./connection.ts";
import { printTable, printValue } from "./output.ts";
import { ProgressBar } from "./progress-bar.ts";

interface Flags extends ConnectionFlags {
  readonly json?: true;
  readonly args?: string;
  readonly detach?: true;
  readonly all?: true;
}

/** The verb, with verbs of its own. */
export function taskCommand(): Command {
  return new Command("task")
    .description("submit tasks, wait for them, abort and list them")
    .addHelpText("after", '\nExample:\n  switchboard task submit worker.restart \'{"name":"echo"}\'')
    .addCommand(submitCommand())
    .addCommand(
      onTask("wait", "wait for a task that runs, showing its progress, and print its result")
        .addHelpText("after", "\nExample:\n  switchboard task wait 17")
        .action((id: number, flags: Flags) => followTask(flags, (client) => Promise.resolve(client.task(id)))),
    )
    .addCommand(
      onTask("abort", "abort a task")
        .addHelpText("after", "\nExample:\n  switchboard task abort 17")
        .action((id: number, flags: Flags) => withClient(flags, (client) => client.task(id).abort())),
    )
    .addCommand(
      onTask("show", "print all that the server keeps about a task")
        .addHelpText("after", "\nExample:\n  switchboard task show 17 --json")
        .action((id: number, flags: Flags) =>
          withClient(flags, async (client) => printValue(await client.task(id).status(), flags)),
        ),
    )
    .addCommand(listCommand());
}

function submitCommand(): Command {
  return withJson(new Command("submit"))
    .description("submit a task, show its progress and print its result")
    .argument("<name>", "which task")
    .argument("[arguments...]", "each one JSON, or else a text")
    .option("--args <json>", "all arguments as one JSON array")
    .option("--detach", "only print its number, and do not wait")
    .addHelpText("after", '\nExample:\n  switchboard task submit worker.restart \'{"name":"echo"}\'')
    .action(async (name: string, words: readonly string[], flags: Flags) => {
      const args = parseArguments(words, flags.args);
      const submit = (client: Client): Promise<Task> => client.submitTask(name, Array.isArray(args) ? args : [args]);
      if (flags.detach) await withClient(flags, async (client) => console.log(String((await submit(client)).id)));
      else await followTask(flags, submit);
    });
}

function listCommand(): Command {
  return withJson(new Command("list"))
    .description("list the tasks that have not ended")
    .option("--all", "also those that have, the newest 100")
    .addHelpText("after", "\nExample:\n  switchboard task list --all")
    .action(async (flags: Flags) => {
      const filter = flags.all ? [] : [["state", "in", ["CREATED", "WAITING", "EXECUTING", "ROLLBACK"]]];
      const params = flags.all ? { sort: ["-id"], limit: 100 } : { sort: ["id"] };
      const tasks = await withClient(flags, (client) => client.call("task.query", [filter, params]));
      if (flags.json) printValue(tasks, flags);
      else printTable((tasks as TaskRecord[]).map(toRow), ["id", "name", "state", "progress", "user", "created"]);
    });
}

function onTask(name: string, description: string): Command {
  return withJson(new Command(name)).description(description).argument("<id>", "number of the task", taskId);
}

function withJson(command: Command): Command {
  return addConnectionOptions(command).option("--json", "print JSON");
}

/** Shows the progress of a task and prints its result, in words where `describe` has some; what it failed with is the error. */
export async function followTask(
  flags: ConnectionFlags & { readonly json?: true },
  find: (client: Client) => Promise<Task>,
  describe?: (result: unknown) => string,
): Promise<void> {
  const result = await withClient(
    flags,
    async (client) => {
      const task = await find(client);
      const bar = new ProgressBar();
      try {
        for await (const { percentage, message } of task.progress()) bar.show(percentage, message);
      } finally {
        bar.end();
      }
      return task.result();
    },
    { comesBack: true },
  );
  printValue(describe === undefined || flags.json ? result : describe(result), flags);
}

function toRow({ id, name, state, progress, user, created_at }: TaskRecord): Record<string, unknown> {
  const done = progress === null || progress === undefined ? "" : `${progress.percentage}% ${progress.message}`;
  return { id, name, state, progress: done, user, created: created_at };
}

function taskId(text: string): number {
  const id = Number(text);
  if (text.trim() !== "" && Number.isSafeInteger(id)) return id;
  throw new InvalidArgumentError("expected the number of a task");
}
