// The schemas of arguments that several services take.

/** A JSON Schema. */
export type Schema = Readonly<Record<string, unknown>>;

/** The arguments of `query`. */
export const queryArguments: readonly Schema[] = [
  { title: "filter", type: ["array", "null"], default: [] },
  { title: "params", type: ["object", "null"], default: {} },
];

/** The name of a worker. */
export const nameArgument: Schema = { title: "name", type: "string", minLength: 1 };

/** One object with these members; others are refused. */
export function objectArgument(
  title: string,
  properties: Readonly<Record<string, Schema>>,
  required: readonly string[] = [],
): Schema {
  return { title, type: "object", properties, required, additionalProperties: false };
}
