// Service `batches`: sets of stored messages that belong together, begun for tags and ended; what was sent and became of it, per set. Messages come
// into a batch by their tag, which the tagging middleware gives them. Whole batches are exported over HTTP by a worker of their own.

import type { Batch, BatchTag, MessageStore } from "@switchboard/messaging/store";
import type { QueryFilter, QueryParams } from "@switchboard/protocol";
import { queryList } from "@switchboard/server/datastore";
import { definePlugin, type Plugin } from "@switchboard/server/plugins";
import type { Board } from "./board.ts";
import { invalid, notFound, operators } from "./common.ts";
import { objectArgument, queryArguments, textArgument } from "./schemas.ts";

const batchId = textArgument("id");
const name = { type: "string", minLength: 1, maxLength: 200 };
const tags = { type: "array", maxItems: 100, items: { type: "array", items: name, minItems: 2, maxItems: 2 } };
const metadata = { type: "object", additionalProperties: { type: ["string", "number", "boolean"] } };
/** Beyond so many a list is asked for in vain. */
const maxListed = 10_000;
const atOnce = 50;

/** Shows batches, begins and ends them. */
export function batchesPlugin({ view }: Board): Plugin {
  const store = (): MessageStore => {
    if (view.store !== undefined) return view.store;
    throw invalid("the message store is switched off (`store: {enabled: false}`)");
  };
  return definePlugin({
    name: "batches",
    services: {
      batches: {
        description: "Sets of stored messages that belong together.",
        methods: {
          query: {
            description: "Lists them with their tags and metadata, in the order of their ids.",
            accepts: queryArguments,
            handler: async (filter?: QueryFilter, params?: QueryParams) =>
              queryList(await listed(store()), filter ?? [], params ?? {}),
          },
          get: {
            description: "One batch: how many messages of how many people it has, and what became of those sent.",
            accepts: [batchId],
            handler: (id: string) => details(store(), id),
          },
          start: {
            description:
              "Begins a batch and returns its id; messages with its tags are in it from now on, and in no batch before it.",
            roles: operators,
            accepts: [objectArgument("options", { tags, metadata })],
            handler: (options: { readonly tags?: readonly BatchTag[]; readonly metadata?: object } = {}) =>
              store().batches.start(options),
          },
          finish: {
            description: "Ends a batch: its tags stand for nothing any more. Its messages stay.",
            roles: operators,
            accepts: [batchId],
            handler: async (id: string) => {
              await batchOf(store(), id);
              await store().batches.finish(id);
            },
          },
        },
      },
    },
  });
}

async function listed({ batches }: MessageStore): Promise<object[]> {
  const ids = await batches.list();
  if (ids.length > maxListed) throw invalid(`there are ${ids.length} batches, which are too many to list`);
  const rows: object[] = [];
  for (let start = 0; start < ids.length; start += atOnce) {
    const found = await Promise.all(ids.slice(start, start + atOnce).map((id) => batches.get(id)));
    rows.push(...found.filter((batch) => batch !== undefined).map(rowOf));
  }
  return rows;
}

function rowOf({ batch_id, tags: own, metadata: data }: Batch): {
  id: string;
  tags: readonly BatchTag[];
  metadata: object;
} {
  return { id: batch_id, tags: own, metadata: data };
}

async function details(store: MessageStore, id: string): Promise<object> {
  const { batches } = store;
  const batch = await batchOf(store, id);
  const [inbound, outbound, events, status] = await Promise.all([
    batches.statistics(id, "inbound"),
    batches.statistics(id, "outbound"),
    batches.count(id, "events"),
    batches.status(id),
  ]);
  return {
    ...rowOf(batch),
    inbound: { messages: inbound.total, people: inbound.unique_addresses },
    outbound: { messages: outbound.total, people: outbound.unique_addresses },
    events,
    status,
  };
}

async function batchOf({ batches }: MessageStore, id: string): Promise<Batch> {
  const batch = await batches.get(id);
  if (batch === undefined) throw notFound(`there is no batch ${JSON.stringify(id)}`);
  return batch;
}
