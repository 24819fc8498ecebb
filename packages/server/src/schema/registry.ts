// The named definitions of the server and its plugins, and checkers compiled against them.

import { createHash } from "node:crypto";
import { decodeValue, encodeValue, type ValidationEntry } from "@switchboard/protocol";
import { Ajv, type ValidateFunction } from "ajv";
import formats from "ajv-formats";
import { ServerError } from "../errors.ts";
import { standardDefinitions } from "./definitions.ts";
import { definitionId, translate, type TranslatedSchema, type TranslateOptions } from "./dialect.ts";
import type { JsonSchema } from "./json-schema.ts";
import { addKeywords, type CheckContext, regExp } from "./keywords.ts";
import { toProblems } from "./problems.ts";
import { checkReferences } from "./references.ts";

/** Who registers a definition. */
export interface RegisterOptions {
  /** Compared by identity: only the same owner may replace or remove the definition. Default: the server itself. */
  readonly owner?: unknown;
  /** True when the schema comes from a client. Its patterns must then be RE2 syntax. Default false. */
  readonly foreign?: boolean;
}

/** How a value is checked. */
export interface CheckOptions {
  /** What to do with properties that the schema calls read-only: `remove` (default) them, `refuse` the value, or `keep` them. */
  readonly readOnly?: CheckContext["readOnly"];
}

/** A compiled schema. It follows the registry: when a definition changes, it is compiled anew at its next use. */
export interface CompiledSchema {
  /**
   * What is wrong with `value`; empty when it fits. Fills in defaults and removes read-only properties in place.
   *
   * At most 100 problems are listed, of a large value only the first.
   *
   * @throws {ServerError} SCHEMA_INVALID (a reference to no definition, or without end), SCHEMA_COSTLY, REGEX_COSTLY.
   */
  problems(value: unknown, options?: CheckOptions): readonly ValidationEntry[];
}

interface Definition {
  readonly schema: JsonSchema;
  readonly translated: TranslatedSchema;
  readonly owner: unknown;
}

interface Validators {
  /** Stops at the first problem. */
  readonly quick: ValidateFunction;
  /** Finds all of them. Compiled when first needed. */
  readonly thorough: () => ValidateFunction;
}

const namePattern = /^[A-Za-z0-9][\w.:+-]{0,199}$/;
const maxDefinitions = 10_000;
const maxNodesForAllProblems = 10_000;

const metaSchema = new Ajv({ strict: false, logger: false });

/** Named schema definitions, the form in which discovery publishes them, and compilation. */
export class SchemaRegistry {
  readonly #definitions = new Map<string, Definition>();
  readonly #onChange: () => void;
  #compilers: { readonly quick: Ajv; readonly thorough: Ajv } | undefined;

  /** `onChange` is called after each change of a definition. */
  constructor({ onChange = () => undefined }: { readonly onChange?: () => void } = {}) {
    this.#onChange = onChange;
    for (const [name, schema] of Object.entries(standardDefinitions)) {
      this.#definitions.set(name, { schema, translated: checked(schema, { name }), owner: this });
    }
  }

  /**
   * Adds a named definition, or replaces one of the same owner. It may refer to definitions that are registered later.
   *
   * @throws {ServerError} SCHEMA_INVALID, SCHEMA_EXISTS (another owner's), REGEX_INVALID.
   */
  register(name: string, schema: JsonSchema, { owner = this, foreign = false }: RegisterOptions = {}): void {
    if (!namePattern.test(name)) {
      const shown = JSON.stringify(name.slice(0, 100));
      throw new ServerError(
        "SCHEMA_INVALID",
        `expected a name of letters, digits, "_", ".", ":", "+" and "-", got ${shown}`,
      );
    }
    const existing = this.#definitions.get(name);
    if (existing !== undefined && existing.owner !== owner) {
      throw new ServerError("SCHEMA_EXISTS", `the schema definition ${JSON.stringify(name)} belongs to somebody else`);
    }
    if (existing === undefined && this.#definitions.size >= maxDefinitions) {
      throw new ServerError("SCHEMA_INVALID", `there are ${maxDefinitions} schema definitions already`);
    }
    this.#definitions.set(name, { schema, translated: checked(schema, { name, foreign }), owner });
    this.#changed();
  }

  /**
   * Removes a definition.
   *
   * @throws {ServerError} SCHEMA_UNKNOWN, SCHEMA_NOT_OWNED.
   */
  unregister(name: string, { owner = this }: Pick<RegisterOptions, "owner"> = {}): void {
    const existing = this.#definitions.get(name);
    if (existing === undefined) throw new ServerError("SCHEMA_UNKNOWN", `no schema definition ${JSON.stringify(name)}`);
    if (existing.owner !== owner) {
      throw new ServerError(
        "SCHEMA_NOT_OWNED",
        `the schema definition ${JSON.stringify(name)} belongs to somebody else`,
      );
    }
    this.#definitions.delete(name);
    this.#changed();
  }

