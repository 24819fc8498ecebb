// All services of a server, on the kernel: a service is a listener whose id is the service's name, a call a message whose type is the method.
// Who may call is checked here and in method.ts; results and errors travel as the kernel carries them.

import {
  type Clock,
  Dispatcher,
  type Logger,
  silentLogger,
  systemClock,
  type Timer,
  UndeliverableError,
} from "@switchboard/core";
import type { CallArguments } from "@switchboard/protocol";
import type { AuditLog } from "../auth/index.ts";
import { ServerError } from "../errors.ts";
import { SchemaRegistry } from "../schema/index.ts";
import { CallRate } from "./call-rate.ts";
import { serviceOf } from "./decorators.ts";
import { type Answer, Invocation } from "./invocation.ts";
import { LocalService } from "./local-service.ts";
import type { MethodContext } from "./method.ts";
import { isAsyncIterable } from "./result-stream.ts";
import { toRpcError } from "./rpc-error.ts";
import type { Caller, CallOptions, Provider, Services } from "./service.ts";
import type { ServiceListener } from "./service-listener.ts";

/** What a registry may be given. */
export interface ServiceRegistryOptions {
  /** Carries the calls. Default: one of its own. */
  readonly dispatcher?: Dispatcher;
  readonly schemas?: SchemaRegistry;
  readonly clock?: Clock;
  /** Default: silent. */
  readonly logger?: Logger;
  /** Check results against their schemas. Default false. */
  readonly debug?: boolean;
  /** Where calls of methods that only some may call are recorded. Default: nowhere. */
  readonly audit?: Pick<AuditLog, "record"> | undefined;
  /** Calls per second of one user. Default without limit. */
  readonly maxCallsPerSecond?: number | undefined;
  /** Resolves when the plugins are started: until then, what clients call of services that are not there yet waits. Default: they are. */
  readonly started?: Promise<void>;
}

/** A call, and the service that it is for; its name where it may still come with the plugins that are being started. */
export interface FoundCall {
  readonly service: ServiceListener | string;
  readonly invocation: Invocation;
}

const serviceName = /^[A-Za-z][\w-]*(?:\.[A-Za-z][\w-]*)*$/;
const maxNameLength = 128;

interface Waiter {
  readonly name: string;
  readonly resolve: (present: boolean) => void;
  timer: Timer | undefined;
}

/** The services of one server. */
export class ServiceRegistry implements Services {
  /** Carries the calls. */
  readonly dispatcher: Dispatcher;
  readonly #clock: Clock;
  readonly #context: MethodContext;
  readonly #services = new Map<string, ServiceListener>();
  readonly #waiters = new Set<Waiter>();
  readonly #rate: CallRate | undefined;
  /** Undefined once it has resolved. */
  #started: Promise<void> | undefined;

  constructor(options: ServiceRegistryOptions = {}) {
    const { logger = silentLogger, debug = false, schemas = new SchemaRegistry(), clock = systemClock } = options;
    this.dispatcher = options.dispatcher ?? new Dispatcher({ clock, logger });
    this.#clock = clock;
    this.#context = { schemas, logger, debug, audit: options.audit };
    const { maxCallsPerSecond } = options;
    this.#rate = maxCallsPerSecond === undefined ? undefined : new CallRate(maxCallsPerSecond, clock);
    this.#started = options.started?.then(() => void (this.#started = undefined));
  }

