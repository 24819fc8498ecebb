// The body of a parked message under edit: its address and text alone, or all of it. Pure.

/** What can be changed without touching the rest. */
export interface SimpleBody {
  /** Which field is the address of the person. */
  readonly addressField: "to_addr" | "from_addr";
  readonly address: string;
  readonly content: string;
}

type Json = Readonly<Record<string, unknown>>;

/** A body as JSON, or what is wrong with it and where. */
export function readBody(text: string): { readonly json: Json } | { readonly problem: string } {
  try {
    const json: unknown = JSON.parse(text);
    return typeof json === "object" && json !== null && !Array.isArray(json)
      ? { json: json as Json }
      : { problem: "a message is an object: { … }" };
  } catch (error) {
    const { message } = error as Error;
    const at = /position (\d+)/.exec(message)?.[1];
    const line = at === undefined ? undefined : text.slice(0, Number(at)).split("\n").length;
    return { problem: line === undefined || /line \d/.test(message) ? message : `${message}, line ${line}` };
  }
}

/** Address and text of a body; undefined where it is no such message. */
export function simpleBody(queue: string, text: string): SimpleBody | undefined {
  const read = readBody(text);
  if ("problem" in read) return undefined;
  const addressField = queue.endsWith(".inbound") ? "from_addr" : "to_addr";
  const { content, [addressField]: address } = read.json;
  const isText = (value: unknown): boolean => typeof value === "string" || value === null || value === undefined;
  if (!("content" in read.json) || !isText(content) || !isText(address)) return undefined;
  return { addressField, address: (address ?? "") as string, content: (content ?? "") as string };
}

/** A body with another address and text; all else stays. A text that was null stays null while it is empty. */
export function withSimple(text: string, { addressField, address, content }: SimpleBody): string {
  const read = readBody(text);
  if ("problem" in read) return text;
  const before = read.json;
  const orNull = (key: string, value: string): string | null =>
    value === "" && (before[key] === null || before[key] === undefined) ? null : value;
  return prettyBody({
    ...before,
    [addressField]: orNull(addressField, address),
    content: orNull("content", content),
  });
}

/** As it is shown for editing. What is no JSON stays as it is. */
export function prettyBody(body: string | Json): string {
  if (typeof body !== "string") return JSON.stringify(body, undefined, 2);
  const read = readBody(body);
  return "problem" in read ? body : JSON.stringify(read.json, undefined, 2);
}