  /** Removes everything that `owner` has registered, such as a plugin that is unloaded or a connection that is gone. */
  unregisterAll(owner: unknown): void {
    const names = [...this.#definitions].filter(([, definition]) => definition.owner === owner).map(([name]) => name);
    for (const name of names) this.#definitions.delete(name);
    if (names.length > 0) this.#changed();
  }

  /** The definition as it was registered, or undefined. */
  get(name: string): JsonSchema | undefined {
    return this.#definitions.get(name)?.schema;
  }

  /** All definitions in one document, as `discovery.get_schema` answers: those with properties have `%type` added. */
  document(): Readonly<Record<string, unknown>> {
    const definitions = [...this.#definitions].map(([name, { schema }]) => [name, published(name, schema)]);
    return {
      $schema: "http://json-schema.org/draft-04/schema#",
      id: "http://freenas.org/schema/v10#",
      type: "object",
      definitions: Object.fromEntries(definitions),
    };
  }

  /** SHA-256 of the document in hexadecimal, the same whatever the order of registration and of members. */
  hash(): string {
    return createHash("sha256").update(canonical(this.document())).digest("hex");
  }

  /**
   * Prepares a schema for checking. References are looked up at the first check.
   *
   * @throws {ServerError} SCHEMA_INVALID, REGEX_INVALID.
   */
  compile(schema: JsonSchema, options: { readonly foreign?: boolean } = {}): CompiledSchema {
    const translated = checked(schema, options);
    let validators: Validators | undefined;
    let compiledBy: object | undefined;
    return {
      problems: (value, { readOnly = "remove" } = {}) => {
        const compilers = this.#currentCompilers();
        if (validators === undefined || compiledBy !== compilers) {
          validators = this.#validators(translated);
          compiledBy = compilers;
        }
        return problemsOf(value, readOnly, validators);
      },
    };
  }

  #changed(): void {
    this.#compilers = undefined;
    this.#onChange();
  }

  #currentCompilers(): { readonly quick: Ajv; readonly thorough: Ajv } {
    return (this.#compilers ??= { quick: this.#compiler(false), thorough: this.#compiler(true) });
  }

  #compiler(allErrors: boolean): Ajv {
    const ajv = new Ajv({
      allErrors,
      verbose: true,
      useDefaults: true,
      passContext: true,
      strict: false,
      logger: false,
      // Done when a schema comes in.
      validateSchema: false,
      unicodeRegExp: false,
      code: { regExp },
    });
    formats.default(ajv);
    addKeywords(ajv);
    for (const [name, { translated }] of this.#definitions) ajv.addSchema(translated, definitionId(name));
    return ajv;
  }

  #validators(translated: TranslatedSchema): Validators {
    const { quick, thorough } = this.#currentCompilers();
    checkReferences(
      translated,
      new Map([...this.#definitions].map(([name, definition]) => [name, definition.translated])),
    );
    return { quick: quick.compile(translated), thorough: () => thorough.compile(translated) };
  }
}

function problemsOf(
  value: unknown,
  readOnly: CheckContext["readOnly"],
  { quick, thorough }: Validators,
): readonly ValidationEntry[] {
  if (quick.call({ readOnly, steps: 0 }, value)) return [];
  const first = toProblems(quick.errors ?? [], value);
  if (!isSmall(value)) return first;
  const validate = thorough();
  const all = validate.call({ readOnly, steps: 0 }, value) ? [] : toProblems(validate.errors ?? [], value);
  return all.length > 0 ? all : first;
}

// Each wrong item of an array is a problem of its own, and none of them is worth much after the first hundred.
function isSmall(value: unknown): boolean {
  const left = [value];
  for (let count = 0; left.length > 0; count++) {
    const item = left.pop();
    if (count > maxNodesForAllProblems || left.length > maxNodesForAllProblems) return false;
    if (typeof item === "object" && item !== null && !(item instanceof Uint8Array)) {
      const parts = Object.values(item);
      if (parts.length > maxNodesForAllProblems) return false;
      left.push(...parts);
    }
  }
  return true;
}

function checked(schema: JsonSchema, options: TranslateOptions): TranslatedSchema {
  const translated = translate(schema, options);
  if (metaSchema.validateSchema(translated) === true) return translated;
  const [error] = metaSchema.errors ?? [];
  const place = `${options.name ?? "schema"}${error?.instancePath ?? ""}`;
  throw new ServerError("SCHEMA_INVALID", `${place.slice(0, 200)}: ${error?.message ?? "is not a schema"}`);
}

function published(name: string, schema: JsonSchema): JsonSchema {
  if (typeof schema === "boolean" || typeof schema["properties"] !== "object") return schema;
  return { ...schema, properties: { "%type": { type: "string", enum: [name] }, ...schema["properties"] } };
}

/** JSON with members in the order of their names. */
function canonical(value: unknown): string {
  return JSON.stringify(decodeValue(encodeValue(value)), (_, item: unknown) =>
    typeof item === "object" && item !== null && !Array.isArray(item)
      ? Object.fromEntries(Object.entries(item).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : item,
  );
}
