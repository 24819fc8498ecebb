// What passes by while it is looked at: a search is followed, and whoever shows its messages reads them again.

import { useEffect, useRef } from "preact/hooks";
import { epoch, type Gateway, gateway } from "./connection.ts";

/** Calls `again` once it follows, and whenever a message of a search is new or has changed, an answer or a report as well; undefined follows nothing. */
export function useFollowing(query: string | undefined, again: () => void): void {
  const client = gateway.value;
  // The stream outlives the render that began it.
  const latest = useRef(again);
  latest.current = again;
  useEffect(() => {
    if (client === undefined || query === undefined) return;
    const stop = new AbortController();
    void follow(client, query, { signal: stop.signal, again: () => latest.current() });
    // What changed since it was first read, and before it was followed, nobody tells again.
    latest.current();
    return () => stop.abort();
  }, [client, query, epoch.value]);
}

async function follow(
  client: Gateway,
  query: string,
  { signal, again }: { readonly signal: AbortSignal; readonly again: () => void },
): Promise<void> {
  try {
    const batches = client.stream("messages.tail", [{ query, max_per_second: 20 }], { signal });
    for await (const batch of batches) if (batch !== undefined) again();
  } catch {
    // Left, or the line is lost: the page says so, and begins again when it is back.
  }
}
