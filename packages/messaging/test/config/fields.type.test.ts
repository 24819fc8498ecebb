// What TypeScript makes of a declaration.

import { expectTypeOf, it } from "vitest";
import type { ClientEndpoint, ConfigFields, ConfigOf, PythonPattern, StaticConfigOf } from "../../src/config/index.ts";

const fields = {
  transport_name: { type: "text", required: true, static: true, doc: "Name." },
  provider: { type: "text", doc: "Provider." },
  mode: { type: "text", choices: ["strict", "permissive"], default: "strict", doc: "Mode." },
  prefetch: { type: "int", default: 20, nullable: true, doc: "Prefetch." },
  delay: { type: "float", default: 0.1, doc: "Delay." },
  noisy: { type: "bool", default: false, static: true, doc: "Noisy." },
  names: { type: "names", default: [], doc: "Names." },
  routes: { type: "dict", of: { type: "names" }, required: true, doc: "Routes." },
  rules: {
    type: "list",
    of: {
      type: "section",
      fields: { app: { type: "text", required: true, doc: "App." }, to: { type: "regex", doc: "To." } },
    },
    default: [],
    doc: "Rules.",
  },
  anything: { type: "list", required: true, doc: "Anything." },
  url: { type: "url", required: true, doc: "URL." },
  endpoint: { type: "clientEndpoint", doc: "Endpoint." },
} as const;

it("a declaration is checked by its type", () => {
  expectTypeOf(fields).toExtend<ConfigFields>();
  expectTypeOf({ a: { type: "txt", doc: "A." } } as const).not.toExtend<ConfigFields>();
});

it("a configuration has the types of its fields", () => {
  expectTypeOf<ConfigOf<typeof fields>>().toEqualTypeOf<{
    readonly transport_name: string;
    readonly provider: string | null;
    readonly mode: "strict" | "permissive";
    readonly prefetch: number | null;
    readonly delay: number;
    readonly noisy: boolean;
    readonly names: readonly string[];
    readonly routes: Readonly<Record<string, readonly string[]>>;
    readonly rules: readonly { readonly app: string; readonly to: PythonPattern | null }[];
    readonly anything: readonly unknown[];
    readonly url: URL;
    readonly endpoint: ClientEndpoint | null;
  }>();
});

it("its static part has only static fields", () => {
  expectTypeOf<StaticConfigOf<typeof fields>>().toEqualTypeOf<{
    readonly transport_name: string;
    readonly noisy: boolean;
  }>();
});
