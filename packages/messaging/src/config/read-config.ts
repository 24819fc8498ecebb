// From unchecked values to a typed configuration, or to one error that lists everything that is wrong with them.

import { ConfigError, type ConfigIssue } from "../errors.ts";
import { nearestName } from "../near-names.ts";
import { checkDeclaration } from "./declaration.ts";
import { describeType } from "./describe-type.ts";
import { hostPortClient, hostPortServer } from "./endpoint.ts";
import type {
  ClassType,
  ConfigFields,
  ConfigOf,
  Fallback,
  FieldDeclaration,
  LoadedClass,
  SectionType,
  StaticConfigOf,
  ValueType,
} from "./fields.ts";
import { invalid, type ReadContext, readValue } from "./read-value.ts";
import { formatIssue, Place, Report } from "./report.ts";
import { ConfigSource } from "./source.ts";

/** Finds the class that a name in a configuration means. `ClassRegistry` is one. */
export interface ClassLoader {
  /** @throws {ClassError} when there is none, it cannot be loaded, or it is not of the kind. `folder` is what file names are relative to. */
  load(name: string, wanted: { readonly kind?: string; readonly folder?: string }): Promise<LoadedClass>;
}

/** How a configuration is read. */
export interface ReadOptions<Config> {
  /** Needed when there are fields of type `class`. */
  readonly classes?: ClassLoader;
  /** Looks at fields together, once each is right; calls `problem` for what does not fit. */
  readonly check?: (config: Config, problem: (field: string, text: string) => void) => void;
  /** Hears of what is odd but no reason to refuse: deprecated fields, misspelt names of optional ones, texts that count as true. */
  readonly onWarning?: (warning: string, issue: ConfigIssue | undefined) => void;
}

/**
 * Reads a whole configuration. Keys that no field declares are ignored, as Vumi does; one that is nearly the name of a field is a warning.
 *
 * The result is read-only all the way down; lists and objects are copies.
 *
 * @throws {ConfigError} CONFIG_INVALID with all `issues`; CONFIG_DECLARATION_INVALID when the fields themselves are wrong.
 */
export async function readConfig<Fields extends ConfigFields>(
  fields: Fields,
  source: ConfigSource,
  options: ReadOptions<ConfigOf<Fields>> = {},
): Promise<ConfigOf<Fields>> {
  return (await read(fields, source, {
    options: options,
    staticOnly: false,
  })) as ConfigOf<Fields>;
}

/**
 * Reads what is the same for every message. Reading another field of the result throws CONFIG_FIELD_DYNAMIC.
 *
 * @throws {ConfigError} As {@link readConfig}, but only for the static fields.
 */
export async function readStaticConfig<Fields extends ConfigFields>(
  fields: Fields,
  source: ConfigSource,
  options: ReadOptions<StaticConfigOf<Fields>> = {},
): Promise<StaticConfigOf<Fields>> {
  const config = await read(fields, source, { options: options, staticOnly: true });
  return config as StaticConfigOf<Fields>;
}

/**
 * Returns `config` with some fields changed for one message.
 *
 * @throws {ConfigError} CONFIG_INVALID, also for static fields and for classes, which cannot differ from message to message.
 */
export function overrideConfig<Fields extends ConfigFields>(
  fields: Fields,
  config: ConfigOf<Fields>,
  overrides: Readonly<Record<string, unknown>>,
): ConfigOf<Fields> {
  const source = new ConfigSource(overrides);
  const reading = new Reading(source);
  const changed: Record<string, unknown> = {};
  for (const name of Object.keys(overrides)) {
    const field = Object.hasOwn(fields, name) ? fields[name] : undefined;
    if (field === undefined) continue;
    if (field.static === true || field.type === "class") {
      reading.report.add([name], "cannot differ from message to message");
    } else changed[name] = reading.field(name, field, { fields, values: overrides, place: reading.root });
  }
  reading.report.throwIfAny();
  return freeze({ ...config, ...changed });
}

