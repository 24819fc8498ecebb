// Reading and writing user messages of 700 bytes, against the parser and writer that do half of the work: what checking costs.

import { copyMessage, userMessageCodec } from "@switchboard/messaging";
import { header, race } from "./harness.ts";

const example = {
  message_version: "20110921",
  message_type: "user_message",
  timestamp: "2024-03-07 08:15:42.120394",
  message_id: "5b1e0c9a7d3f4e6f8a2b4c6d8e0f1a2b",
  in_reply_to: null,
  to_addr: "*120*7700#",
  to_addr_type: null,
  from_addr: "+27820001122",
  from_addr_type: "msisdn",
  group: null,
  provider: "mtn",
  session_event: "resume",
  content: "",
  transport_name: "ussd_north",
  transport_type: "ussd",
  transport_metadata: { gateway: { dialog: "9917" } },
  helper_metadata: { tag: { tag: ["ussd_codes", "*120*7700#"] } },
  routing_metadata: { endpoint_name: "default" },
};
const padding = 700 - JSON.stringify(example).length;
const body = JSON.stringify({ ...example, content: "What people write: größer ✓ ".repeat(9).slice(0, padding) });
const bytes = Buffer.from(body);
const message = userMessageCodec.decode(body);
// Kept so that no contender's work can be optimised away.
let kept: unknown;

header("messaging");
await race({
  title: `decode a user message of ${bytes.length} bytes`,
  operations: 200_000,
  rounds: 9,
  contenders: [
    repeat("JSON.parse", () => (kept = JSON.parse(bytes.toString()))),
    repeat("userMessageCodec.decode", () => (kept = userMessageCodec.decode(bytes))),
  ],
  targets: [{ of: "userMessageCodec.decode", against: "JSON.parse", atLeast: 1 / 1.5 }],
});
await race({
  title: `encode a user message of ${bytes.length} bytes`,
  operations: 200_000,
  rounds: 9,
  contenders: [
    repeat("JSON.stringify", () => (kept = JSON.stringify(message))),
    repeat("userMessageCodec.encode", () => (kept = userMessageCodec.encode(message))),
  ],
  targets: [{ of: "userMessageCodec.encode", against: "JSON.stringify", atLeast: 1 / 1.5 }],
});

await race({
  title: "copy a message for one more target",
  operations: 100_000,
  contenders: [
    repeat("JSON there and back", () => (kept = JSON.parse(JSON.stringify(message)))),
    repeat("copyMessage", () => (kept = copyMessage(message))),
  ],
});

function repeat(name: string, operation: () => unknown) {
  return {
    name,
    check() {
      const text =
        name.startsWith("JSON.s") || name.endsWith("encode") ? String(operation()) : JSON.stringify(operation());
      if (text !== body) throw new Error(`${name} changes the message`);
    },
    run(operations: number) {
      for (let done = 0; done < operations; done++) operation();
      if (kept === undefined) throw new Error(`${name} returned nothing`);
    },
  };
}
