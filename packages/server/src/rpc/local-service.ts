// A service of this process: a listener of the kernel whose id is the service's name. Each message is one call; its type is the method's name.

import type { Message } from "@switchboard/core";
import { ServerError } from "../errors.ts";
import type { Invocation } from "./invocation.ts";
import { Method, type MethodContext } from "./method.ts";
import type { Caller, MethodDefinition, ServiceDefinition } from "./service.ts";
import type { ServiceListener } from "./service-listener.ts";

/** What `discovery.get_methods` says of a method. */
export interface MethodEntry {
  readonly name: string;
  readonly private: boolean;
  readonly description?: string;
  readonly "params-schema"?: object;
  readonly "result-schema"?: unknown;
  /** True when the result may be streamed. */
  readonly generator?: true;
  /** True when it may be called before login. */
  readonly unauthenticated?: true;
  /** Roles that a caller needs. */
  readonly roles: readonly string[];
  /** Whether the one who asks may call it. */
  readonly allowed: boolean;
}

/** What `get_metadata` of a service answers. */
export interface ServiceMetadata {
  readonly private: boolean;
  readonly docstring?: string;
  readonly description?: string;
}

const methodName = /^[A-Za-z][\w-]{0,127}$/;

/** A service in this process. */
export class LocalService implements ServiceListener {
  readonly id: string;
  readonly #definition: ServiceDefinition;
  // A Map, because method names come from outside: nothing is inherited.
  readonly #methods = new Map<string, Method>();

  /** @throws {ServerError} RPC_DEFINITION_INVALID, SCHEMA_INVALID, REGEX_INVALID. */
  constructor(name: string, definition: ServiceDefinition, context: MethodContext) {
    this.id = name;
    this.#definition = definition;
    const { methods, ...service } = definition;
    const own = { get_metadata: { handler: () => this.metadata() }, enumerate_methods: this.#enumerateMethods() };
    checkMethods(name, methods);
    for (const [key, method] of Object.entries({ ...own, ...methods })) {
      this.#methods.set(key, new Method(`${name}.${key}`, method, { ...service, methods: {} }, context));
    }
  }

  /** @throws {ServerError} RPC_METHOD_UNKNOWN. */
  method(name: string): Method {
    const method = this.#methods.get(name);
    if (method !== undefined) return method;
    throw new ServerError(
      "RPC_METHOD_UNKNOWN",
      `service ${this.id} has no method ${JSON.stringify(name.slice(0, 100))}`,
    );
  }

  /** True when the method may be called by somebody who is not logged in. */
  isOpen(method: string): boolean {
    return this.#methods.get(method)?.definition.unauthenticated === true;
  }

  /** Milliseconds until a call of the method fails; undefined without limit. */
  timeoutOf(method: string): number | undefined {
    return this.#methods.get(method)?.definition.timeoutMs;
  }

  handleMessage(message: Message): unknown {
    const invocation = message.content as Invocation;
    return this.method(invocation.method).invoke(invocation);
  }

  handleMessageSync(message: Message): unknown {
    return this.handleMessage(message);
  }

  metadata(): ServiceMetadata {
    const { docstring, description } = this.#definition;
    return {
      private: this.#definition.private === true,
      ...(docstring === undefined ? undefined : { docstring }),
      ...(description === undefined ? undefined : { description }),
    };
  }

  /** All methods that can be called, as discovery shows them to `caller`; from inside the process everything is allowed. */
  entries(caller: Caller | undefined): MethodEntry[] {
    return [...this.#methods].map(([name, method]) => toEntry(name, method, caller));
  }

  #enumerateMethods(): { handler: (caller?: Caller) => MethodEntry[]; passSender: true } {
    return { handler: (caller) => this.entries(caller), passSender: true };
  }
}

/** Refuses names that nobody could call, and handlers that are no functions. @throws {ServerError} RPC_DEFINITION_INVALID. */
export function checkMethods(service: string, methods: Readonly<Record<string, MethodDefinition>>): void {
  for (const [name, method] of Object.entries(methods)) {
    if (!methodName.test(name) || name === "initialize") {
      const message = `${service}: expected names of methods of letters, digits and "_", got ${JSON.stringify(name)}`;
      throw new ServerError("RPC_DEFINITION_INVALID", message);
    }
    const handler = (method as Partial<MethodDefinition> | null)?.handler;
    if (typeof handler === "function") continue;
    const got = JSON.stringify(handler)?.slice(0, 100) ?? "nothing";
    const message = `${service}.${name}: expected a function as handler, got ${got}`;
    throw new ServerError("RPC_DEFINITION_INVALID", message);
  }
}

function toEntry(name: string, method: Method, caller: Caller | undefined): MethodEntry {
  const { description, accepts, returns, generator, unauthenticated } = method.definition;
  return {
    name,
    private: method.isPrivate,
    ...(description === undefined ? undefined : { description }),
    ...(accepts === undefined ? undefined : { "params-schema": { type: "array", items: accepts } }),
    ...(returns === undefined ? undefined : { "result-schema": returns }),
    ...(generator === true ? { generator } : undefined),
    ...(unauthenticated === true ? { unauthenticated } : undefined),
    roles: method.roles,
    allowed: caller === undefined || method.allows(caller),
  };
}
