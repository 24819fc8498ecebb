// Follows references between translated schemas before they are compiled, so that one which would never end, or takes exponentially many steps
// for a single value, is refused when it is first used instead of hanging the server.

import { ServerError } from "../errors.ts";
import { definitionName, type TranslatedSchema } from "./dialect.ts";

/** Schemas evaluated on one and the same value, at most. */
const maxInPlace = 10_000;

// Keywords whose schemas apply to the same value, and those whose schemas apply to parts of it. A map holds schemas by property.
const inPlace = { lists: ["allOf", "anyOf", "oneOf"], single: ["not", "if", "then", "else"], maps: ["dependencies"] };
const inside = {
  lists: ["items"],
  single: ["items", "additionalItems", "additionalProperties", "contains", "propertyNames"],
  maps: ["properties", "patternProperties"],
};

/**
 * Checks everything that `schema` refers to.
 *
 * @throws {ServerError} SCHEMA_INVALID for a reference to no definition, a cycle that consumes nothing, or more than 10,000 schemas on one value.
 */
export function checkReferences(schema: TranslatedSchema, definitions: ReadonlyMap<string, TranslatedSchema>): void {
  const costs = new Map<string, number | "being counted">();

  function costOf(name: string): number {
    const known = costs.get(name);
    if (known === "being counted") throw invalid(`definition ${JSON.stringify(name)} refers to itself without end`);
    if (known !== undefined) return known;
    const definition = definitions.get(name);
    if (definition === undefined) throw invalid(`unknown definition ${JSON.stringify(name.slice(0, 100))}`);
    costs.set(name, "being counted");
    const cost = count(definition);
    costs.set(name, cost);
    return cost;
  }

  /** How many schemas are evaluated on the value that `node` is applied to. What applies to its parts is counted later. */
  function count(node: unknown): number {
    if (typeof node !== "object" || node === null) return 1;
    const object = node as Readonly<Record<string, unknown>>;
    let cost = 1;
    const ref = object["$ref"];
    if (typeof ref === "string") cost += costOf(definitionName(ref));
    for (const child of children(object, inPlace)) cost += count(child);
    // A reference from a part may well lead back to a definition that is being counted: that is a recursive type. So parts are for later.
    parts.push(...children(object, inside));
    if (cost > maxInPlace) throw invalid(`more than ${maxInPlace} schemas apply to one value`);
    return cost;
  }

  const parts: unknown[] = [schema];
  while (parts.length > 0) count(parts.pop());
}

function children(schema: Readonly<Record<string, unknown>>, keywords: typeof inPlace): unknown[] {
  return [
    ...keywords.lists.flatMap((key) => (Array.isArray(schema[key]) ? (schema[key] as unknown[]) : [])),
    ...keywords.single.flatMap((key) => (key in schema && !Array.isArray(schema[key]) ? [schema[key]] : [])),
    ...keywords.maps.flatMap((key) => Object.values(schema[key] ?? {})),
  ];
}

function invalid(message: string): ServerError {
  return new ServerError("SCHEMA_INVALID", message);
}
