// What a collection is declared as: its name, the type of its keys, its indexes and limits.

import { ServerError } from "../errors.ts";
import { type FieldPath, parsePath } from "./query/path.ts";

/**
 * How keys look and where they come from: `uuid` (random unless given, lower case), `serial` and `integer` (the highest plus one unless given),
 * `ltree` (labels joined by dots, must be given), `text` (must be given).
 */
export type KeyType = "uuid" | "serial" | "integer" | "ltree" | "text";

/** What else is declared. Names are those of the dispatcher, since they are stored and dumped. */
export interface CollectionAttributes {
  /** `config` (default): kept, and saved with the configuration. `log`: history. */
  readonly type?: "config" | "log";
  /** Fields, or lists of fields, of which no two objects may have the same values. Objects that lack a field do not count. */
  readonly unique_indexes?: readonly (string | readonly string[])[];
  /** Fields to find and sort objects by quickly. */
  readonly indexes?: readonly string[];
  /** A field holding the time after which an object is removed, within a minute or so. */
  readonly ttl_index?: string;
  /** Largest size of all objects together, in bytes of JSON. The oldest give way. Only with `serial` and `integer` keys. */
  readonly cap?: number;
  /** True when objects are values wrapped as `{value: …}`, as the config store has them. */
  readonly configstore?: boolean;
}

/** A declaration that has been checked. */
export interface CollectionDeclaration {
  readonly name: string;
  readonly keyType: KeyType;
  readonly attributes: CollectionAttributes;
}

const keyTypes: ReadonlySet<unknown> = new Set<KeyType>(["uuid", "serial", "integer", "ltree", "text"]);
const namePattern = /^[A-Za-z0-9][\w.-]{0,99}$/;
const maxIndexes = 32;

/** True when keys are numbers. */
export function isIntegerKey(keyType: KeyType): boolean {
  return keyType === "serial" || keyType === "integer";
}

/**
 * Checks a declaration, which may come from a plugin.
 *
 * @throws {ServerError} DATASTORE_DECLARATION_INVALID.
 */
export function checkDeclaration({ name, keyType, attributes }: CollectionDeclaration): CollectionDeclaration {
  if (!namePattern.test(name)) {
    const shown = JSON.stringify(name.slice(0, 60));
    throw invalid(shown, 'expected a name of up to 100 letters, digits, "_", "." and "-"');
  }
  if (!keyTypes.has(keyType)) throw invalid(name, `unknown key type ${JSON.stringify(keyType)}`);
  const { type, cap, ttl_index, indexes = [], unique_indexes = [] } = attributes;
  if (type !== undefined && type !== "config" && type !== "log")
    throw invalid(name, 'type: expected "config" or "log"');
  if (cap !== undefined && (!Number.isSafeInteger(cap) || cap < 1 || !isIntegerKey(keyType))) {
    throw invalid(name, "cap: expected a number of bytes, and serial or integer keys");
  }
  if (indexes.length + unique_indexes.length > maxIndexes)
    throw invalid(name, `expected at most ${maxIndexes} indexes`);
  for (const index of indexesOf({ name, keyType, attributes })) {
    for (const path of index.paths) if (path[0] === "id") throw invalid(name, "the key has an index already");
  }
  if (ttl_index !== undefined) parse(ttl_index, name);
  return { name, keyType, attributes };
}

/** One index of a collection. */
export interface IndexDeclaration {
  readonly paths: readonly FieldPath[];
  readonly isUnique: boolean;
}

/** All indexes that a declaration asks for. */
export function indexesOf({ name, attributes }: CollectionDeclaration): IndexDeclaration[] {
  const { indexes = [], unique_indexes = [], ttl_index } = attributes;
  const plain = new Set([...indexes, ...(ttl_index === undefined ? [] : [ttl_index])]);
  return [
    ...Array.from(plain, (field) => ({ paths: [parse(field, name)], isUnique: false })),
    ...unique_indexes.map((fields) => ({
      paths: (typeof fields === "string" ? [fields] : fields).map((field) => parse(field, name)),
      isUnique: true,
    })),
  ];
}

function parse(field: string, collection: string): FieldPath {
  try {
    return parsePath(field);
  } catch (error) {
    throw invalid(collection, `index: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function invalid(collection: string, message: string): ServerError {
  return new ServerError("DATASTORE_DECLARATION_INVALID", `collection ${collection}: ${message}`);
}
