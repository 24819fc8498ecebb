// Service `config`: which classes there are, what can be set of each as a form, what is wrong with a configuration, what a change would do,
// and the configuration as it stands now.

import type { JsonObject } from "@switchboard/messaging";
import { type ConfigFields, type ConfigurableClass, fieldsOf, summaryOf } from "@switchboard/messaging/config";
import { definePlugin, type Plugin } from "@switchboard/server/plugins";
import { stringify } from "yaml";
import type { Board } from "./board.ts";
import { notFound, operators, workerOf } from "./common.ts";
import { fileChanges, writeTask } from "./config-file.ts";
import { tryConfig } from "./config-try.ts";
import { formSchema } from "./form-schema.ts";
import { nameArgument, objectArgument, textArgument } from "./schemas.ts";
import { resolveChange } from "./worker-changes.ts";

interface Change {
  readonly name?: string;
  readonly class?: string;
  readonly config: JsonObject;
}

const change = objectArgument(
  "change",
  { name: { type: "string" }, class: { type: "string" }, config: { type: "object" } },
  ["config"],
);

/** Describes and checks configurations. */
export function configPlugin(board: Board): Plugin {
  const { view } = board;
  return definePlugin({
    name: "config",
    services: {
      config: {
        description: "What can be configured, and what is.",
        methods: {
          classes: {
            description: "All classes that a configuration can name, of one kind or of all.",
            accepts: [{ title: "kind", type: ["string", "null"], default: null }],
            handler: (kind?: string | null) => {
              const all = view.classes.list();
              const wanted = kind === undefined || kind === null ? all : all.filter((one) => one.kind === kind);
              return Promise.all(wanted.map((one) => classRow(board, one)));
            },
          },
          schema: {
            description: "What can be set of a class, as JSON Schema.",
            accepts: [textArgument("class")],
            handler: async (className: string) => {
              const fields = await fieldsOfClass(board, className);
              return { title: className, ...formSchema(fields) };
            },
          },
          validate: {
            description: "What is wrong with a configuration.",
            accepts: [change],
            handler: async (given: Change) => {
              const { className, config, name } = resolveChange(board, given);
              return { problems: await view.validate({ name, className, config }) };
            },
          },
          try: {
            description:
              "Whether a configuration is right, its ports are free and its connections open; starts and saves nothing.",
            roles: operators,
            accepts: [change],
            handler: (given: Change) => tryOut(board, given),
          },
          preview: {
            description: "What a change would do.",
            accepts: [change],
            handler: (given: Change) => preview(board, given),
          },
          export: {
            description: "The whole configuration as it stands now, as text of the configuration file, secrets masked.",
            accepts: [],
            handler: () => view.exportConfig({ secrets: false }),
          },
          file_changes: {
            description: "What of the workers is other than in the configuration file, and what writing it would do.",
            accepts: [],
            handler: () => fileChanges(board),
          },
          origin: {
            description:
              "Where a worker's configuration comes from, and each of its options: the file with its line, or changes since.",
            accepts: [nameArgument],
            handler: (name: string) => ({
              name,
              source: workerOf(view, name).origin,
              options: view.originsOf(name).map(({ option, from, file, line }) => ({
                option,
                from,
                file: file ?? null,
                line: line ?? null,
              })),
            }),
          },
        },
      },
    },
    tasks: { "config.write": writeTask(board) },
  });
}

async function classRow(
  { view }: Board,
  { name, kind, aliases }: { readonly name: string; readonly kind: string; readonly aliases: readonly string[] },
): Promise<object> {
  const summary = summaryOf((await view.classes.load(name)) as ConfigurableClass);
  return { name, kind, vumi_names: aliases, summary: summary ?? null };
}

async function fieldsOfClass({ view }: Board, className: string): Promise<ConfigFields> {
  try {
    return fieldsOf((await view.classes.load(className)) as ConfigurableClass);
  } catch (error) {
    throw notFound(error instanceof Error ? error.message : String(error));
  }
}

async function tryOut(board: Board, given: Change): Promise<object> {
  const resolved = resolveChange(board, given);
  const problems = await board.view.validate(resolved);
  if (problems.length > 0) return { ok: false, problems, checks: [] };
  const checks = await tryConfig(board, resolved, await fieldsOfClass(board, resolved.className));
  return { ok: checks.every(({ ok }) => ok !== false), problems, checks };
}

async function preview(board: Board, given: Change): Promise<object> {
  const { name, className, config, present } = resolveChange(board, given);
  const before = present === undefined ? {} : await board.masked(present);
  const after = await board.masked({ className, folder: present?.folder, config });
  const changed = changedKeys(present?.config ?? {}, config);
  const isSame = present !== undefined && changed.length === 0 && present.className === className;
  const runs = present !== undefined && ["running", "starting", "paused", "pausing"].includes(present.state);
  return {
    restarts: isSame || !runs ? [] : [name],
    sentences: sentencesOf({ name, isNew: present === undefined, isSame, runs, changed }),
    diff: { before: present === undefined ? "" : stringify(before), after: stringify(after) },
  };
}

function sentencesOf(what: {
  readonly name: string;
  readonly isNew: boolean;
  readonly isSame: boolean;
  readonly runs: boolean;
  readonly changed: readonly string[];
}): string[] {
  const { name, isNew, isSame, runs, changed } = what;
  if (isNew) return [`${name} is created and started.`];
  if (isSame) return ["Nothing changes."];
  const fields = `Changes ${changed.length === 0 ? "the class" : changed.join(", ")}.`;
  return runs
    ? [fields, `${name} is drained and started again; messages wait in its queues meanwhile, none is lost.`]
    : [fields, `${name} does not run; the change counts from its next start.`];
}

function changedKeys(before: JsonObject, after: JsonObject): string[] {
  const keys = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...keys].filter((key) => JSON.stringify(before[key]) !== JSON.stringify(after[key]));
}
