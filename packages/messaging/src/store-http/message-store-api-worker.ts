// Serves searches of the message store's batches by pattern: `POST <web_path>/batch/<batch>/inbound/match/` starts one, `GET` of the same path with
// its token gives what was found so far.

import { readBody } from "../http/read-body.ts";
import { isJsonObject } from "../message/json.ts";
import type { StoredDirection } from "../store/rows.ts";
import type { PatternCondition } from "./pattern-thread.ts";
import { PatternSearches } from "./pattern-search.ts";
import { HttpRefusal, sendText, StoreHttpWorker, type StoreRequest } from "./store-http-worker.ts";

const dayS = 86_400;
const maxTtlS = 30 * dayS;
const maxBodyBytes = 65_536;
const maxConditions = 50;
const usualPage = 20;
const maxPage = 1_000;

/** Searches batches by regular expressions; results are kept for a day. */
export class MessageStoreAPIWorker extends StoreHttpWorker {
  static readonly summary: string = "Serves searches of stored messages by regular expressions over HTTP.";
  protected readonly healthAnswer: string = "ok";
  readonly #searches: PatternSearches = new PatternSearches({
    store: this.store,
    keyValue: this.context.keyValue.sub("message_store_api"),
    clock: this.context.clock,
    logger: this.context.logger,
  });

  protected override async teardown(): Promise<void> {
    await this.#searches.close();
    await super.teardown();
  }

  protected async answer(asked: StoreRequest): Promise<void> {
    const { method, segments, response } = asked;
    const [batch, batchId, direction, match, ...more] = segments;
    if (batch !== "batch" || more.length > 0) throw new HttpRefusal(404, "Not Found");
    if (direction === undefined) {
      if (method !== "GET" && method !== "HEAD") throw new HttpRefusal(405, "Method Not Allowed");
      return sendText(response, 200, batchId ?? "");
    }
    if ((direction !== "inbound" && direction !== "outbound") || match !== "match" || batchId === undefined) {
      throw new HttpRefusal(404, "Not Found");
    }
    if (method === "POST") await this.#start(asked, { batchId, direction });
    else if (method === "GET") await this.#page(asked, { batchId, direction });
    else throw new HttpRefusal(405, "Method Not Allowed");
  }

  async #start(
    { request, response }: StoreRequest,
    place: { readonly batchId: string; readonly direction: StoredDirection },
  ): Promise<void> {
    const body = await readBody(request, maxBodyBytes);
    if (body === undefined) throw new HttpRefusal(413, "Content Too Large");
    const conditions = conditionsOf(body.toString("utf8"));
    const ttlS = Number(request.headers["x-vms-match-ttl"] ?? dayS);
    if (!Number.isSafeInteger(ttlS) || ttlS < 1 || ttlS > maxTtlS) {
      throw new HttpRefusal(400, `X-VMS-Match-TTL: expected a whole number of seconds from 1 to ${maxTtlS}`);
    }
    const { token, ended } = await this.#searches.start({ ...place, conditions }, ttlS * 1_000);
    if (request.headers["x-vms-match-wait"] === "1") await ended;
    sendText(response, 200, "", { "X-VMS-Result-Token": token });
  }

  async #page(
    { query, response }: StoreRequest,
    { batchId, direction }: { readonly batchId: string; readonly direction: StoredDirection },
  ): Promise<void> {
    const token = query.get("token");
    if (token === null || !/^(?:inbound|outbound)-[0-9a-f]{32}$/.test(token)) {
      throw new HttpRefusal(400, "token: expected the X-VMS-Result-Token of a search");
    }
    const start = rankOf(query, "start", 0);
    const stop = Math.min(rankOf(query, "stop", start + usualPage - 1), start + maxPage - 1);
    const page = { start, stop, oldestFirst: query.get("asc") === "1" };
    const { ids, count, isInProgress } = await this.#searches.page({ batchId, token }, page);
    const rows =
      query.get("keys") === "1" ? ids : await Promise.all(ids.map((id) => this.store.read.message(direction, id)));
    sendText(response, 200, JSON.stringify(rows.filter((row) => row !== undefined)), {
      "Content-Type": "application/json; charset=utf-8",
      "X-VMS-Result-Count": String(count),
      "X-VMS-Match-In-Progress": isInProgress ? "1" : "0",
    });
  }
}

function rankOf(query: URLSearchParams, name: string, usual: number): number {
  const rank = Number(query.get(name) ?? usual);
  if (Number.isSafeInteger(rank) && rank >= 0) return rank;
  throw new HttpRefusal(400, `${name}: expected a whole number of at least 0`);
}

/** The conditions of a query. @throws {HttpRefusal} 400 naming what is wrong. */
function conditionsOf(body: string): PatternCondition[] {
  let query: unknown;
  try {
    query = JSON.parse(body);
  } catch {
    throw new HttpRefusal(400, "expected a JSON list of {key, pattern, flags}");
  }
  if (!Array.isArray(query) || query.length === 0 || query.length > maxConditions) {
    throw new HttpRefusal(400, `expected a JSON list of 1 to ${maxConditions} conditions {key, pattern, flags}`);
  }
  return query.map((condition: unknown, index) => {
    const { key, pattern, flags = "" } = isJsonObject(condition) ? condition : {};
    if (typeof key !== "string" || typeof pattern !== "string" || typeof flags !== "string") {
      throw new HttpRefusal(400, `condition ${index}: expected texts for key, pattern and flags`);
    }
    try {
      void new RegExp(pattern, flags);
    } catch (error) {
      throw new HttpRefusal(400, `condition ${index}: ${error instanceof Error ? error.message : String(error)}`);
    }
    return { key, pattern, flags };
  });
}
