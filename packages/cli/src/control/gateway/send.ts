// `switchboard send`: a message out of a channel of the running gateway, or into it as if a person had written it.

import type { Command } from "commander";
import { withClient } from "../connection.ts";
import { printValue } from "../output.ts";
import { type GatewayFlags, gatewayVerb } from "./verb.ts";

interface Flags extends GatewayFlags {
  readonly in?: true;
  readonly at?: string;
}

/** The verb. */
export function sendCommand(): Command {
  return gatewayVerb(
    "send",
    "send a message to a person and print its id",
    'send telnet 127.0.0.1:40000 "Good morning"\n  switchboard send http 27831234567 menu --in',
  )
    .argument("<channel>", "the channel's name")
    .argument("<address>", "the person's address")
    .argument("<text>", "what is said")
    .option("--in", "as if this person had written it; marked as a test")
    .option("--at <address>", "our address: the sender, or with --in where the person writes to")
    .action(send);
}

async function send(channel: string, address: string, content: string, flags: Flags): Promise<void> {
  const { at } = flags;
  const id = await withClient(flags, (client) =>
    flags.in
      ? client.call("send.in", [{ channel, from_addr: address, content, ...(at !== undefined && { to_addr: at }) }])
      : client.call("send.out", [{ channel, to_addr: address, content, ...(at !== undefined && { from_addr: at }) }]),
  );
  printValue(id, flags);
}
