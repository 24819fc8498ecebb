// How a class says what may be configured: one plain object, written once, from which everything else follows: the TypeScript type, the
// checks, the help text, the JSON Schema of the console's form. Plain data (`as const`), so that nothing has to run to read it.

import type { PythonPattern } from "../python-regex/pattern.ts";
import type { ClientEndpoint, ServerEndpoint } from "./endpoint.ts";

/**
 * The type of a value, as it stands in YAML.
 *
 * `bool`: true, false, a number, or text, of which `false`, `0` and nothing are false and **everything else is true**, as for Vumi.
 * `names`: a text or a list of texts; gives a list. `url`: gives a `URL`. `regex`: Python's dialect; gives a `PythonPattern`.
 * `serverEndpoint`, `clientEndpoint`: Twisted's strings, `tcp:9010`, `tcp:host=example.com:port=80`, `unix:/run/x.sock`.
 */
export type ValueType =
  | TextType
  | NumberType<"int">
  | NumberType<"float">
  | ListType
  | DictType
  | ClassType
  | SectionType
  | PlainType<"bool">
  | PlainType<"names">
  | PlainType<"url">
  | PlainType<"regex">
  | PlainType<"serverEndpoint">
  | PlainType<"clientEndpoint">;

/** The name of a type. */
export type TypeName = ValueType["type"];

/** What a declaration of the type of that name looks like. */
export type TypeNamed<Name extends TypeName> = Extract<ValueType, { readonly type: Name }>;

/** A type without properties. */
export interface PlainType<Name extends string> {
  readonly type: Name;
}

/** Text; numbers are refused, so that a numeric name must be quoted in YAML. */
export interface TextType {
  readonly type: "text";
  /** The only values allowed. */
  readonly choices?: readonly string[];
}

/** `int`: a whole number, or text that reads as one. `float`: a number, or text that reads as one. */
export interface NumberType<Name extends "int" | "float"> {
  readonly type: Name;
  readonly min?: number;
  readonly max?: number;
}

/** A list. */
export interface ListType {
  readonly type: "list";
  /** What its members are; default anything. */
  readonly of?: ValueType;
}

/** An object with keys of the user's choice. */
export interface DictType {
  readonly type: "dict";
  /** What its values are; default anything. */
  readonly of?: ValueType;
  /** Keys that it must have. */
  readonly needs?: readonly string[];
}

/** The name of a class: ours, Vumi's dotted path, or `./file.ts#Name`. Gives the loaded class. */
export interface ClassType {
  readonly type: "class";
  /** What the class must be, in the registry's words: `router`, `middleware`, … Default anything. */
  readonly kind?: string;
}

/** An object with fields of its own. */
export interface SectionType {
  readonly type: "section";
  readonly fields: ConfigFields;
}

/** Where a field that is absent may take its value from. */
export type Fallback =
  | {
      /** Another field of the same type. */
      readonly field: string;
    }
  | {
      /** For endpoints: two fields, of which a server needs only the port. */
      readonly host: string;
      readonly port: string;
    };

/** What a declaration says besides the type. */
export interface FieldOptions {
  /** What it is for, in a sentence. */
  readonly doc: string;
  /** True: it must be given, or come from a fallback. */
  readonly required?: boolean;
  /** The value when it is absent, as one would write it in YAML. Without one, and not required, it is null. */
  readonly default?: unknown;
  /** True: needed at the start and the same for every message. Default false. */
  readonly static?: boolean;
  /** True: null may be given and means null, not the default. Always so for fields without default that are not required. */
  readonly nullable?: boolean;
  /** True: never shown in errors, help or forms. */
  readonly secret?: boolean;
  /** What is counted: `seconds`, `bytes`, … */
  readonly unit?: string;
  /** True, or what to use instead. */
  readonly deprecated?: boolean | string;
  /** Tried in order when the field is absent. */
  readonly fallbacks?: readonly Fallback[];
}

/** One field. */
export type FieldDeclaration = ValueType & FieldOptions;

/** The fields of a class, or of a section. */
export interface ConfigFields {
  readonly [name: string]: FieldDeclaration;
}

/** A loaded class. */
export type LoadedClass = abstract new (...args: never[]) => unknown;

interface PlainValues {
  readonly int: number;
  readonly float: number;
  readonly bool: boolean;
  readonly names: readonly string[];
  readonly url: URL;
  readonly regex: PythonPattern;
  readonly class: LoadedClass;
  readonly serverEndpoint: ServerEndpoint;
  readonly clientEndpoint: ClientEndpoint;
}

/** What a value of a declared type is in a program. */
export type ValueOf<Type> = Type extends { readonly type: infer Name }
  ? Name extends keyof PlainValues
    ? PlainValues[Name]
    : Name extends "text"
      ? Type extends { readonly choices: readonly (infer Choice)[] }
        ? Choice
        : string
      : Name extends "section"
        ? Type extends { readonly fields: infer Fields extends ConfigFields }
          ? ConfigOf<Fields>
          : never
        : Name extends "list"
          ? readonly MemberOf<Type>[]
          : Name extends "dict"
            ? Readonly<Record<string, MemberOf<Type>>>
            : never
  : never;

type MemberOf<Type> = Type extends { readonly of: infer Member } ? ValueOf<Member> : unknown;

type FieldValue<Field> =
  | ValueOf<Field>
  | (Field extends { readonly nullable: true } ? null : never)
  | (Field extends { readonly required: true } | { readonly default: {} } ? never : null);

/** The configuration that a declaration describes. */
export type ConfigOf<Fields extends ConfigFields> = { readonly [Name in keyof Fields]: FieldValue<Fields[Name]> };

/** Its part that is the same for every message. */
export type StaticConfigOf<Fields extends ConfigFields> = {
  readonly [Name in keyof Fields as Fields[Name] extends { readonly static: true } ? Name : never]: FieldValue<
    Fields[Name]
  >;
};

/** A class that declares fields. */
export interface ConfigurableClass {
  /** Its own; those of its base classes are added, see {@link fieldsOf}. */
  readonly fields?: ConfigFields;
  /** What the class does, in a sentence. A class derived from it does something else, and has its own. */
  readonly summary?: string | undefined;
}

/** Returns what a class says of itself in a sentence; undefined when it says nothing. */
export function summaryOf(configurable: ConfigurableClass): string | undefined {
  return Object.hasOwn(configurable, "summary") ? configurable.summary : undefined;
}

/** Returns the fields of a class and of its base classes, the base's first; a class may declare a field of its base anew. */
export function fieldsOf(configurable: ConfigurableClass): ConfigFields {
  const chain: ConfigFields[] = [];
  for (
    let current: ConfigurableClass | null = configurable;
    current !== null;
    current = Object.getPrototypeOf(current)
  ) {
    if (Object.hasOwn(current, "fields") && current.fields !== undefined) chain.unshift(current.fields);
  }
  return Object.fromEntries(chain.flatMap((fields) => Object.entries(fields)));
}