async function read(
  fields: ConfigFields,
  source: ConfigSource,
  { options, staticOnly }: { readonly options: ReadOptions<never>; readonly staticOnly: boolean },
): Promise<unknown> {
  checkDeclaration(fields);
  const reading = new Reading(source);
  const readFields = staticOnly
    ? Object.fromEntries(Object.entries(fields).filter(([, field]) => field.static === true))
    : fields;
  const config = reading.section(readFields, source.values, { place: reading.root, known: fields });
  await reading.loadClasses(options.classes);
  const { check, onWarning } = options;
  if (check !== undefined && reading.report.issues.length === 0) {
    check(config as never, (field, text) => reading.report.add([field], text));
  }
  for (const warning of source.warnings) onWarning?.(warning, undefined);
  for (const issue of reading.report.warnings) onWarning?.(formatIssue(issue), issue);
  reading.report.throwIfAny();
  if (staticOnly) guardDynamicFields(config, fields);
  return freeze(config);
}

interface Surroundings {
  /** The declarations around a field. */
  readonly fields: ConfigFields;
  readonly values: Readonly<Record<string, unknown>>;
  /** Where the section stands. */
  readonly place: Place;
}

/** Stands where a class will be, until it is loaded. */
class PendingClass {
  readonly name: string;
  readonly type: ClassType;
  readonly place: Place;

  constructor(name: string, type: ClassType, place: Place) {
    this.name = name;
    this.type = type;
    this.place = place;
  }
}

/** One run over one source. */
class Reading {
  readonly report: Report;
  readonly root: Place;
  readonly #source: ConfigSource;
  readonly #context: ReadContext;
  readonly #classes: { readonly pending: PendingClass; readonly fill: (loaded: LoadedClass) => void }[] = [];

