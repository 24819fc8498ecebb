// A client that speaks the control protocol: frames in, frames out. Calls are in client-calls.ts and owner-calls.ts, logins in logins.ts, events in events/.

import {
  type CallArguments,
  type ClientFrame,
  decodeClientFrame,
  encodeFrame,
  type FrameId,
  ProtocolError,
  type ServerFrame,
} from "@switchboard/protocol";
import { ServerError } from "../errors.ts";
import type { EncodedFrame } from "../events/index.ts";
import type { Answer } from "../rpc/invocation.ts";
import type { ServiceOwner } from "../rpc/routed-service.ts";
import { ClientCalls } from "./client-calls.ts";
import { ClientConnection, type ConnectionContext } from "./client-connection.ts";
import { OwnerCalls } from "./owner-calls.ts";
import { closeCode, type Peer, type Wire } from "./wire.ts";

type LoginFrame = Extract<ClientFrame, { name: "auth" | "auth_token" | "auth_service" }>;

/** A connection of the control protocol. */
export class Connection extends ClientConnection implements ServiceOwner {
  readonly #calls: ClientCalls;
  readonly #ownerCalls: OwnerCalls;
  #hasReceived = false;

  /** @throws {ServerError} CONNECTION_REFUSED when there are too many. */
  constructor(wire: Wire, peer: Peer, context: ConnectionContext) {
    super(wire, peer, context);
    const { services, limits, burstSize, debug } = context;
    const send = (frame: ServerFrame): void => this.send(encodeFrame(frame));
    this.#calls = new ClientCalls({ ...limits, caller: this, services, burstSize, debug, send });
    this.#ownerCalls = new OwnerCalls(send);
  }

  /** Calls a method of a service that this client offers. */
  request(method: string, args: CallArguments, answer: Answer): string {
    return this.#ownerCalls.start(method, args, answer);
  }

  /** Gives up a call by the id that {@link request} has returned. */
  giveUp(id: string): void {
    this.#ownerCalls.abort(id);
  }

  protected handle(text: string): void {
    let frame: ClientFrame;
    try {
      frame = decodeClientFrame(text);
    } catch (error) {
      this.#calls.refuse(error instanceof ProtocolError ? error.frameId : null, error);
      return;
    }
    const isFirst = !this.#hasReceived;
    this.#hasReceived = true;
    this.#dispatch(frame, isFirst);
  }

  protected refuse(error: unknown): void {
    this.#calls.refuse(null, error);
  }

  protected eventFrame(frame: EncodedFrame): Uint8Array {
    return frame.bytes;
  }

  protected logoutFrame(reason: string, isTokenValid: boolean): string {
    const args = { reason, ...(isTokenValid ? { token_valid: isTokenValid } : undefined) };
    return encodeFrame({ namespace: "events", name: "logout", id: null, args });
  }

  protected endCalls(): void {
    this.#calls.close();
    this.#ownerCalls.close();
  }

  #dispatch(frame: ClientFrame, isFirst: boolean): void {
    switch (frame.name) {
      case "call":
        this.context.logins.touch(this);
        return this.#calls.start(frame);
      case "continue":
        return this.#calls.continue(frame.id, frame.args);
      case "abort":
        return this.#calls.abort(frame.id);
      case "response":
        return this.#ownerCalls.response(frame.id, frame.args);
      case "error":
        return this.#ownerCalls.error(frame.id, frame.args);
      case "fragment":
        return this.#ownerCalls.fragment(frame.id, frame.args);
      case "end":
      case "close":
        return this.#ownerCalls.end(frame.id);
      case "auth":
      case "auth_token":
      case "auth_service":
        return void this.#answerLogin(frame);
      case "setup":
        return this.#setUp(frame.args, frame.id, isFirst);
      case "subscribe":
      case "unsubscribe":
      case "event":
      case "event_burst":
        return this.#handleEvents(frame);
    }
  }

  #handleEvents(frame: Extract<ClientFrame, { namespace: "events" }>): void {
    // Before login these are neither heeded nor answered.
    if (this.isStranger) return;
    const { events, logins } = this.context;
    logins.touch(this);
    switch (frame.name) {
      case "subscribe":
        return this.subscription.subscribe(frame.args);
      case "unsubscribe":
        return this.subscription.unsubscribe(frame.args);
      case "event":
        return void events.emitFrom(this, frame.args.name, frame.args.args);
      case "event_burst":
        for (const { name, args } of frame.args.events) void events.emitFrom(this, name, args);
    }
  }

  async #answerLogin(frame: LoginFrame): Promise<void> {
    const { id } = frame;
    try {
      const args = await this.#logIn(frame);
      this.send(encodeFrame({ namespace: "rpc", name: "response", id, args }));
    } catch (error) {
      this.#calls.refuse(id, error);
    }
  }

  async #logIn(frame: LoginFrame): Promise<unknown> {
    const { logins } = this.context;
    if (frame.name === "auth_service") {
      await logins.asService(this, frame.args.name);
      return [];
    }
    const { resource } = frame.args;
    if (frame.name === "auth_token") return logins.byToken(this, frame.args.token, resource);
    const { username, password, check_password: checkPassword } = frame.args;
    return logins.byPassword(this, { username, password: password.reveal(), checkPassword, resource });
  }

  /** A relay tells for whom it speaks. Believed only of a trusted one, before anything else. */
  #setUp([host, port]: readonly [string, number], id: FrameId, isFirst: boolean): void {
    if (!this.peer.isTrusted || !isFirst) {
      const problem = "another address may be announced only by a trusted relay, in its first frame";
      this.#calls.refuse(id, new ServerError("CONNECTION_SETUP_REFUSED", problem));
      this.end(closeCode.policy, "setup refused");
      return;
    }
    const oldAddress = this.address;
    // Whoever it speaks for has logged in at the relay, but is not on this machine.
    this.replacePeer({ host: host.slice(0, 100), port, isLocal: false, isTrusted: true });
    const description = `${oldAddress} speaks for ${this.address}`;
    const args = { old_address: oldAddress, new_address: this.address, description };
    void this.context.events.emit("server.client_transport_connected", args);
  }
}
