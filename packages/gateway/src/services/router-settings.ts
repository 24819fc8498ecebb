// What a router decides by, as options that can be changed while it runs: those that its own class declares, beside those of every dispatcher.

import type { JsonObject } from "@switchboard/messaging";
import { type ConfigFields, type ConfigurableClass, fieldsOf, type LoadedClass } from "@switchboard/messaging/config";
import { defineTask, type TaskClass } from "@switchboard/server/tasks";
import { unmaskedOptions } from "../config/masking.ts";
import type { Board } from "./board.ts";
import { invalid, operators, workerOf } from "./common.ts";
import { formSchema } from "./form-schema.ts";
import type { WorkerView } from "./gateway-view.ts";
import { objectArgument } from "./schemas.ts";
import { checkChange, checkRevision, withConflicts } from "./worker-changes.ts";

/** A change of a router's own options. */
export interface RouterChange {
  readonly name: string;
  /** Options by name; null: back to the default. Others stay as they are. */
  readonly settings: JsonObject;
  readonly revision?: string;
}

/** The options that a router's own class declares; none for a router that is not ours to ask. */
export async function routerFields({ view }: Board, worker: WorkerView): Promise<ConfigFields> {
  const place = worker.folder === undefined ? {} : { folder: worker.folder };
  const routerClass = worker.config["router_class"];
  try {
    if (typeof routerClass === "string") {
      return fieldsOf((await view.classes.load(routerClass, { kind: "router", ...place })) as ConfigurableClass);
    }
    const loaded: LoadedClass & ConfigurableClass = await view.classes.load(worker.className, {
      kind: "worker",
      ...place,
    });
    return (Object.hasOwn(loaded, "fields") ? loaded.fields : undefined) ?? {};
  } catch (error) {
    // Its own state says so too, and is where people look.
    view.logger.debug({ worker: worker.name, err: error }, "the class of a router cannot be loaded");
    return {};
  }
}

/** A router's own options as they are, secrets masked, and as a form. */
export async function routerSettings(board: Board, worker: WorkerView): Promise<{ settings: object; schema: object }> {
  const fields = await routerFields(board, worker);
  const own = Object.entries(await board.masked(worker)).filter(([name]) => Object.hasOwn(fields, name));
  return { settings: Object.fromEntries(own), schema: formSchema(fields) };
}

/** The whole configuration of a router with other options of its own. @throws {RpcError} EINVAL for options that are not the router's own. */
export async function withSettings(board: Board, worker: WorkerView, settings: JsonObject): Promise<JsonObject> {
  const fields = await routerFields(board, worker);
  const unknown = Object.keys(settings).find((name) => !Object.hasOwn(fields, name));
  if (unknown !== undefined) {
    const names = Object.keys(fields).join(", ");
    throw invalid(`${unknown} is no option of this router; it has ${names || "none of its own"}`);
  }
  const meant = unmaskedOptions(settings, worker.config);
  const all = Object.entries({ ...worker.config, ...meant });
  return Object.fromEntries(all.filter(([name]) => settings[name] !== null)) as JsonObject;
}

/** The task that changes them: only this router is drained and started again, and only when the whole configuration would do. */
export function setRulesTask(board: Board): TaskClass {
  const settings = { type: "object" };
  const configOf = ({ name, settings: own }: RouterChange): Promise<JsonObject> =>
    withSettings(board, workerOf(board.view, name), own);
  return defineTask<[RouterChange]>({
    name: "router.set_rules",
    description: "Change what a router decides by; only this router is drained and started again.",
    accepts: [
      objectArgument("change", { name: { type: "string", minLength: 1 }, settings, revision: { type: "string" } }, [
        "name",
        "settings",
      ]),
    ],
    roles: operators,
    describe: (_context, { name }: RouterChange) => ({ message: `Change the rules of ${name}`, name }),
    verify: async (_context, change: RouterChange) => {
      await checkRevision(board, change);
      await checkChange(board, { name: change.name, config: await configOf(change) });
      return [];
    },
    run: async (_context, change: RouterChange) => {
      const { name, revision } = change;
      const config = await configOf(change);
      await withConflicts(board, name, () => board.view.update({ name, config }, revision));
      return { name, revision: workerOf(board.view, name).revision };
    },
  });
}
