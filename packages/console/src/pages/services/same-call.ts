// The same call as a command, for curl and in TypeScript. No token is put into the text; secrets stand as $NAME. Pure.

import type { Schema } from "../../services/types.ts";

/** The forms in which a call can be copied. */
export type CallForm = "CLI" | "curl" | "TypeScript";

/** The text of a call. */
export function sameCall(form: CallForm, method: string, args: readonly unknown[], origin: string): string {
  const given = args.map((arg) => maskSecrets(arg));
  if (form === "CLI") {
    const words = given.map((arg) =>
      typeof arg === "string" && /^[\w.@:+-]+$/.test(arg)
        ? arg
        : `'${JSON.stringify(arg).replaceAll("'", String.raw`'\''`)}'`,
    );
    return ["switchboard call", method, ...words].join(" ");
  }
  if (form === "curl") {
    const body = JSON.stringify({ method, args: given }).replaceAll("'", String.raw`'\''`);
    return [
      `curl ${origin}/api/call \\`,
      `  -H "Authorization: Bearer $SWITCHBOARD_TOKEN" \\`,
      `  -H "Content-Type: application/json" \\`,
      `  -d '${body}'`,
    ].join("\n");
  }
  const list = given.length === 0 ? "" : `, ${JSON.stringify(given, undefined, 2)}`;
  return [
    `import { connect } from "@switchboard/client";`,
    "",
    `const client = await connect({ url, login });`,
    `const result = await client.call("${method}"${list});`,
  ].join("\n");
}

const secretKey = /pass(word)?|secret|token|api_?key/i;

/** Arguments with secrets as $NAME, by the titles of their schemas and the names inside of them. */
export function maskArguments(args: readonly unknown[], schemas: readonly Schema[]): readonly unknown[] {
  return args.map((arg, index) => {
    const { title = "", "x-secret": isSecret } = schemas[index] ?? {};
    if (typeof arg === "string" && (isSecret === true || secretKey.test(title))) return `$${title.toUpperCase()}`;
    return maskSecrets(arg);
  });
}

/** A value with secrets as $NAME. */
function maskSecrets(value: unknown): unknown {
  if (Array.isArray(value)) return value.map((item) => maskSecrets(item));
  if (typeof value !== "object" || value === null || value instanceof Date) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, part]) => [
      key,
      secretKey.test(key) && typeof part === "string" ? `$${key.toUpperCase()}` : maskSecrets(part),
    ]),
  );
}
