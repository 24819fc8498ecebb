// Keys of stored objects, by key type.

import { randomUUID } from "node:crypto";
import { ServerError } from "../errors.ts";
import { type CollectionDeclaration, isIntegerKey } from "./declaration.ts";
import { isStorableText } from "./text.ts";

/** A key: a whole number for `serial` and `integer` collections, a text for others. */
export type Key = string | number;

const maxKeyBytes = 1_024;

/**
 * The key for a new object: the one given, checked, or a generated one; undefined when the database numbers it.
 *
 * @throws {ServerError} DATASTORE_KEY_INVALID.
 */
export function newKey(declaration: CollectionDeclaration, given: unknown): Key | undefined {
  const { name, keyType } = declaration;
  if (given !== undefined && given !== null) return checkKey(declaration, given);
  if (isIntegerKey(keyType)) return undefined;
  if (keyType === "uuid") return randomUUID();
  throw new ServerError("DATASTORE_KEY_INVALID", `collection ${name}: expected a key, got nothing`);
}

/**
 * A key as it is stored.
 *
 * @throws {ServerError} DATASTORE_KEY_INVALID.
 */
export function checkKey(declaration: CollectionDeclaration, given: unknown): Key {
  const key = lookupKey(declaration, given);
  if (key !== undefined) return key;
  const { name, keyType } = declaration;
  throw new ServerError(
    "DATASTORE_KEY_INVALID",
    `collection ${name}: expected ${expected[keyType]}, got ${describe(given)}`,
  );
}

/** A key as it is stored, or undefined when no object can have it. */
export function lookupKey({ keyType }: CollectionDeclaration, given: unknown): Key | undefined {
  if (isIntegerKey(keyType)) return Number.isSafeInteger(given) ? (given as number) : undefined;
  if (typeof given !== "string" || given === "" || Buffer.byteLength(given) > maxKeyBytes || !isStorableText(given))
    return undefined;
  if (keyType === "uuid")
    return /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/i.test(given) ? given.toLowerCase() : undefined;
  return keyType === "text" || /^[\w-]+(?:\.[\w-]+)*$/.test(given) ? given : undefined;
}

const expected = {
  uuid: "a UUID",
  serial: "a whole number",
  integer: "a whole number",
  ltree: "labels joined by dots",
  text: `a text of 1 to ${maxKeyBytes} bytes`,
};

function describe(value: unknown): string {
  return typeof value === "string"
    ? JSON.stringify(value.slice(0, 60))
    : typeof value === "number"
      ? String(value)
      : typeof value;
}