  constructor(source: ConfigSource) {
    this.#source = source;
    this.report = new Report(source);
    this.root = new Place(this.report, [], false);
    this.#context = {
      section: (type: SectionType, values, place) => this.section(type.fields, values, { place, known: type.fields }),
      className: (name, { type, place }) => new PendingClass(name, type, place),
    };
  }

  section(
    fields: ConfigFields,
    values: Readonly<Record<string, unknown>>,
    { place, known }: { readonly place: Place; readonly known: ConfigFields },
  ): Record<string, unknown> {
    const config: Record<string, unknown> = {};
    for (const [name, field] of Object.entries(fields)) {
      const value = this.field(name, field, { fields: known, values, place });
      config[name] = value;
      if (value instanceof PendingClass)
        this.#classes.push({ pending: value, fill: (loaded) => (config[name] = loaded) });
    }
    this.#warnOfNearNames(known, values, place);
    return config;
  }

  field(name: string, field: FieldDeclaration, surroundings: Surroundings): unknown {
    const { values } = surroundings;
    const place = surroundings.place.field(name, field.secret === true);
    const given = ownValue(values, name);
    if (given !== undefined) return this.#given(given, field, place);
    for (const fallback of field.fallbacks ?? []) {
      const value = this.#fallback(fallback, field, surroundings);
      if (value !== undefined) return value;
    }
    if (field.required === true) {
      const unknown = Object.keys(values).filter((key) => !Object.hasOwn(surroundings.fields, key));
      const near = nearestName(name, unknown);
      place.problem(`required (${describeType(field)}), but missing`, near && `did you mean it by ${near}?`);
      return invalid;
    }
    return field.default === undefined || field.default === null ? null : this.#read(field, field.default, place);
  }

  /** Loads the classes that were named, and puts them where they belong. */
  async loadClasses(loader: ClassLoader | undefined): Promise<void> {
    const { folder } = this.#source;
    for (const { pending, fill } of this.#classes) {
      if (loader === undefined) {
        throw new ConfigError("CONFIG_DECLARATION_INVALID", "fields of type class need `classes`, which finds them");
      }
      const { kind } = pending.type;
      try {
        fill(await loader.load(pending.name, { ...(kind && { kind }), ...(folder !== undefined && { folder }) }));
      } catch (error) {
        pending.place.problem(error instanceof Error ? error.message : String(error));
      }
    }
  }

  #given(value: unknown, field: FieldDeclaration, place: Place): unknown {
    if (field.deprecated !== undefined && field.deprecated !== false) {
      place.warn("deprecated", field.deprecated === true ? undefined : `use ${field.deprecated}`);
    }
    if (value !== null) return this.#read(field, value, place);
    if (isNullable(field)) return null;
    const shown = field.secret === true ? "" : ` (${JSON.stringify(field.default)})`;
    const hint = field.required === true ? undefined : `leave it out for the default${shown}`;
    place.expected(describeType(field), null, hint);
    return invalid;
  }

  #fallback(fallback: Fallback, field: FieldDeclaration, { values, place }: Surroundings): unknown {
    if ("field" in fallback) {
      const value = ownValue(values, fallback.field);
      if (value === undefined || value === null) return undefined;
      return this.#read(field, value, place.field(fallback.field, field.secret === true));
    }
    const port = ownValue(values, fallback.port);
    const host = ownValue(values, fallback.host) ?? undefined;
    const isServer = field.type === "serverEndpoint";
    if (port === undefined || port === null || (host === undefined && !isServer)) return undefined;
    const portType: ValueType = { type: "int", min: isServer ? 0 : 1, max: 65_535 };
    const portRead = this.#read(portType, port, place.member(fallback.port));
    const hostRead = host === undefined ? undefined : this.#read({ type: "text" }, host, place.member(fallback.host));
    if (portRead === invalid || hostRead === invalid) return invalid;
    return isServer
      ? hostPortServer(hostRead as string | undefined, portRead as number)
      : hostPortClient(hostRead as string, portRead as number);
  }

  #read(type: ValueType, value: unknown, place: Place): unknown {
    return readValue(type, value, { place, context: this.#context });
  }

  /** An unknown key is fine, unless it is nearly the name of a field that was not given: then somebody mistyped it. */
  #warnOfNearNames(fields: ConfigFields, values: Readonly<Record<string, unknown>>, place: Place): void {
    const absent = Object.entries(fields).filter(
      ([name, { required }]) => !Object.hasOwn(values, name) && required !== true,
    );
    const names = absent.map(([name]) => name);
    for (const key of Object.keys(values)) {
      if (Object.hasOwn(fields, key)) continue;
      const near = nearestName(key, names);
      if (near !== undefined) place.member(key).warn("no field of this name", `did you mean ${near}?`);
    }
  }
}

function isNullable({ nullable, required, default: fallback }: FieldDeclaration): boolean {
  return nullable ?? (required !== true && (fallback === undefined || fallback === null));
}

function ownValue(values: Readonly<Record<string, unknown>>, name: string): unknown {
  return Object.hasOwn(values, name) ? values[name] : undefined;
}

function guardDynamicFields(config: object, fields: ConfigFields): void {
  for (const [name, field] of Object.entries(fields)) {
    if (field.static === true) continue;
    Object.defineProperty(config, name, {
      enumerable: false,
      get: () => {
        throw new ConfigError(
          "CONFIG_FIELD_DYNAMIC",
          `${name} may differ from message to message; it is not known at the start`,
          {
            details: { field: name },
          },
        );
      },
    });
  }
}

/** Freezes lists and plain objects all the way down; URLs, patterns and classes stay as they are. */
function freeze<Value>(value: Value): Value {
  if (typeof value !== "object" || value === null) return value;
  const isPlain = Array.isArray(value) || Object.getPrototypeOf(value) === Object.prototype;
  if (!isPlain || Object.isFrozen(value)) return value;
  Object.freeze(value);
  for (const member of Object.values(value)) freeze(member);
  return value;
}
