// Reads one value by its declared type. Rules are Vumi's: what each type accepts, turns into, and refuses.

import { ConfigError } from "../errors.ts";
import { copyJson } from "../message/json.ts";
import { nearestName } from "../near-names.ts";
import { PythonPattern } from "../python-regex/pattern.ts";
import { type EndpointProblem, parseClientEndpoint, parseServerEndpoint } from "./endpoint.ts";
import { describeType } from "./describe-type.ts";
import type {
  ClassType,
  DictType,
  ListType,
  NumberType,
  PlainType,
  SectionType,
  TextType,
  TypeName,
  TypeNamed,
  ValueType,
} from "./fields.ts";
import type { Place } from "./report.ts";

/** What reading a value that is wrong returns; the place has the reason. */
export const invalid: unique symbol = Symbol("invalid");

/** How a reader gets at what a value alone does not tell. */
export interface ReadContext {
  /** Reads a section's fields. */
  section(type: SectionType, values: Readonly<Record<string, unknown>>, place: Place): unknown;
  /** Takes a class's name; the class itself is filled in later by calling `fill`. */
  className(name: string, wanted: { readonly type: ClassType; readonly place: Place }): unknown;
}

/** Where a value stands and what its reader needs. */
interface At {
  readonly place: Place;
  readonly context: ReadContext;
}

const readers: { readonly [Name in TypeName]: (type: TypeNamed<Name>, value: unknown, at: At) => unknown } = {
  text: (type, value, { place }) => readText(type, value, place),
  int: (type, value, { place }) => readNumber(type, value, place),
  float: (type, value, { place }) => readNumber(type, value, place),
  bool: (_, value, { place }) => readBool(value, place),
  list: readList,
  dict: readDict,
  names: (type, value, { place }) => readNames(type, value, place),
  url: (type, value, { place }) => {
    return typeof value === "string" && URL.canParse(value) ? new URL(value) : refuse(place, type, value);
  },
  regex: (type, value, { place }) => readRegex(type, value, place),
  class: (type, value, { place, context }) => {
    if (typeof value !== "string" || value === "") return refuse(place, type, value);
    return context.className(value, { type, place });
  },
  section: (type, value, { place, context }) => {
    return isObject(value) ? context.section(type, value, place) : refuse(place, type, value);
  },
  serverEndpoint: (type, value, { place }) => readEndpoint(type, value, { place, parse: parseServerEndpoint }),
  clientEndpoint: (type, value, { place }) => readEndpoint(type, value, { place, parse: parseClientEndpoint }),
};

/** Returns the value in the form that programs get, or {@link invalid}. Null never comes here. */
export function readValue(type: ValueType, value: unknown, at: At): unknown {
  // The table has the reader of this very type under its name.
  const read = readers[type.type] as (type: ValueType, value: unknown, at: At) => unknown;
  return read(type, value, at);
}

function readText(type: TextType, value: unknown, place: Place): unknown {
  if (typeof value !== "string") {
    const quotable = typeof value === "number" || typeof value === "boolean";
    return refuse(place, type, value, quotable ? "put it in quotes" : undefined);
  }
  if (type.choices === undefined || type.choices.includes(value)) return value;
  const near = nearestName(value, type.choices);
  return refuse(place, type, value, near && `did you mean "${near}"?`);
}

function readNumber(type: NumberType<"int"> | NumberType<"float">, value: unknown, place: Place): unknown {
  const pattern = type.type === "int" ? /^\s*[-+]?\d+\s*$/ : /^\s*[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?\s*$/;
  const number = typeof value === "string" && pattern.test(value) ? Number(value) : value;
  const isNumber = type.type === "int" ? Number.isSafeInteger(number) : Number.isFinite(number);
  const { min = -Infinity, max = Infinity } = type;
  if (isNumber && (number as number) >= min && (number as number) <= max) return number;
  return refuse(place, type, value);
}

function readBool(value: unknown, place: Place): boolean {
  if (typeof value === "string") {
    const text = value.trim().toLowerCase();
    const result = text !== "" && text !== "0" && text !== "false";
    if (["no", "off", "none", "null", "n", "f"].includes(text)) {
      place.warn(`the text ${JSON.stringify(value)} counts as true, as for Vumi`, "write false without quotes");
    }
    return result;
  }
  if (Array.isArray(value)) return value.length > 0;
  if (isObject(value)) return Object.keys(value).length > 0;
  return Boolean(value);
}

function readList(type: ListType, value: unknown, { place, context }: At): unknown {
  if (!Array.isArray(value)) return refuse(place, type, value);
  const { of } = type;
  if (of === undefined) return copyJson(value);
  return allValid(value.map((member, index) => readMember(of, member, { place: place.member(index), context })));
}

function readDict(type: DictType, value: unknown, { place, context }: At): unknown {
  if (!isObject(value)) return refuse(place, type, value);
  const missing = type.needs?.filter((key) => !Object.hasOwn(value, key)) ?? [];
  if (missing.length > 0) {
    place.problem(`expected an object with ${missing.join(", ")}`);
    return invalid;
  }
  const { of } = type;
  if (of === undefined) return copyJson(value);
  const entries = Object.entries(value).map(([key, member]): [string, unknown] => {
    return [key, readMember(of, member, { place: place.member(key), context })];
  });
  return allValid(entries.map(([, member]) => member)) === invalid ? invalid : Object.fromEntries(entries);
}

function readMember(type: ValueType, value: unknown, at: At): unknown {
  return value === null || value === undefined ? refuse(at.place, type, value) : readValue(type, value, at);
}

function readNames(type: PlainType<"names">, value: unknown, place: Place): unknown {
  if (typeof value === "string") return [value];
  if (!Array.isArray(value)) return refuse(place, type, value);
  return allValid(value.map((member, index) => readText({ type: "text" }, member, place.member(index))));
}

function readRegex(type: PlainType<"regex">, value: unknown, place: Place): unknown {
  if (typeof value !== "string") return refuse(place, type, value);
  try {
    return new PythonPattern(value);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    place.problem(`expected ${describeType(type)}, got ${error.message}`);
    return invalid;
  }
}

function readEndpoint(
  type: ValueType,
  value: unknown,
  { place, parse }: { readonly place: Place; readonly parse: (text: string) => object | EndpointProblem },
): unknown {
  if (typeof value !== "string") return refuse(place, type, value);
  const endpoint = parse(value);
  if (!("expected" in endpoint)) return endpoint;
  place.expected(`${describeType(type)} (${endpoint.expected})`, value, endpoint.hint);
  return invalid;
}

function allValid(members: readonly unknown[]): unknown {
  return members.includes(invalid) ? invalid : members;
}

function refuse(place: Place, type: ValueType, got: unknown, hint?: string): typeof invalid {
  place.expected(describeType(type), got, hint);
  return invalid;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
