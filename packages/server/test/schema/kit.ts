// What the tests of schemas share.

import { ServerError } from "../../src/index.ts";
import { type JsonSchema, SchemaRegistry } from "../../src/schema/index.ts";

/** The problems of a value with a schema: where and what. */
export function problems(schema: JsonSchema, value: unknown): unknown {
  const found = new SchemaRegistry().compile(schema).problems(value);
  return found.map(({ path, message }) => [path, message]);
}

/** What `work` was refused with. */
export function refusal(work: () => unknown): ServerError {
  try {
    work();
  } catch (error) {
    if (error instanceof ServerError) return error;
    throw error;
  }
  throw new Error("nothing was refused");
}
