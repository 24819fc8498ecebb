// JSON as the database takes it from both engines: with everything outside of ASCII escaped.

const notAscii = /[\u007f-\uffff]/;
const eachNotAscii = /[\u007f-\uffff]/g;

/** Returns the JSON of a value in ASCII. */
export function asciiJson(value: unknown): string {
  return inAscii(JSON.stringify(value));
}

/** Returns JSON in ASCII. */
export function inAscii(json: string): string {
  return notAscii.test(json) ? json.replace(eachNotAscii, escaped) : json;
}

function escaped(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`;
}
