// Saves parked messages as a file in the browser: everything that is known of each, one JSON object a line.

import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { formatCount, plural } from "../format.ts";
import { saveFile } from "./download.ts";
import { ActError } from "./state.tsx";
import { gateway } from "../services/connection.ts";
import { useAct } from "../services/use-call.ts";

/** Which messages. */
export interface Choice {
  readonly queue: string;
  readonly cause?: string;
  readonly ids?: readonly string[];
  readonly newer_than_ms?: number;
}

/** Reads the messages of a choice and saves them; resolves with how many there were. `onRow` hears of each chunk. */
export async function saveParked(choice: Choice, onRows: (count: number) => void): Promise<number> {
  const client = gateway.peek();
  if (client === undefined) throw new Error("there is no connection");
  const chunks: string[] = [];
  let count = 0;
  for await (const chunk of client.stream("bus.parked_export", [choice])) {
    const text = String(chunk);
    chunks.push(text);
    // A line break inside of a text is escaped in JSON.
    count += text.split("\n").length - 1;
    onRows(count);
  }
  saveFile(`${choice.queue}.jsonl`, chunks);
  return count;
}

/** The button: it counts while it reads. */
export function SaveParked({ choice, count }: { readonly choice: Choice; readonly count: number }): JSX.Element {
  const [done, setDone] = useState(0);
  const act = useAct();
  return (
    <>
      <button
        type="button"
        disabled={count === 0 || act.isPending}
        title={`${plural(count, "message")} as JSON lines`}
        onClick={() => void act.run(() => saveParked(choice, setDone))}
      >
        {act.isPending ? `Saving, ${formatCount(done)} of ${formatCount(count)}` : "Export"}
      </button>
      <ActError error={act.error} />
    </>
  );
}
