// Service `config`: which classes there are, what can be set of each as a form, what is wrong with a configuration, what a change would do,
// and the configuration as it stands now.

import { workerFields, type JsonObject } from "@switchboard/messaging";
import { type ConfigFields, configSchema, type ConfigurableClass, fieldsOf } from "@switchboard/messaging/config";
import { definePlugin, type Plugin } from "@switchboard/server/plugins";
import { stringify } from "yaml";
import type { Board } from "./board.ts";
import { invalid, notFound, workerOf } from "./common.ts";
import type { WorkerView } from "./gateway-view.ts";
import { nameArgument, objectArgument, type Schema } from "./schemas.ts";
import { maskedConfig, unmaskedConfig } from "./worker-facts.ts";

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
            handler: (kind?: string | null) =>
              view.classes
                .list()
                .filter((one) => kind === undefined || kind === null || one.kind === kind)
                .map(({ name, kind: own, aliases }) => ({ name, kind: own, vumi_names: aliases, summary: null })),
          },
          schema: {
            description: "What can be set of a class, as JSON Schema.",
            accepts: [{ title: "class", type: "string" }],
            handler: async (className: string) => {
              const fields = await fieldsOfClass(board, className);
              return { title: className, ...formSchema(fields) };
            },
          },
          validate: {
            description: "What is wrong with a configuration.",
            accepts: [change],
            handler: async (given: Change) => {
              const { className, config, name } = resolved(board, given);
              return { problems: await view.validate({ name, className, config }) };
            },
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
          origin: {
            description: "Where a worker's configuration comes from: the file, or changes since.",
            accepts: [nameArgument],
            handler: (name: string) => ({ name, source: workerOf(view, name).origin }),
          },
        },
      },
    },
  });
}

async function fieldsOfClass({ view }: Board, className: string): Promise<ConfigFields> {
  try {
    return fieldsOf((await view.classes.load(className)) as ConfigurableClass);
  } catch (error) {
    throw notFound(error instanceof Error ? error.message : String(error));
  }
}

/** The schema as a form needs it: with titles, and which fields are secret and which are for every day. */
export function formSchema(fields: ConfigFields): Schema {
  const schema = configSchema(fields);
  const properties = (schema["properties"] ?? {}) as Readonly<Record<string, Schema>>;
  const shown = Object.entries(properties).map(([name, property]) => {
    const field = fields[name];
    const isBasic = field?.required === true || !Object.hasOwn(workerFields, name);
    return [
      name,
      {
        title: titleOf(name),
        ...property,
        ...(field?.secret === true && { "x-secret": true, format: "password" }),
        "x-basic": isBasic && field?.deprecated === undefined,
      },
    ];
  });
  return { ...schema, properties: Object.fromEntries(shown) as Record<string, Schema> };
}

/** `transport_name` → `Transport name`. */
function titleOf(name: string): string {
  const words = name.replaceAll(/[_-]+/g, " ").trim();
  return words.charAt(0).toUpperCase() + words.slice(1);
}

interface Resolved {
  readonly name: string;
  readonly className: string;
  readonly config: JsonObject;
  /** The worker as it is; undefined for a new one. */
  readonly present: WorkerView | undefined;
}

function resolved({ view }: Board, given: Change): Resolved {
  const present = view.workers().find(({ name }) => name === given.name);
  const className = given.class ?? present?.className;
  if (className === undefined) throw invalid("class: expected one, as there is no worker of that name");
  const config = unmaskedConfig(given.config, present?.config ?? {}) as JsonObject;
  return { name: given.name ?? "new", className, config, present };
}

async function preview(board: Board, given: Change): Promise<object> {
  const { name, className, config, present } = resolved(board, given);
  const fields = await fieldsOfClass(board, className);
  const before = present === undefined ? {} : maskedConfig(present.config, fields);
  const after = maskedConfig(config, fields);
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