  register(name: string, provider: Provider): () => void {
    this.#checkName(name);
    return this.attach(new LocalService(name, serviceOf(provider), this.#context));
  }

  /**
   * Adds a service that answers in its own way, such as one of another connection. Returns a function that takes it away.
   *
   * @throws {ServerError} RPC_SERVICE_EXISTS, RPC_DEFINITION_INVALID.
   */
  attach(service: ServiceListener): () => void {
    const name = service.id;
    this.#checkName(name);
    this.dispatcher.register(service);
    this.#services.set(name, service);
    for (const waiter of this.#waiters) if (waiter.name === name) this.#wake(waiter, true);
    return () => {
      if (this.#services.get(name) !== service) return;
      this.#services.delete(name);
      this.dispatcher.deregister(service);
    };
  }

  get(name: string): ServiceListener | undefined {
    return this.#services.get(name);
  }

  has(name: string): boolean {
    return this.#services.has(name);
  }

  names(): string[] {
    return [...this.#services.keys()];
  }

  waitFor(name: string, timeoutMs?: number): Promise<boolean> {
    if (this.has(name)) return Promise.resolve(true);
    return new Promise((resolve) => {
      const waiter: Waiter = { name, resolve, timer: undefined };
      this.#waiters.add(waiter);
      if (timeoutMs !== undefined) waiter.timer = this.#clock.setTimer(() => this.#wake(waiter, false), timeoutMs);
    });
  }

  async call(method: string, args: CallArguments = null, { caller, signal }: CallOptions = {}): Promise<unknown> {
    const found = this.find(method, args, caller);
    const abort = (): void => found.invocation.abort();
    signal?.addEventListener("abort", abort, { once: true });
    try {
      return await this.invoke(found, signal);
    } catch (error) {
      if (signal?.aborted === true) throw toRpcError(new ServerError("RPC_CALL_ABORTED", `${method} was aborted`));
      throw toRpcError(error);
    } finally {
      signal?.removeEventListener("abort", abort);
    }
  }

  async *stream(method: string, args: CallArguments = null, options: CallOptions = {}): AsyncIterable<unknown> {
    const result = await this.call(method, args, options);
    try {
      if (isAsyncIterable(result) || Array.isArray(result)) yield* result;
      else yield result;
    } catch (error) {
      throw toRpcError(error);
    }
  }

  /**
   * Looks up what a call is for. Strangers learn nothing about names: only methods that are open to them are found. Calls of clients that came
   * back before the server has started its plugins wait for them; those from inside do not, since a plugin's start may be among what waits.
   *
   * @throws {RpcError} EINVAL (no dot), EACCES, ENOENT, EAGAIN.
   */
  find(name: string, args: CallArguments, caller: CallOptions["caller"]): FoundCall {
    const dot = name.lastIndexOf(".");
    const method = name.slice(dot + 1);
    const service = dot === -1 ? undefined : this.#services.get(name.slice(0, dot));
    if (caller !== undefined && caller.principal === undefined && service?.isOpen(method) !== true) {
      throw toRpcError(new ServerError("RPC_LOGIN_REQUIRED", "not logged in"));
    }
    if (caller !== undefined) this.#count(caller);
    const isStarting = this.#started !== undefined && caller !== undefined;
    if (service === undefined && (dot === -1 || !isStarting)) throw toRpcError(notFound(name));
    return { service: service ?? name.slice(0, dot), invocation: new Invocation(method, args, caller) };
  }

  /** Sends a call to its service. Rejects with whatever the method throws, as it is; see {@link toRpcError}. */
  invoke(call: FoundCall, signal?: AbortSignal): Promise<unknown> {
    return new Promise((resolve, reject) => this.start(call, { resolve, reject }, signal));
  }

  /** As {@link invoke}, and tells `answer` instead of making a promise of its own, which most calls can do without. */
  start({ service, invocation }: FoundCall, answer: Answer, signal?: AbortSignal): void {
    if (typeof service === "string") {
      void (this.#started ?? Promise.resolve()).then(() => this.#startLate(service, invocation, answer, signal));
      return;
    }
    const { method: type } = invocation;
    const message = { type, destinationId: service.id, responseRequired: true, content: invocation };
    this.dispatcher.send(message, { timeoutMs: service.timeoutOf(type), signal }).then(
      (result) => answer.resolve(result),
      (error: unknown) => {
        const current = this.#services.get(service.id);
        if (error instanceof UndeliverableError && current !== undefined && current !== service) {
          // It was on its way when its service was replaced, so nobody has handled it.
          this.start({ service: current, invocation }, answer, signal);
          return;
        }
        // A call that nobody waits for any more is of no use to its owner.
        invocation.abort();
        answer.reject(error);
      },
    );
  }

  /** Ends the waiting of everybody, with false. */
  close(): void {
    for (const waiter of this.#waiters) this.#wake(waiter, false);
  }

  #startLate(name: string, invocation: Invocation, answer: Answer, signal?: AbortSignal): void {
    const service = this.#services.get(name);
    const method = `${name}.${invocation.method}`;
    if (invocation.aborted) answer.reject(new ServerError("RPC_CALL_ABORTED", `${method} was aborted`));
    else if (service === undefined) answer.reject(toRpcError(notFound(method)));
    else this.start({ service, invocation }, answer, signal);
  }

  #count(caller: Caller): void {
    try {
      this.#rate?.count(caller);
    } catch (error) {
      throw toRpcError(error);
    }
  }

  #wake(waiter: Waiter, present: boolean): void {
    waiter.timer?.cancel();
    this.#waiters.delete(waiter);
    waiter.resolve(present);
  }

  #checkName(name: string): void {
    if (name.length > maxNameLength || !serviceName.test(name)) {
      throw new ServerError(
        "RPC_DEFINITION_INVALID",
        `expected a service name of up to ${maxNameLength} letters, digits, "_", "-" and dots between words, got ${JSON.stringify(name.slice(0, 100))}`,
      );
    }
    if (this.#services.has(name)) throw new ServerError("RPC_SERVICE_EXISTS", `there is a service ${name} already`);
  }
}

function notFound(name: string): ServerError {
  const shown = JSON.stringify(name.slice(0, 200));
  return !name.includes(".")
    ? new ServerError("RPC_NAME_INVALID", `expected service.method, got ${shown}`)
    : new ServerError("RPC_SERVICE_UNKNOWN", `there is no service for ${shown}`);
}
