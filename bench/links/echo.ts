// What both sides of every contender know: the content, and how a bare pipe carries requests and replies as `[id, content]`.

/** About 200 bytes of JSON. */
export interface Content {
  readonly n: number;
  readonly text: string;
}

/** The secret of the TCP links, shared with the far side. */
export const secret = "only for this benchmark";

/** Cuts a stream into lines. Enough for a benchmark: it trusts what comes. */
export function lineSplitter(onLine: (line: string) => void): (chunk: string) => void {
  let rest = "";
  return (chunk) => {
    const lines = (rest + chunk).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) onLine(line);
  };
}

/** Gathers values and writes them as one JSON array at the end of the turn of the event loop. */
export function perTick(write: (text: string) => void): (value: unknown) => void {
  let gathered: unknown[] = [];
  return (value) => {
    if (gathered.length === 0) {
      setImmediate(() => {
        const batch = gathered;
        gathered = [];
        write(`${JSON.stringify(batch)}\n`);
      });
    }
    gathered.push(value);
  };
}

/** Writes each value by itself, as an array of one. */
export function perFrame(write: (text: string) => void): (value: unknown) => void {
  return (value) => write(`${JSON.stringify([value])}\n`);
}
