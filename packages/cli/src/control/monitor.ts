// `switchboard monitor`: a proxy before a server that shows the frames that pass, secrets masked.

import { Command } from "commander";
import { openNodeSocket } from "@switchboard/client/node";
import { CliError } from "../errors.ts";
import { caOption, serverOf, tlsOf } from "./connection.ts";
import { type Accept, type FrameListener, listenForFrames } from "./frame-listener.ts";
import { FrameMask } from "./mask-frame.ts";
import { harmless, styled } from "./output.ts";

interface Flags {
  readonly server?: string;
  readonly ca?: string;
  readonly listen: string;
  readonly width?: string;
}

/** The verb. */
export function monitorCommand(): Command {
  return new Command("monitor")
    .description("pass a server's frames on and show them, with secrets masked, until Ctrl-C")
    .option("--server <uri>", "the server behind it (default as for `call`)")
    .addOption(caOption())
    .option(
      "--listen <uri>",
      "where clients connect to it: ws://127.0.0.1:port (0: any free one) or unix:/path",
      "ws://127.0.0.1:0",
    )
    .option("--width <n>", "cut lines at so many characters")
    .addHelpText("after", "\nExample:\n  switchboard monitor --listen ws://127.0.0.1:5001 --server ws://127.0.0.1:5000")
    .action(monitor);
}

async function monitor(flags: Flags): Promise<void> {
  const server = serverOf(flags);
  // The server takes whoever comes by its Unix socket for somebody who may open that file.
  if (server.startsWith("unix:") && !flags.listen.startsWith("unix:")) {
    const expected = `unix:/path, because ${server} trusts whoever connects`;
    throw new CliError("CLI_ARGUMENTS_INVALID", `--listen: expected ${expected}, got ${flags.listen}`);
  }
  const { tls } = tlsOf(flags);
  const upstream: Upstream = (handlers) => openNodeSocket(server, handlers, tls);
  const width = flags.width === undefined ? Infinity : Number(flags.width);
  let serial = 0;
  const listener: FrameListener = await listenForFrames(flags.listen, (client) => {
    const name = `#${++serial}`;
    const frames = new FrameMask();
    const show = (arrow: string, text: string): void => {
      console.log(`${styled("dim", new Date().toISOString().slice(11, 23))} ${name} ${arrow} ${text.slice(0, width)}`);
    };
    return proxy(upstream, client, (arrow, text) =>
      show(arrow, arrow === "=" ? harmless(text) : harmless(frames.mask(text))),
    );
  });
  console.error(`listening on ${listener.url} for ${server}; > is from the client, < from the server`);
  await new Promise<void>((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => resolve());
  });
  await listener.close();
}

/** Opens a socket to the server. */
type Upstream = (handlers: Parameters<typeof openNodeSocket>[1]) => ReturnType<typeof openNodeSocket>;

/** Connects a client that came in to the server, and tells `show` of every frame before it is passed on. */
function proxy(
  open: Upstream,
  client: Parameters<Accept>[0],
  show: (arrow: ">" | "<" | "=", text: string) => void,
): ReturnType<Accept> {
  let early: string[] | undefined = [];
  show("=", "connected");
  const upstream = open({
    onOpen: () => {
      for (const text of early ?? []) upstream.send(text);
      early = undefined;
    },
    onFrame: (text) => {
      show("<", text);
      client.send(text);
    },
    onClose: (reason) => {
      show("=", `closed by the server: ${reason}`);
      client.close();
    },
  });
  return {
    onFrame: (text) => {
      show(">", text);
      if (early === undefined) upstream.send(text);
      else early.push(text);
    },
    onClose: () => {
      show("=", "closed by the client");
      upstream.close();
    },
  };
}
