// JSON in the key-value store: what is read back may have been written by another program.

import type { JsonValue } from "../message/json.ts";
import { ComponentError } from "./errors.ts";

/**
 * Reads a stored JSON text.
 *
 * @throws {ComponentError} COMPONENT_STORED_VALUE_INVALID, naming the key and not the value.
 */
export function parseStored(text: string, key: string): JsonValue {
  try {
    return JSON.parse(text) as JsonValue;
  } catch {
    throw new ComponentError(
      "COMPONENT_STORED_VALUE_INVALID",
      `${key}: expected JSON, got ${text.length} characters of something else`,
      {
        details: { key },
      },
    );
  }
}
