// Decides who may log in. Knows nothing of sockets: whoever has one says where the login comes from and whether a password must be asked for.

import { type Clock, systemClock } from "@switchboard/core";
import { StorageError } from "@switchboard/storage";
import { ServerError } from "../errors.ts";
import { within } from "../within.ts";
import { type LoginAttempt, LoginThrottle } from "./login-throttle.ts";
import { type AccessRules, type Principal, rolesOf, serviceRole } from "./principal.ts";
import type { User, UserBackend } from "./users.ts";

/** A login by name and password. */
export interface LoginRequest {
  readonly username: string;
  readonly password: string;
  /** Where it comes from: an IP address, or another text for a local peer. */
  readonly address: string;
  /**
   * True when the peer is local and has proved to be trusted (see `check_password` in docs/protocol.md), so that no password is asked for.
   * Default false.
   */
  readonly isTrusted?: boolean;
}

/** How logins are decided. */
export interface AuthenticatorOptions {
  readonly users: UserBackend;
  readonly rules?: AccessRules;
  readonly throttle?: LoginThrottle;
  /** Names under which local daemons may log in as services. Default none. */
  readonly services?: readonly string[];
  readonly clock?: Clock;
}

/** Milliseconds for the users' store to answer. Clients wait a little longer. */
const defaultPatienceMs = 8_000;

/** Logs users and services in. */
export class Authenticator {
  readonly #users: UserBackend;
  readonly #rules: AccessRules;
  readonly #throttle: LoginThrottle;
  readonly #services: ReadonlySet<string>;
  readonly #clock: Clock;

  constructor(options: AuthenticatorOptions) {
    const { users, rules = {}, throttle = new LoginThrottle(), services = [], clock = systemClock } = options;
    this.#users = users;
    this.#rules = rules;
    this.#throttle = throttle;
    this.#services = new Set(services);
    this.#clock = clock;
  }

  /**
   * The user, with the roles that its groups give it.
   *
   * @throws {ServerError} AUTH_REFUSED, with the same message whether the user, the password or the access is wrong; AUTH_THROTTLED;
   *   AUTH_UNAVAILABLE while the users cannot be asked, which counts for nobody as a failure.
   */
  async logIn({ username, password, address, isTrusted = false }: LoginRequest): Promise<Principal> {
    const attempt = this.#throttle.attempt(address, username);
    const asked = isTrusted ? this.#users.find(username) : this.#users.authenticate(username, password);
    const user = await this.#answered(asked, { attempt });
    const principal = user === undefined ? undefined : this.#principalOf(user);
    if (principal === undefined) throw new ServerError("AUTH_REFUSED", "wrong user name or password, or no access");
    attempt.succeeded();
    return principal;
  }

  /**
   * A user who has proved before who it is, with the roles that it has now. Units: `patienceMs` milliseconds until AUTH_UNAVAILABLE, default 8_000.
   *
   * @throws {ServerError} AUTH_REFUSED when the user may not log in (any more), AUTH_UNAVAILABLE.
   */
  async resume(username: string, patienceMs: number = defaultPatienceMs): Promise<Principal> {
    const user = await this.#answered(this.#users.find(username), { patienceMs });
    const principal = user === undefined ? undefined : this.#principalOf(user);
    if (principal === undefined) throw new ServerError("AUTH_REFUSED", "the user may not log in (any more)");
    return principal;
  }

  /**
   * A local daemon, with every role.
   *
   * @throws {ServerError} AUTH_REFUSED when the peer is not local, or the name is not one that may be used.
   */
  logInService(name: string, { isLocal }: { readonly isLocal: boolean }): Principal {
    if (isLocal && this.#services.has(name)) return { kind: "service", name, roles: new Set([serviceRole]) };
    throw new ServerError(
      "AUTH_REFUSED",
      "services log in from the local host, under a name that the configuration allows",
    );
  }

  /** What the users' store answers, if it does so in time. */
  async #answered<Found>(
    asked: Promise<Found>,
    { patienceMs = defaultPatienceMs, attempt }: { readonly patienceMs?: number; readonly attempt?: LoginAttempt },
  ): Promise<Found> {
    const late = (): never => {
      throw unavailable(`no answer within ${patienceMs / 1_000} s`);
    };
    try {
      return await within({ clock: this.#clock, timeoutMs: patienceMs, late }, asked);
    } catch (error) {
      const told = error instanceof StorageError && error.retryable ? unavailable(error.code, error) : error;
      if (told instanceof ServerError && told.code === "AUTH_UNAVAILABLE") attempt?.undecided();
      throw told;
    }
  }

  #principalOf({ username, groups, passwordVersion = 0 }: User): Principal | undefined {
    const roles = rolesOf(groups, this.#rules);
    return roles.size === 0 ? undefined : { kind: "user", name: username, roles, passwordVersion };
  }
}

function unavailable(reason: string, cause?: StorageError): ServerError {
  return new ServerError(
    "AUTH_UNAVAILABLE",
    `nobody can log in: the datastore does not work [${reason}]; try again later`,
    {
      ...(cause !== undefined && { cause }),
      extra: { code: "AUTH_UNAVAILABLE" },
    },
  );
}
