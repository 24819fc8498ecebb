// The schemas of arguments that several services take.

/** A JSON Schema. */
export type Schema = Readonly<Record<string, unknown>>;

/** The arguments of `query`. */
export const queryArguments: readonly Schema[] = [
  { title: "filter", type: ["array", "null"], default: [] },
  { title: "params", type: ["object", "null"], default: {} },
];

/** A text that must be given. */
export function textArgument(title: string): Schema {
  return { title, type: "string", minLength: 1, mandatory: true };
}

/** The name of a worker. */
export const nameArgument: Schema = textArgument("name");

/** One object with these members; others are refused. It must be given when one of its members must. */
export function objectArgument(
  title: string,
  properties: Readonly<Record<string, Schema>>,
  required: readonly string[] = [],
): Schema {
  const mandatory = required.length > 0;
  return { title, type: "object", properties, required, additionalProperties: false, ...(mandatory && { mandatory }) };
}
