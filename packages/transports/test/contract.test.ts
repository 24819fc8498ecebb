// Every transport of this package, through the suite. What is special about each is in its own test.

import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { connect } from "node:net";
import { type ContractPerson, transportContract } from "@switchboard/transports/testing";
import { createUserMessage, userMessageCodec } from "@switchboard/messaging";
import type { RunningTransport } from "@switchboard/messaging/testing";
import { until } from "@switchboard/testkit";
import { onTestFinished } from "vitest";
import {
  AddressedTelnetServerTransport,
  DevNullTransport,
  HttpApiTransport,
  HttpRpcTransport,
  type HttpRequest,
  LoopbackTransport,
  OldSimpleHttpTransport,
  OldTemplateHttpTransport,
  TelnetServerTransport,
} from "../src/index.ts";

transportContract("telnet", {
  transport: TelnetServerTransport,
  config: { twisted_endpoint: "tcp:port=0:interface=127.0.0.1" },
  sending: "delivers",
  ordered: true,
  meet: (running) => telnetPerson(running),
});

transportContract("addressed telnet", {
  transport: AddressedTelnetServerTransport,
  config: { twisted_endpoint: "tcp:port=0:interface=127.0.0.1" },
  sending: "delivers",
  ordered: true,
  meet: (running) => telnetPerson(running, `person-${randomUUID()}`),
});

class BareRpcTransport extends HttpRpcTransport {
  readonly transportType: string = "http_api";
  protected override async handleRequest({ id, parameters }: HttpRequest): Promise<void> {
    const content = parameters.get("content")?.[0] ?? null;
    await this.publishMessage({ message_id: id, to_addr: "8000", from_addr: "1", content });
  }
}

const web = { web_path: "/api", web_host: "127.0.0.1" };
const query = (content: string): URLSearchParams => new URLSearchParams({ content, to_addr: "8000", from_addr: "1" });

transportContract("HTTP RPC", {
  transport: BareRpcTransport,
  config: web,
  sending: "delivers",
  ordered: false,
  meet: (running) => httpPerson(running, query),
});
transportContract("HTTP API that waits for replies", {
  transport: HttpApiTransport,
  config: { ...web, reply_expected: true },
  sending: "delivers",
  ordered: false,
  meet: (running) => httpPerson(running, query),
});
transportContract("HTTP API", {
  transport: HttpApiTransport,
  config: web,
  sending: "never",
  ordered: false,
  meet: (running) => httpPerson(running, query),
});
transportContract("old HTTP API", {
  transport: OldSimpleHttpTransport,
  config: web,
  sending: "answers",
  ordered: false,
  meet: (running) =>
    httpPerson(running, (message) => new URLSearchParams({ message, to_msisdn: "8000", from_msisdn: "1" })),
});
transportContract("old HTTP API with templates", {
  transport: OldTemplateHttpTransport,
  config: web,
  sending: "never",
  ordered: false,
  meet: (running) =>
    httpPerson(
      running,
      (text) =>
        new URLSearchParams({
          template: "{{text}}",
          template_text: text,
          to_msisdn: "8000",
          from_msisdn: "1",
        }),
    ),
});
transportContract("DevNull", {
  transport: DevNullTransport,
  config: { ack_rate: 1, failure_rate: 0, reply_rate: 1 },
  sending: "answers",
  ordered: true,
  meet: (running) => Promise.resolve(imaginaryPerson(running)),
});

transportContract("loopback", {
  transport: LoopbackTransport,
  config: {},
  sending: "answers",
  ordered: true,
  meet: (running) => Promise.resolve(phone(running)),
});

/** `name` is what an addressed telnet is told when it asks for addresses. */
async function telnetPerson(running: RunningTransport<TelnetServerTransport>, name?: string): Promise<ContractPerson> {
  const socket = connect({ port: running.transport.port, host: "127.0.0.1" });
  onTestFinished(() => void socket.destroy());
  let heard = "";
  socket.setEncoding("utf8").on("data", (text: string) => (heard += text));
  socket.on("error", () => undefined);
  await once(socket, "connect");
  const address = name ?? `127.0.0.1:${socket.localPort}`;
  if (name !== undefined) socket.write(`8000\r\n${name}\r\n`);
  const isOwn = ({ from_addr }: { from_addr: string | null }): boolean => from_addr === address;
  await until(() => running.inbound.some(isOwn));
  return {
    async say(content) {
      const refusalsBefore = heard.split("could not be accepted").length;
      socket.write(`${content}\r\n`);
      return await until(() => {
        if (heard.split("could not be accepted").length > refusalsBefore) return "refused";
        return running.inbound.some((message) => isOwn(message) && message.content === content) && "accepted";
      });
    },
    address: () => ({ to_addr: address }),
    heard: () => heard,
    async babble(bytes) {
      socket.end(bytes);
      await until(() => running.inbound.some((message) => isOwn(message) && message.session_event === "close"));
    },
  };
}

function httpPerson(
  running: RunningTransport<HttpRpcTransport>,
  write: (content: string) => URLSearchParams,
): Promise<ContractPerson> {
  const { port } = running.transport;
  let heard = "";
  return Promise.resolve({
    async say(content) {
      const before = running.inbound.length;
      let status: number | undefined;
      const asking = fetch(`http://127.0.0.1:${port}/api?${write(content).toString()}`).then(async (response) => {
        heard += await response.text();
        status = response.status;
      });
      // What still waits at the end is answered by the stopping transport.
      asking.catch(() => undefined);
      return await until(() => {
        if (status !== undefined && status >= 500) return "refused";
        return running.inbound.length > before && "accepted";
      });
    },
    address: () => ({ in_reply_to: running.inbound.at(-1)?.message_id ?? null }),
    heard: () => heard,
    async babble(bytes) {
      const socket = connect({ port, host: "127.0.0.1" });
      socket.on("error", () => undefined).resume();
      socket.end(Buffer.concat([bytes, Buffer.from("\r\n\r\n")]));
      await once(socket, "close");
    },
  });
}

/** DevNull has nobody on it: it answers itself. */
function imaginaryPerson(running: RunningTransport<DevNullTransport>): ContractPerson {
  return {
    async say(content) {
      const [before, refusals] = [running.inbound.length, running.refusals()];
      await running.send({ content });
      return await until(() => {
        if (running.refusals() > refusals) return "refused";
        return running.inbound.length > before && "accepted";
      });
    },
    address: () => ({}),
    heard: () => "",
  };
}

/** Loopback's people speak over the bus. */
function phone(running: RunningTransport<LoopbackTransport>): ContractPerson {
  const from_addr = "+27831";
  return {
    async say(content) {
      const refusals = running.refusals();
      const message = createUserMessage({
        from_addr,
        to_addr: null,
        transport_name: null,
        transport_type: null,
        content,
      });
      await running.bus.publish("channel.person", userMessageCodec.encode(message));
      return await until(() => {
        if (running.refusals() > refusals) return "refused";
        return running.inbound.some(({ message_id }) => message_id === message.message_id) && "accepted";
      });
    },
    address: () => ({ to_addr: from_addr }),
    heard: () => "",
  };
}
