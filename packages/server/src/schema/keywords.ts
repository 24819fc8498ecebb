// What ajv has to be taught: our types, read-only properties, a bound on the work, and patterns that run in linear time.

import { Password, RegexText } from "@switchboard/protocol";
import type { Ajv, Options } from "ajv";
import { ServerError } from "../errors.ts";
import { compileRegex } from "../regex.ts";
import { FileArgument } from "./json-schema.ts";

/** Names of our keywords inside translated schemas. They have a prefix that no plugin uses. */
export const keyword = {
  type: "switchboard:type",
  readOnly: "switchboard:readOnly",
  budget: "switchboard:budget",
} as const;

/** Types beyond JSON's, and what is one in memory. */
export const extendedTypes: ReadonlyMap<string, (value: object) => boolean> = new Map<
  string,
  (value: object) => boolean
>([
  ["datetime", (value: object) => value instanceof Date],
  ["binary", (value: object) => value instanceof Uint8Array],
  ["password", (value: object) => value instanceof Password],
  ["fd", (value: object) => value instanceof FileArgument],
]);

/** What one check carries along; ajv hands it to our keywords as `this`. */
export interface CheckContext {
  /** What to do with read-only properties in the value. */
  readonly readOnly: "remove" | "refuse" | "keep";
  steps: number;
}

// Each reference to a named definition is a step. Enough for any real value, few enough to end within a second.
const maxSteps = 200_000;

/** Put in front of a pattern that must run in linear time. NUL cannot begin a real one by accident. */
export const linearPrefix = "\u0000linear:";

/** Teaches an ajv instance our keywords. It must have been made with `passContext`. */
export function addKeywords(ajv: Ajv): void {
  ajv.addKeyword({
    keyword: keyword.type,
    schemaType: "array",
    errors: false,
    compile: (types: string[]) => (value: unknown) => types.some((type) => isOfType(value, type)),
  });
  ajv.addKeyword({
    keyword: keyword.readOnly,
    type: "object",
    schemaType: "array",
    before: "required",
    modifying: true,
    errors: false,
    validate(this: CheckContext, names: string[], object: Record<string, unknown>) {
      if (this.readOnly === "refuse") return !names.some((name) => Object.hasOwn(object, name));
      if (this.readOnly === "remove") for (const name of names) delete object[name];
      return true;
    },
  });
  ajv.addKeyword({
    keyword: keyword.budget,
    errors: false,
    validate(this: CheckContext) {
      if (++this.steps > maxSteps) {
        throw new ServerError("SCHEMA_COSTLY", `checking takes more than ${maxSteps} steps through definitions`);
      }
      return true;
    },
  });
}

function isOfType(value: unknown, type: string): boolean {
  if (value === null) return type === "null";
  if (type === "array") return Array.isArray(value);
  if (type === "integer") return Number.isInteger(value);
  if (typeof value !== "object") return typeof value === type;
  if (type === "object") return !Array.isArray(value) && !isExtended(value);
  return extendedTypes.get(type)?.(value) ?? false;
}

function isExtended(value: object): boolean {
  if (Object.getPrototypeOf(value) === Object.prototype) return false;
  for (const isIt of extendedTypes.values()) if (isIt(value)) return true;
  return value instanceof RegexText;
}

type RegExpMaker = NonNullable<NonNullable<Options["code"]>["regExp"]>;

/** ajv's maker of regular expressions. */
export const regExp: RegExpMaker = Object.assign(
  (pattern: string, flags: string) => {
    if (!pattern.startsWith(linearPrefix)) return new RegExp(pattern, flags);
    // ajv keeps expressions apart by their text.
    return {
      test: compileRegex(pattern.slice(linearPrefix.length)),
      toString: () => pattern,
    } as ReturnType<RegExpMaker>;
  },
  { code: "regExp" },
);
