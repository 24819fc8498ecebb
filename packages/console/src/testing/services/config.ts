// The memory gateway's configuration: classes and schemas, checks, what a change would do.

import type { PeerServices } from "@switchboard/client/testing";
import type { FileChanges } from "../../services/types.ts";
import { textOf } from "../../format.ts";
import { classes, schemaOf } from "../schemas.ts";
import type { World } from "../world.ts";

/** `config`. */
export function configServices(world: World): PeerServices {
  return {
    config: {
      classes: (kind?: string) => classes.filter((each) => kind === undefined || kind === null || each.kind === kind),
      schema: (name: string) => schemaOf(name).schema,
      validate: ({ config }: { config: Record<string, unknown> }) => {
        const id = textOf(config["system_id"] ?? "");
        return {
          problems:
            id.length > 15
              ? [
                  {
                    path: "/system_id",
                    message: `${id.length} characters, at most 15`,
                    expected: "at most 15 characters",
                    got: id,
                  },
                ]
              : [],
        };
      },
      preview: ({ name, config }: { name?: string; config: Record<string, unknown> }) =>
        previewOf(name ?? "new", config, name === undefined ? {} : world.configOf(name)),
      try: ({ config }: { config: Record<string, unknown> }) => ({
        ok: config["password"] !== "wrong",
        problems: [],
        checks: [
          {
            what: "connect",
            target: textOf(config["twisted_endpoint"] ?? "tcp:9010"),
            ok: config["password"] !== "wrong",
            text: config["password"] !== "wrong" ? "answered in 12 ms" : "refused the connection",
            code: config["password"] !== "wrong" ? null : "ECONNREFUSED",
            field: "twisted_endpoint",
          },
        ],
      }),
      origin: (name: string) => ({
        name,
        source: world.changed.includes(name) ? "file, changed" : "file",
        options: [{ option: "transport_name", from: "file", file: "/etc/switchboard/gateway.yaml", line: 41 }],
      }),
      export: () => "workers: {}\n",
      file_changes: () => fileChanges(world),
    },
  };
}

function fileChanges({ changed }: World): FileChanges {
  return {
    path: "/etc/switchboard/gateway.yaml",
    is_new: false,
    workers: changed.map((name) => ({ name, change: "changed", options: ["mt_tps", "password"] })),
    diff: changed.map((name, index) => differenceOf(name, 38 + 30 * index)).join("\n"),
    revision: changed.join(" "),
    refused: null,
  };
}

function differenceOf(name: string, line: number): string {
  return [
    `@@ line ${line} @@`,
    "   # 300 an hour, says the contract",
    `   ${name}:`,
    "     class: SmppTransceiverTransport",
    "     config:",
    `       transport_name: ${name}`,
    "-      mt_tps: 5",
    "+      mt_tps: 10",
    '       password: "********"',
  ].join("\n");
}

function previewOf(
  name: string,
  config: Readonly<Record<string, unknown>>,
  before: Readonly<Record<string, unknown>>,
): unknown {
  const yaml = (values: Readonly<Record<string, unknown>>): string =>
    [
      `${name}:`,
      "  config:",
      ...Object.entries(values).map(
        ([key, value]) => `    ${key}: ${key === "password" ? "********" : JSON.stringify(value)}`,
      ),
    ].join("\n");
  return {
    restarts: [name],
    sentences: [
      `${name} restarts, about 4 s.`,
      "1,204 waiting messages stay and go out as soon as it binds.",
      "No other channel, router or application is touched.",
    ],
    diff: { before: yaml(before), after: yaml(config) },
  };
}
