// A conversation as a test of the application that answered: what `switchboard new application` writes beside an application, with what was said
// here. Pure.

import type { Exchange } from "../../parts/exchange.ts";
import type { MessageRow, PhoneLine } from "../../services/types.ts";

/** What a test is made of. */
export interface KeptConversation {
  /** The name of the application. */
  readonly application: string;
  /** As the configuration names it: `EchoWorker`, `./src/desk.ts#Desk`. */
  readonly className: string;
  readonly config: Readonly<Record<string, unknown>>;
  readonly line: PhoneLine;
  readonly exchanges: readonly Exchange[];
}

/** A file of vitest, and what to call it. */
export interface TestFile {
  readonly name: string;
  readonly text: string;
  /** Options whose value is secret, so that it is not in the file. */
  readonly secrets: readonly string[];
}

/** What the gateway writes instead of a secret. */
const masked = "********";
/** What belongs to the gateway and not to the application alone. */
const ofGateway = new Set(["transport_name", "middleware"]);

/** The exchanges that one application answered. */
export function answeredBy(thread: readonly Exchange[], application: string): readonly Exchange[] {
  return thread.filter(({ asked }) => asked.application === application);
}

/** The test. */
export function testOf({ application, className, config, line, exchanges }: KeptConversation): TestFile {
  const { channel, kind } = line;
  const { name, from, file = application } = importOf(className);
  const entries = Object.entries(config).filter(([key]) => !ofGateway.has(key));
  const secrets = entries.filter(([, value]) => value === masked).map(([key]) => key);
  const options = Object.fromEntries(entries.filter(([, value]) => value !== masked));
  const [first] = exchanges;
  const person = {
    from_addr: first?.asked.from_addr ?? null,
    to_addr: first?.asked.to_addr ?? null,
    transport_type: kind,
  };
  const steps = exchanges.map(stepOf);
  const title = `answers a person on ${channel} as it did at ${first?.asked.at.toISOString() ?? "no time"}`;
  const imports = [
    'import { runApplication } from "@switchboard/messaging/testing";',
    'import { expect, it } from "vitest";',
    `import ${name} from ${quote(from)};`,
  ];
  const text = `${imports.join("\n")}

it(${quote(title)}, async () => {
  const { say, stop } = await runApplication(${name.replace(/[{} ]/g, "")}, { config: ${literal(options)} });
  const person = ${literal(person)};
${steps.join("\n")}
  await stop();
});
`;
  return { name: `${file}.${channel}.test.ts`, text, secrets };
}

function stepOf({ asked, answers }: Exchange): string {
  const event = asked.session_event === null ? "" : `, session_event: ${quote(asked.session_event)}`;
  const fields = event === "" ? "person" : `{ ...person${event} }`;
  const expected = answers.map((answer) => `    ${literal(expectedOf(answer), "    ")},`);
  const list = expected.length === 0 ? "[]" : `[\n${expected.join("\n")}\n  ]`;
  return `  expect(await say(${literal(asked.content)}, ${fields})).toMatchObject(${list});`;
}

/** Null and no session event mean the same: the session stays as it is. */
function expectedOf({ content, session_event }: MessageRow): Readonly<Record<string, unknown>> {
  return session_event === null ? { content } : { content, session_event };
}

function importOf(className: string): { readonly name: string; readonly from: string; readonly file?: string } {
  const path = /^(.*?([^/\\]+)\.[cm]?[jt]s)(?:#(\w+))?$/.exec(className);
  if (path === null) {
    // Vumi's dotted names end with ours.
    const own = className.split(".").at(-1) ?? className;
    return { name: `{ ${own} }`, from: "@switchboard/messaging/applications" };
  }
  const [, whole = "", file = "", exported] = path;
  return {
    name: exported === undefined ? "Application" : `{ ${exported} }`,
    from: `./${whole.split(/[/\\]/).at(-1) ?? ""}`,
    file,
  };
}

function quote(text: string): string {
  return JSON.stringify(text);
}

/** A value as somebody would write it: on one line where it fits. */
function literal(value: unknown, indent = "  "): string {
  if (typeof value !== "object" || value === null) return JSON.stringify(value) ?? "undefined";
  const inner = `${indent}  `;
  const isList = Array.isArray(value);
  const parts = isList
    ? value.map((item) => literal(item, inner))
    : Object.entries(value).map(
        ([key, item]) => `${/^[A-Za-z_]\w*$/.test(key) ? key : quote(key)}: ${literal(item, inner)}`,
      );
  if (parts.length === 0) return isList ? "[]" : "{}";
  const line = isList ? `[${parts.join(", ")}]` : `{ ${parts.join(", ")} }`;
  if (line.length < 100 && !line.includes("\n")) return line;
  const lines = parts.map((part) => `${inner}${part},\n`).join("");
  return isList ? `[\n${lines}${indent}]` : `{\n${lines}${indent}}`;
}
