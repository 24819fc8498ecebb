// Keeps resources in step with a collection-like service: one resource per object, made, moved, renamed and removed with it.

import type { Logger } from "@switchboard/core";
import type { Events } from "../events/event.ts";
import type { Services } from "../rpc/index.ts";
import type { ResourceGraph } from "./resource-graph.ts";

/** What is followed, and how its objects become resources. */
export interface TrackedResources {
  /** Method that lists the objects, such as `volume.query`. */
  readonly query: string;
  /** Event that tells of changes, such as `volume.changed`. */
  readonly event: string;
  readonly name: (object: Readonly<Record<string, unknown>>) => string;
  readonly parents: (object: Readonly<Record<string, unknown>>) => readonly string[];
  readonly children?: (object: Readonly<Record<string, unknown>>) => readonly string[];
}

/** What tracking needs of the server. */
export interface TrackSupport {
  readonly resources: ResourceGraph;
  readonly services: Pick<Services, "call">;
  readonly events: Pick<Events, "on">;
  readonly logger: Logger;
}

/**
 * Makes a resource of each object there is, and follows changes, one after another, from then on. Resolves with how to stop, which removes the
 * resources. Rejects with what the query rejects with.
 */
export async function trackResources(
  { query, event, name, parents, children }: TrackedResources,
  { resources, services, events, logger }: TrackSupport,
): Promise<() => void> {
  const names = new Map<unknown, string>();
  let isStopped = false;
  const read = async (filter: unknown): Promise<void> => {
    const result = await services.call(query, [filter]);
    // A list does for this as well as a stream.
    for await (const object of result as AsyncIterable<Record<string, unknown>>) put(object);
  };
  const put = (object: Record<string, unknown>): void => {
    // A query may still be under way then.
    if (isStopped) return;
    const place = { parents: parents(object), children: children?.(object) };
    const [before, now] = [names.get(object["id"]), name(object)];
    names.set(object["id"], now);
    if (before !== undefined && before !== now && resources.has(before)) resources.rename(before, now);
    if (resources.has(now)) resources.update(now, place);
    else resources.register(now, place);
  };
  const remove = (ids: readonly unknown[]): void => {
    resources.unregister(...ids.flatMap((id) => names.get(id) ?? []));
    for (const id of ids) names.delete(id);
  };
  const follow = async ({ operation, ids }: Readonly<Record<string, unknown>>): Promise<void> => {
    if (!Array.isArray(ids)) return;
    if (operation === "delete") return remove(ids);
    if (operation !== "rename") return read([["id", "in", ids]]);
    for (const [from, to] of ids as [unknown, unknown][]) {
      const known = names.get(from);
      names.delete(from);
      if (known !== undefined) names.set(to, known);
    }
    return read([["id", "in", (ids as [unknown, unknown][]).map(([, to]) => to)]]);
  };
  let last = Promise.resolve();
  // Listening begins first, so that no change falls between.
  const stop = events.on(event, (args) => {
    last = last
      .then(() => follow(args))
      .catch((error: unknown) => logger.warn({ event, error }, "resources could not be kept in step"));
  });
  const first = read([]);
  last = first.catch(() => undefined);
  try {
    await first;
  } catch (error) {
    stop();
    throw error;
  }
  return () => {
    isStopped = true;
    stop();
    remove([...names.keys()]);
  };
}
