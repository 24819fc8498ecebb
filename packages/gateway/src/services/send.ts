// Services `send` and `phone`: a message out of a channel, a message into it as if from a person, and the lines that can be tried that way.

import {
  createUserMessage,
  type SessionEvent,
  sessionEvents,
  type UserMessageFields,
  userMessageCodec,
} from "@switchboard/messaging";
import { definePlugin, type Plugin } from "@switchboard/server/plugins";
import type { Board, BoardEntry } from "./board.ts";
import { invalid, noSuch, operators } from "./common.ts";
import { configuredValues, personSideOf } from "./person-side.ts";
import { objectArgument } from "./schemas.ts";

const text = { type: ["string", "null"], maxLength: 10_000 };
const sessionEvent = { enum: [...sessionEvents, null] };

interface OutArgument {
  readonly channel: string;
  readonly to_addr: string;
  readonly content: string | null;
  readonly from_addr?: string | null;
  readonly session_event?: SessionEvent | null;
  readonly in_reply_to?: string | null;
}

interface InArgument {
  readonly channel: string;
  readonly from_addr: string;
  readonly to_addr?: string | null;
  readonly content: string | null;
  readonly session_event?: SessionEvent | null;
  readonly provider?: string | null;
  readonly ended_by?: "person" | "network";
}

/** Sends messages for people at the console or the command line. */
export function sendPlugin(board: Board): Plugin {
  return definePlugin({
    name: "send",
    services: {
      send: {
        description: "Messages out of a channel, and into it as if from a person.",
        roles: operators,
        methods: {
          out: {
            description: "Sends a message to a person; returns its id when it is safe on the bus.",
            accepts: [
              objectArgument(
                "message",
                {
                  channel: { type: "string" },
                  to_addr: { type: "string" },
                  content: text,
                  from_addr: text,
                  session_event: sessionEvent,
                  in_reply_to: text,
                },
                ["channel", "to_addr", "content"],
              ),
            ],
            handler: (argument: OutArgument) => sendOut(board, argument),
          },
          in: {
            description:
              "Hands a message to a channel as if a person had written it; it is marked as a test. Returns its id.",
            accepts: [
              objectArgument(
                "message",
                {
                  channel: { type: "string" },
                  from_addr: { type: "string" },
                  to_addr: text,
                  content: text,
                  session_event: sessionEvent,
                  provider: text,
                  ended_by: { enum: ["person", "network"], description: "Who ends the session, with `close`." },
                  test: { const: true },
                },
                ["channel", "from_addr", "content"],
              ),
            ],
            handler: (argument: InArgument) => sendIn(board, argument),
          },
        },
      },
      phone: {
        description: "Lines that can be tried without a network.",
        methods: { lines: { description: "All of them.", accepts: [], handler: () => phoneLines(board) } },
      },
    },
  });
}

async function sendOut(board: Board, argument: OutArgument): Promise<string> {
  const { transportName } = await channelOf(board, argument.channel);
  const { view } = board;
  const { to_addr, content, from_addr = null, session_event = null, in_reply_to = null } = argument;
  const message = createUserMessage(
    {
      to_addr,
      from_addr,
      content,
      session_event,
      in_reply_to,
      transport_name: transportName,
      transport_type: null,
      helper_metadata: { switchboard: { sent_by: "control" } },
    },
    { clock: view.clock, newId: view.newId },
  );
  await view.store?.addMessage("outbound", message);
  await view.bus.publish(`${transportName}.outbound`, userMessageCodec.encode(message));
  return message.message_id;
}

/** A loopback transport plays the network, so what a person does goes to it; into other channels messages go behind their back. */
async function sendIn(board: Board, argument: InArgument): Promise<string> {
  const { entry, transportName } = await channelOf(board, argument.channel);
  const { view } = board;
  const { from_addr, content, session_event = null, provider = null, ended_by } = argument;
  const side = await personSideOf(board, entry);
  const { to_addr = side.to_addr } = argument;
  const fields: UserMessageFields = {
    from_addr,
    to_addr,
    content,
    session_event,
    provider,
    transport_name: transportName,
    transport_type: side.transport_type,
    helper_metadata: { switchboard: { test: true } },
    ...(ended_by !== undefined && { transport_metadata: { ended_by } }),
  };
  const message = createUserMessage(fields, { clock: view.clock, newId: view.newId });
  if (isLoopback(entry)) {
    await view.bus.publish(`${transportName}.person`, userMessageCodec.encode(message));
  } else {
    await view.store?.addMessage("inbound", message);
    await view.bus.publish(`${transportName}.inbound`, userMessageCodec.encode(message));
  }
  return message.message_id;
}

async function phoneLines(board: Board): Promise<object[]> {
  const entries = await board.entries();
  return Promise.all(
    entries.filter(isLoopback).map(async (entry) => {
      const { name, label } = entry.worker;
      const { kind, address, session_timeout } = await configuredValues(board, entry);
      const isUssd = kind === "ussd";
      return {
        channel: name,
        label: label ?? name,
        kind: isUssd ? "ussd" : "sms",
        address: address ?? null,
        codes: isUssd ? [address ?? null] : [],
        // When the network ends a session that is silent.
        session_timeout_s: isUssd && typeof session_timeout === "number" ? session_timeout : null,
      };
    }),
  );
}

async function channelOf(
  board: Board,
  name: string,
): Promise<{ readonly entry: BoardEntry; readonly transportName: string }> {
  const entries = await board.entries();
  const entry = entries.find(({ worker }) => worker.name === name);
  if (entry === undefined) {
    const channels = entries.filter(({ facts }) => facts.kind === "channel");
    throw noSuch(
      "channel",
      name,
      channels.map(({ worker }) => worker.name),
    );
  }
  const [transportName] = entry.facts.towardsPrograms;
  if (entry.facts.kind !== "channel" || transportName === undefined) throw invalid(`${name} is not a channel`);
  return { entry, transportName };
}

function isLoopback({ worker }: BoardEntry): boolean {
  return worker.className === "LoopbackTransport";
}
