// Turns what discovery says of methods into TypeScript declarations: an interface `Methods` for `connect<Methods>()`.

/** A JSON Schema, as discovery gives it. */
export type Schema = Readonly<Record<string, unknown>>;

/** A method, as discovery gives it. */
export interface MethodDescription {
  readonly name: string;
  readonly description?: string;
  readonly generator?: boolean;
  readonly "params-schema"?: { readonly items?: readonly Schema[] };
  readonly "result-schema"?: Schema | null;
}

/** What {@link declareMethods} needs. */
export interface Described {
  /** Methods by the name of their service. */
  readonly services: Readonly<Record<string, readonly MethodDescription[]>>;
  /** Named schemas, which others refer to by `{"$ref": name}`. */
  readonly definitions: Readonly<Record<string, Schema>>;
}

/** The text of a declaration file: the same for the same description, so that it can be kept under version control. */
export function declareMethods({ services, definitions }: Described): string {
  const names = new Names(Object.keys(definitions));
  const types = Object.entries(definitions)
    .toSorted(([a], [b]) => compare(a, b))
    .map(
      ([name, schema]) =>
        `${comment(schema.description, "")}export type ${names.of(name)} = ${typeOf(schema, names)};\n`,
    );
  const methods = Object.entries(services)
    .toSorted(([a], [b]) => compare(a, b))
    .flatMap(([service, list]) =>
      list.toSorted((a, b) => compare(a.name, b.name)).map((method) => declareMethod(service, method, names)),
    );
  return [
    "// Made by `switchboard types`. Changes are lost when it is made again.\n",
    ...types,
    `export interface Methods {\n${methods.join("")}}\n`,
  ].join("\n");
}

function declareMethod(service: string, method: MethodDescription, names: Names): string {
  const { name, description, generator } = method;
  const schema = method["result-schema"];
  const result = schema === undefined || schema === null ? "unknown" : typeOf(schema, names);
  // The schema of a streamed result speaks of the whole.
  const item = generator ? `AsyncIterable<${itemOf(schema, names)}>` : result;
  return `${comment(description, "  ")}  ${JSON.stringify(`${service}.${name}`)}: (${parameters(method, names)}) => ${item};\n`;
}

function itemOf(schema: Schema | null | undefined, names: Names): string {
  const items = schema?.type === "array" ? schema.items : undefined;
  return isSchema(items) ? typeOf(items, names) : "unknown";
}

function parameters(method: MethodDescription, names: Names): string {
  const items = method["params-schema"]?.items;
  if (items === undefined) return "...args: readonly unknown[]";
  if (!Array.isArray(items)) return "...args: readonly unknown[]";
  const list = items as readonly Schema[];
  // TypeScript wants what may be left out last.
  const lastNeeded = list.findLastIndex(({ mandatory }) => mandatory === true);
  const taken = new Set<string>();
  return list
    .map((schema, index) => {
      const title = typeof schema.title === "string" ? identifier(schema.title) : "";
      const name = title === "" || taken.has(title) ? `arg${index}` : title;
      taken.add(name);
      return `${name}${index > lastNeeded ? "?" : ""}: ${typeOf(schema, names)}`;
    })
    .join(", ");
}

/** The type that a schema's values have; `unknown` for what the language cannot say. */
export function typeOf(schema: Schema, names: Names): string {
  const { $ref, enum: values, type } = schema;
  if (typeof $ref === "string") return names.of($ref.replace(/^.*\//, ""));
  if ("const" in schema) return literal(schema.const);
  if (Array.isArray(values)) return union(values.map((value) => literal(value)));
  const alternatives = schema.anyOf ?? schema.oneOf;
  if (Array.isArray(alternatives)) return union((alternatives as Schema[]).map((one) => typeOf(one, names)));
  if (Array.isArray(schema.allOf)) {
    return (schema.allOf as Schema[]).map((one) => `(${typeOf(one, names)})`).join(" & ") || "unknown";
  }
  if (Array.isArray(type)) return union(type.map((one) => typeOf({ ...schema, type: one as unknown }, names)));
  return simpleTypes[String(type)] ?? structure(schema, names);
}

const simpleTypes: Readonly<Record<string, string>> = {
  string: "string",
  integer: "number",
  number: "number",
  boolean: "boolean",
  null: "null",
  binary: "Uint8Array",
  datetime: "Date",
  password: 'import("@switchboard/client").Password | string',
};

function structure(schema: Schema, names: Names): string {
  const { type, items, properties } = schema;
  if (type === "array") {
    if (Array.isArray(items)) return `[${(items as Schema[]).map((item) => typeOf(item, names)).join(", ")}]`;
    return isSchema(items) ? `readonly (${typeOf(items, names)})[]` : "readonly unknown[]";
  }
  if (!isSchema(properties)) return type === "object" ? "Readonly<Record<string, unknown>>" : "unknown";
  const required = new Set(Array.isArray(schema.required) ? schema.required : []);
  const members = Object.entries(properties).map(([name, property]) => {
    const optional = required.has(name) ? "" : "?";
    return `readonly ${JSON.stringify(name)}${optional}: ${isSchema(property) ? typeOf(property, names) : "unknown"}`;
  });
  return members.length === 0 ? "Readonly<Record<string, unknown>>" : `{ ${members.join("; ")} }`;
}

/** Identifiers for the names of definitions, each its own. */
export class Names {
  readonly #identifiers = new Map<string, string>();

  constructor(names: readonly string[]) {
    // The interface itself has this one.
    const taken = new Set(["Methods"]);
    for (const name of names.toSorted(compare)) {
      const wanted = identifier(name) || "Unnamed";
      let given = wanted;
      for (let serial = 2; taken.has(given); serial++) given = `${wanted}${serial}`;
      taken.add(given);
      this.#identifiers.set(name, given);
    }
  }

  /** The identifier of a name; `unknown` for one that is not defined. */
  of(name: string): string {
    return this.#identifiers.get(name) ?? "unknown";
  }
}

function identifier(text: string): string {
  const joined = text.replaceAll(/[^\p{ID_Continue}$]+(.?)/gu, (_all, next: string) => next.toUpperCase());
  return /^\p{ID_Start}/u.test(joined) && !reserved.has(joined) ? joined : joined === "" ? "" : `_${joined}`;
}

// Those that may be neither a parameter's nor a type's name.
const reserved = new Set(
  "any arguments await boolean break case catch class const continue debugger default delete do else enum eval export extends false finally for function if implements import in instanceof interface let never new null number object package private protected public return static string super switch symbol this throw true try type typeof undefined unknown var void while with yield bigint".split(
    " ",
  ),
);

function literal(value: unknown): string {
  return ["string", "number", "boolean"].includes(typeof value) || value === null ? JSON.stringify(value) : "unknown";
}

function union(types: readonly string[]): string {
  return [...new Set(types)].join(" | ") || "never";
}

function comment(text: unknown, indent: string): string {
  if (typeof text !== "string" || text === "") return "";
  return `${indent}/** ${text.replaceAll(/\s+/g, " ").replaceAll("*/", "*\\/")} */\n`;
}

function isSchema(value: unknown): value is Schema {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
