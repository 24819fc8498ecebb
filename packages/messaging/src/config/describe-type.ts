// Says what a type wants: "a whole number from 0 to 65535". For errors and help.

import type { NumberType, TypeName, TypeNamed, ValueType } from "./fields.ts";

const descriptions: { readonly [Name in TypeName]: (type: TypeNamed<Name>) => string } = {
  text: ({ choices }) => (choices === undefined ? "text" : `one of ${choices.join(", ")}`),
  int: (type) => `a whole number${range(type)}`,
  float: (type) => `a number${range(type)}`,
  bool: () => "true or false",
  list: ({ of }) => (of === undefined ? "a list" : `a list, each ${describeType(of)}`),
  dict: ({ of }) => (of === undefined ? "an object" : `an object, each value ${describeType(of)}`),
  names: () => "text, or a list of texts",
  url: () => 'a URL such as "http://example.com/path"',
  regex: () => "a regular expression of Python's dialect",
  class: ({ kind = "class" }) => `the name of a ${kind}`,
  section: () => "an object",
  serverEndpoint: () => 'a server endpoint such as "tcp:9010"',
  clientEndpoint: () => 'a client endpoint such as "tcp:example.com:80"',
};

/** Returns what a value of this type has to be, to be put after "expected". */
export function describeType(type: ValueType): string {
  // The table has the description of this very type under its name.
  return (descriptions[type.type] as (type: ValueType) => string)(type);
}

function range({ min, max }: NumberType<"int" | "float">): string {
  if (min !== undefined && max !== undefined) return ` from ${min} to ${max}`;
  if (min !== undefined) return ` of at least ${min}`;
  return max === undefined ? "" : ` of at most ${max}`;
}
