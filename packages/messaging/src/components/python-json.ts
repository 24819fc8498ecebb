// JSON byte for byte as Python's `json.dumps` writes it, where it is a member of a set that Vumi shares: equal tags must be equal texts.

/** Writes two texts as a list: `["pool", "tag"]`, everything but printable ASCII escaped. */
export function pythonJsonPair([first, second]: readonly [string, string]): string {
  return `[${pythonText(first)}, ${pythonText(second)}]`;
}

function pythonText(text: string): string {
  return JSON.stringify(text).replace(
    /[\u007f-\uffff]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
