// The options of a class as JSON Schema with what a form needs besides: titles, which are secret, and which are for every day.

import { workerFields } from "@switchboard/messaging";
import { type ConfigFields, configSchema } from "@switchboard/messaging/config";
import type { Schema } from "./schemas.ts";

/** The schema as a form needs it: with titles, and which fields are secret and which are for every day. */
export function formSchema(fields: ConfigFields): Schema {
  const schema = configSchema(fields);
  const properties = (schema["properties"] ?? {}) as Readonly<Record<string, Schema>>;
  const shown = Object.entries(properties).map(([name, property]) => {
    const field = fields[name];
    const isBasic = field?.required === true || !Object.hasOwn(workerFields, name);
    return [
      name,
      {
        title: titleOf(name),
        ...property,
        ...(field?.secret === true && { "x-secret": true, format: "password" }),
        "x-basic": isBasic && field?.deprecated === undefined,
      },
    ];
  });
  return { ...schema, properties: Object.fromEntries(shown) as Record<string, Schema> };
}

/** `transport_name` → `Transport name`. */
function titleOf(name: string): string {
  const words = name.replaceAll(/[_-]+/g, " ").trim();
  return words.charAt(0).toUpperCase() + words.slice(1);
}
