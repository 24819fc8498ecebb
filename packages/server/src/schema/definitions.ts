// The definitions that are always there.

import type { JsonSchema } from "./json-schema.ts";

const nullable = (type: string): JsonSchema => ({ type: [type, "null"] });
const resourceNumbers = [
  "ru_utime",
  "ru_stime",
  "ru_maxrss",
  "ru_ixrss",
  "ru_idrss",
  "ru_isrss",
  "ru_minflt",
  "ru_majflt",
  "ru_nswap",
  "ru_inblock",
  "ru_oublock",
  "ru_msgsnd",
  "ru_msgrcv",
  "ru_nsignals",
  "ru_nvcsw",
  "ru_nivcsw",
];

const errorProperties: Readonly<Record<string, JsonSchema>> = {
  type: { type: "string" },
  code: { type: "integer" },
  message: { type: "string" },
  // A list of lines from where tasks run; older records hold plain text.
  stacktrace: {
    anyOf: [
      { type: ["string", "null"] },
      {
        type: "array",
        items: {
          type: "object",
          properties: {
            filename: { type: "string" },
            lineno: { type: "integer" },
            method: { type: "string" },
            code: { type: ["string", "null"] },
          },
        },
      },
    ],
  },
  extra: {},
};

/** Named definitions that plugins may refer to without registering them. */
export const standardDefinitions: Readonly<Record<string, JsonSchema>> = {
  IpAddress: { anyOf: [{ $ref: "Ipv4Address" }, { $ref: "Ipv6Address" }] },
  Ipv4Address: { type: "string", format: "ipv4" },
  Ipv6Address: { type: "string", format: "ipv6" },
  IsoDatetime: { type: "string", format: "date-time" },
  Email: { type: "string", format: "email" },
  ValidationError: {
    type: "object",
    properties: {
      path: { type: "array", items: { type: ["string", "integer"] } },
      code: { type: "integer" },
      message: { type: "string" },
    },
  },
  Error: { type: "object", properties: errorProperties },
  Rusage: { type: "object", properties: Object.fromEntries(resourceNumbers.map((name) => [name, { type: "number" }])) },
  Task: {
    type: "object",
    properties: {
      id: { type: "integer" },
      name: { type: "string" },
      args: { type: "array" },
      user: nullable("string"),
      session: nullable("integer"),
      parent: nullable("integer"),
      description: {
        type: ["object", "null"],
        properties: {
          message: { type: "string" },
          name: nullable("string"),
          format: {
            type: ["object", "null"],
            properties: { string: { type: "string" }, args: { type: "object" } },
          },
        },
      },
      resources: { type: "array", items: { type: "string" } },
      state: { type: "string", enum: ["CREATED", "WAITING", "EXECUTING", "ROLLBACK", "FINISHED", "FAILED", "ABORTED"] },
      created_at: { type: "datetime" },
      updated_at: { type: "datetime" },
      started_at: nullable("datetime"),
      finished_at: nullable("datetime"),
      result: {},
      error: { anyOf: [{ type: "null" }, { $ref: "Error" }] },
      warnings: { type: "array", items: { $ref: "Error" } },
      output: nullable("string"),
      rusage: { anyOf: [{ type: "null" }, { $ref: "Rusage" }] },
      environment: { type: ["object", "null"] },
      debugger: {},
      abortable: { type: "boolean" },
    },
  },
};
