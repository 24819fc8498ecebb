// The file that somebody begins with: the try-out's, with its comments, changed to what was asked for.

import { isMap, parseDocument } from "yaml";

/** What was asked for. */
export interface StartingChoices {
  readonly name?: string;
  readonly environment?: string;
  /** URL of RabbitMQ; default the embedded bus. */
  readonly amqp?: string;
  /** URL of PostgreSQL; default SQLite. */
  readonly postgresql?: string;
  /** URL of Redis; default SQLite. */
  readonly redis?: string;
  /** Names of the channels that stay. */
  readonly channels: readonly string[];
}

/** Returns the text of the file; `template` is the try-out's. */
export function startingFile(template: string, choices: StartingChoices): string {
  const document = parseDocument(template);
  document.commentBefore =
    " The configuration of a gateway. `switchboard check` says what is wrong with it, `switchboard classes` what a worker can be;\n docs/configuration.md has every key.";
  const set = (path: readonly string[], value: unknown): void => {
    if (value !== undefined) document.setIn(path, document.createNode(value));
  };
  set(["gateway", "name"], choices.name);
  set(["gateway", "environment"], choices.environment ?? "development");
  if (choices.amqp !== undefined) set(["bus"], { driver: "amqp", url: choices.amqp });
  if (choices.postgresql !== undefined) set(["datastore"], { driver: "postgresql", dsn: choices.postgresql });
  if (choices.redis !== undefined) set(["keyvalue"], { driver: "redis", dsn: choices.redis });

  const router = ["workers", "router", "config"];
  const names = document.getIn([...router, "transport_names"]) as { toJSON(): string[] };
  const gone = names.toJSON().filter((name) => !choices.channels.includes(name));
  for (const name of gone) document.deleteIn(["workers", name]);
  set([...router, "transport_names"], choices.channels);
  const mappings = document.getIn([...router, "transport_mappings"]);
  if (isMap(mappings)) {
    mappings.items = mappings.items.filter(({ value }) => !gone.includes(String(value)));
  }
  // The code that people dial is no keyword where nobody dials.
  if (gone.includes("ussd")) document.deleteIn([...router, "rules", 0]);
  return document.toString({ lineWidth: 140, flowCollectionPadding: false });
}
