// Declarations made from what discovery says: right for each form of schema, and code that the compiler takes.

import { execFile } from "node:child_process";
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { tempFolder } from "@switchboard/testkit";
import { describe, expect, it } from "vitest";
import { declareMethods, type Described, Names, typeOf } from "../../src/control/method-types.ts";

const described: Described = {
  definitions: {
    Task: {
      description: "A task */ of the server",
      type: "object",
      required: ["id"],
      properties: { id: { type: "integer" }, state: { enum: ["FINISHED", "FAILED"] }, error: { $ref: "Error" } },
    },
    Error: { type: "object", properties: { code: { type: "integer" } } },
    "date-time": { type: "datetime" },
    DateTime: { type: "string" },
  },
  services: {
    task: [
      {
        name: "submit",
        description: "Submits a task",
        "params-schema": {
          items: [
            { title: "name", type: "string", mandatory: true },
            { title: "args", type: "array" },
          ],
        },
        "result-schema": { type: "integer" },
      },
      {
        name: "query",
        generator: true,
        "params-schema": { items: [{ type: ["array", "null"] }, { title: "function" }] },
        "result-schema": { type: "array", items: { $ref: "Task" } },
      },
    ],
    "foo.bar": [{ name: "any" }],
  },
};

it("declares methods, sorted, with their parameters and results", () => {
  expect(declareMethods(described)).toBe(`// Made by \`switchboard types\`. Changes are lost when it is made again.

export type DateTime = string;

export type Error = { readonly "code"?: number };

/** A task *\\/ of the server */
export type Task = { readonly "id": number; readonly "state"?: "FINISHED" | "FAILED"; readonly "error"?: Error };

export type dateTime = Date;

export interface Methods {
  "foo.bar.any": (...args: readonly unknown[]) => unknown;
  "task.query": (arg0?: readonly unknown[] | null, _function?: unknown) => AsyncIterable<Task>;
  /** Submits a task */
  "task.submit": (name: string, args?: readonly unknown[]) => number;
}
`);
});

it.each<[object, string]>([
  [{ type: "boolean" }, "boolean"],
  [{ type: "binary" }, "Uint8Array"],
  [{ const: "a" }, '"a"'],
  [{ enum: [1, null, "a"] }, '1 | null | "a"'],
  [{ anyOf: [{ type: "string" }, { type: "null" }] }, "string | null"],
  [{ oneOf: [{ type: "string" }, { type: "string" }] }, "string"],
  [{ allOf: [{ type: "string" }, { $ref: "Missing" }] }, "(string) & (unknown)"],
  [{ type: "array", items: [{ type: "string" }, { type: "number" }] }, "[string, number]"],
  [{ type: "array", items: { anyOf: [{ type: "string" }, { type: "null" }] } }, "readonly (string | null)[]"],
  [{ type: "object" }, "Readonly<Record<string, unknown>>"],
  [{ type: "object", properties: {} }, "Readonly<Record<string, unknown>>"],
  [{ type: "unheard-of" }, "unknown"],
  [{}, "unknown"],
  [{ enum: [] }, "never"],
])("types %j as %s", (schema, type) => {
  expect(typeOf(schema as Record<string, unknown>, new Names([]))).toBe(type);
});

describe("the declarations", () => {
  it("compile, and check calls of a client", async () => {
    const folder = tempFolder();
    const root = fileURLToPath(new URL("../../../../", import.meta.url));
    mkdirSync(join(folder, "node_modules/@switchboard"), { recursive: true });
    for (const name of ["client", "core", "protocol"]) {
      symlinkSync(join(root, "packages", name), join(folder, "node_modules/@switchboard", name));
    }
    writeFileSync(join(folder, "package.json"), '{ "type": "module" }');
    writeFileSync(join(folder, "methods.d.ts"), declareMethods(described));
    writeFileSync(
      join(folder, "use.ts"),
      `import { connect } from "@switchboard/client";
import type { Methods } from "./methods.js";
const client = await connect<Methods>();
const id: number = await client.call("task.submit", ["a"]);
for await (const task of client.stream("task.query")) task.state satisfies "FINISHED" | "FAILED" | undefined;
// @ts-expect-error -- a number is no name
await client.call("task.submit", [id]);
`,
    );
    const options = "--noEmit --strict --module nodenext --target es2023 --lib es2023,dom --customConditions source";
    const compiler = join(root, "node_modules/.bin/tsc");
    const more = ["--allowImportingTsExtensions", "--skipLibCheck", "--types", "", "use.ts"];
    const run = promisify(execFile)(compiler, [...options.split(" "), ...more], { cwd: folder });
    await expect(run).resolves.toMatchObject({ stdout: "" });
  });
});
