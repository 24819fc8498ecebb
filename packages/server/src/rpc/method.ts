// A method made ready to be called: its schemas compiled, the checks in their order, the handler.

import { type CallArguments, encodeValue, maskedText } from "@switchboard/protocol";
import type { Logger } from "@switchboard/core";
import { type AuditLog, hasRoles, isPrivileged, isSecretName, maskSecrets } from "../auth/index.ts";
import { ServerError } from "../errors.ts";
import { type ArgumentsSchema, compileArguments, type CompiledSchema, type SchemaRegistry } from "../schema/index.ts";
import type { Invocation } from "./invocation.ts";
import { isAsyncIterable, toResult } from "./result-stream.ts";
import { toRpcError } from "./rpc-error.ts";
import type { Caller, MethodDefinition, ServiceDefinition } from "./service.ts";

/** What all methods of a server share. */
export interface MethodContext {
  readonly schemas: SchemaRegistry;
  readonly logger: Logger;
  /** Check results against their schemas, and say so in the log. */
  readonly debug: boolean;
  /** Where calls are recorded; undefined: nowhere. */
  readonly audit: Pick<AuditLog, "record"> | undefined;
}

const refuseReadOnly = { readOnly: "refuse" } as const;
const removeReadOnly = { readOnly: "remove" } as const;

/** One method of a service that lives in this process. */
export class Method {
  readonly definition: MethodDefinition;
  readonly isPrivate: boolean;
  readonly roles: readonly string[];
  /** `service.method`, for texts. */
  readonly #name: string;
  readonly #context: MethodContext;
  readonly #handler: (...args: unknown[]) => unknown;
  readonly #arguments: ArgumentsSchema | undefined;
  readonly #arity: number;
  readonly #returns: CompiledSchema | undefined;
  readonly #audit: Pick<AuditLog, "record"> | undefined;

  /** @throws {ServerError} SCHEMA_INVALID, REGEX_INVALID. */
  constructor(name: string, definition: MethodDefinition, service: ServiceDefinition, context: MethodContext) {
    const { accepts = definition.passSender === true ? [] : undefined, returns } = definition;
    this.#name = name;
    this.definition = definition;
    this.isPrivate = definition.private === true || service.private === true;
    this.roles = [...(service.roles ?? []), ...(definition.roles ?? [])];
    this.#context = context;
    this.#handler = definition.handler as (...args: unknown[]) => unknown;
    this.#arguments = accepts === undefined ? undefined : compileArguments(context.schemas, accepts);
    this.#arity = accepts?.length ?? 0;
    const isAudited = definition.audit ?? (this.isPrivate || this.roles.length > 0);
    this.#audit = isAudited ? context.audit : undefined;
    this.#returns = returns === undefined || !context.debug ? undefined : context.schemas.compile(returns);
  }

  /** True when `caller` may call it. */
  allows(caller: Caller): boolean {
    if (this.definition.unauthenticated === true) return true;
    const { principal } = caller;
    if (principal === undefined) return false;
    return (!this.isPrivate || isPrivileged(principal)) && hasRoles(principal, this.roles);
  }

  /**
   * Checks and runs a call. The result is a value, a {@link ResultStream} or a promise of either.
   *
   * @throws {ServerError} RPC_ROLE_MISSING, SCHEMA_MISMATCH, RPC_ARGUMENTS_INVALID; and whatever the handler throws.
   */
  invoke(invocation: Invocation): unknown {
    const { caller } = invocation;
    if (this.#audit === undefined || caller === undefined) return this.#run(invocation);
    return this.#recorded(invocation, caller, this.#audit);
  }

  async #recorded(invocation: Invocation, caller: Caller, audit: Pick<AuditLog, "record">): Promise<unknown> {
    // Before the call, which may change them.
    const args = this.#shownArgs(invocation.args);
    const { address, principal, sessionId } = caller;
    const entry = {
      event: "call",
      address,
      username: principal?.name ?? null,
      session: sessionId ?? null,
      method: this.#name,
      args,
    } as const;
    try {
      const result = await this.#run(invocation);
      audit.record({ ...entry, error: null });
      return result;
    } catch (error) {
      audit.record({ ...entry, error: toRpcError(error).errno });
      throw error;
    }
  }

  /** Parameters are known to be secret by their titles. */
  #shownArgs(args: CallArguments): unknown {
    if (!Array.isArray(args)) return maskSecrets(args);
    const { accepts = [] } = this.definition;
    return args.slice(0, 50).map((value: unknown, index) => {
      const schema = accepts[index];
      const title = typeof schema === "object" ? schema["title"] : undefined;
      return typeof title === "string" && isSecretName(title) ? maskedText : maskSecrets(value);
    });
  }

  #run({ args, caller }: Invocation): unknown {
    if (caller !== undefined && !this.allows(caller)) throw this.#refusal();
    let list = this.#bind(args, caller);
    const { definition } = this;
    if (definition.passSender === true) {
      list = [...list];
      while (list.length < this.#arity) list.push(undefined);
      list[this.#arity] = caller;
    }
    const returned = this.#handler(...list);
    if (definition.generator === true || isAsyncIterable(returned)) return toResult(returned);
    return this.#returns === undefined ? returned : this.#checked(returned, this.#returns);
  }

  #bind(args: CallArguments, caller: Caller | undefined): unknown[] {
    const isList = args === null || Array.isArray(args);
    if (isList && (caller === undefined || this.#arguments === undefined)) return (args as unknown[] | null) ?? [];
    if (this.#arguments === undefined) {
      throw new ServerError(
        "RPC_ARGUMENTS_INVALID",
        `${this.#name} declares no parameter names: give arguments by position`,
      );
    }
    const isStrict = caller?.features.has("strict_validation") === true;
    return this.#arguments.bind(args, isStrict ? refuseReadOnly : removeReadOnly);
  }

  #refusal(): ServerError {
    const need = this.isPrivate ? "is private" : `needs the role ${this.roles.join(" and ")}`;
    return new ServerError("RPC_ROLE_MISSING", `${this.#name} ${need}`);
  }

  async #checked(returned: unknown, schema: CompiledSchema): Promise<unknown> {
    const result = await returned;
    const [first] = schema.problems(JSON.parse(encodeValue(result)), { readOnly: "keep" });
    if (first !== undefined) {
      const fields = { method: this.#name, path: first.path, problem: first.message };
      this.#context.logger.warn(fields, "a result does not fit the schema that its method declares");
    }
    return result;
  }
}
