// A service that a client offers: its methods, and what discovery is told of them. serve.ts runs its calls.

import { errno, RpcError } from "@switchboard/protocol";

/** A method's function: returns a value, a promise, or something to iterate over, whose items are streamed. */
export type ServiceHandler = (...args: never[]) => unknown;

/** A method with what discovery shows of it. */
export interface ServiceMethod {
  readonly handler: ServiceHandler;
  readonly description?: string;
  /** JSON Schema of each parameter; its `title` is the name under which it may be given. */
  readonly accepts?: readonly object[];
  /** JSON Schema of the result. */
  readonly returns?: object;
  /** True: discovery marks it so. */
  readonly private?: boolean;
  /** True: the handler gets, as last argument, an `AbortSignal` that fires when the caller gives up. */
  readonly passSignal?: boolean;
}

/** A service by its methods. */
export interface Service {
  readonly description?: string;
  readonly private?: boolean;
  readonly methods: Readonly<Record<string, ServiceHandler | ServiceMethod>>;
}

/** Runs a method of a service, and answers the two questions that a server asks every service. */
export class ServiceRunner {
  readonly #service: Service;
  readonly #methods = new Map<string, ServiceMethod>();

  constructor(service: Service) {
    this.#service = service;
    for (const [name, method] of Object.entries(service.methods)) {
      this.#methods.set(name, typeof method === "function" ? { handler: method } : method);
    }
  }

  /** @throws {RpcError} ENOENT for an unknown method, EINVAL for arguments by name where the method names none. */
  run(name: string, args: unknown, signal: AbortSignal): unknown {
    if (name === "enumerate_methods") return this.#describe();
    if (name === "get_metadata") {
      const { description, private: isPrivate = false } = this.#service;
      return { private: isPrivate, ...(description !== undefined && { description }) };
    }
    const method = this.#methods.get(name);
    if (method === undefined) throw new RpcError(errno.ENOENT, `unknown method ${JSON.stringify(name)}`);
    const positional: unknown[] = positionalArguments(method, args);
    if (method.passSignal) positional.push(signal);
    return method.handler(...(positional as never[]));
  }

  #describe(): unknown[] {
    return Array.from(this.#methods, ([name, method]) => describeMethod(name, method));
  }
}

function describeMethod(
  name: string,
  { description, accepts, returns, private: isPrivate = false }: ServiceMethod,
): object {
  return {
    name,
    private: isPrivate,
    ...(description !== undefined && { description }),
    ...(accepts !== undefined && { "params-schema": { type: "array", items: accepts } }),
    ...(returns !== undefined && { "result-schema": returns }),
  };
}

function positionalArguments({ accepts, passSignal }: ServiceMethod, args: unknown): unknown[] {
  const count = accepts?.length;
  if (Array.isArray(args)) {
    if (count !== undefined && args.length > count) {
      throw new RpcError(errno.EINVAL, `expected at most ${count} arguments, got ${args.length}`);
    }
    // The signal's place is behind all parameters, also behind those that were left out.
    return passSignal && count !== undefined
      ? Array.from({ length: count }, (_, index) => args[index] as unknown)
      : [...args];
  }
  if (args === null) return Array.from({ length: passSignal ? (count ?? 0) : 0 });
  const named = args as Readonly<Record<string, unknown>>;
  const names = (accepts ?? []).map((schema) => (schema as { readonly title?: unknown }).title);
  const unknown = Object.keys(named).filter((name) => !names.includes(name));
  if (unknown.length > 0) {
    throw new RpcError(
      errno.EINVAL,
      `expected arguments named ${names.join(", ") || "(none)"}, got ${unknown.join(", ")}`,
    );
  }
  return names.map((name) => (typeof name === "string" && Object.hasOwn(named, name) ? named[name] : undefined));
}
