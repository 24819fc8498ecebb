// What was changed at run time, in the datastore: workers added, changed or removed, and which were stopped or paused. The file stays as it is until somebody has it
// written.

import type { Datastore } from "@switchboard/server/datastore";
import type { DesiredState } from "./supervised-worker.ts";

/** What is known of one worker besides the file. */
export interface StoredPlan {
  readonly name: string;
  /** How the worker shall be instead of, or besides, what the file says; undefined: as the file says. */
  readonly plan:
    | {
        readonly className: string;
        readonly config: Readonly<Record<string, unknown>>;
        readonly folder: string | undefined;
        readonly group: string | undefined;
        readonly label: string | undefined;
      }
    | undefined;
  readonly isRemoved: boolean;
  /** What somebody asked for last; undefined: as the file says. */
  readonly desired: DesiredState | undefined;
}

/** Where run-time changes are kept. */
export interface PlanStore {
  load(): Promise<readonly StoredPlan[]>;
  save(stored: StoredPlan): Promise<void>;
  forget(name: string): Promise<void>;
}

const collection = "workers";

/** Keeps them in a collection of the datastore. */
export async function openPlanStore(datastore: Datastore): Promise<PlanStore> {
  await datastore.requireCollection(collection, "text", { type: "config" });
  return {
    load: async () => (await datastore.query(collection)).map(fromDocument),
    save: async (stored) => void (await datastore.upsert(collection, stored.name, toDocument(stored))),
    forget: async (name) => void (await datastore.delete(collection, name)),
  };
}

// The options are text: they are somebody else's, and may have keys that mean something to the datastore.
function toDocument({ name, plan, isRemoved, desired }: StoredPlan): Record<string, unknown> {
  return {
    id: name,
    removed: isRemoved,
    desired: desired ?? null,
    plan:
      plan === undefined
        ? null
        : {
            class: plan.className,
            config: JSON.stringify(plan.config),
            folder: plan.folder ?? null,
            group: plan.group ?? null,
            label: plan.label ?? null,
          },
  };
}

interface Document {
  readonly id: string;
  readonly removed: boolean;
  readonly desired: DesiredState | null;
  readonly plan: {
    readonly class: string;
    readonly config: string;
    readonly folder: string | null;
    readonly group: string | null;
    readonly label: string | null;
  } | null;
}

function fromDocument(stored: object): StoredPlan {
  const { id, removed, desired, plan } = stored as Document;
  return {
    name: id,
    isRemoved: removed,
    desired: desired ?? undefined,
    plan:
      plan === null
        ? undefined
        : {
            className: plan.class,
            config: JSON.parse(plan.config) as Record<string, unknown>,
            folder: plan.folder ?? undefined,
            group: plan.group ?? undefined,
            label: plan.label ?? undefined,
          },
  };
}
