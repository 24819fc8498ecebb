// Calls a program behind an HTTP address, on connections that are kept: what both relays do. Knows nothing of messages.

import { Agent, type Dispatcher, request } from "undici";
import { RelayError } from "../worker/errors.ts";

/** How a program is called. */
export interface WebHookOptions {
  readonly method: string;
  /** How long a call may take, from connecting to the end of the answer's head. Milliseconds. */
  readonly timeoutMs: number;
  /** For HTTP Basic; an empty one means what the address says, or no credentials. */
  readonly username: string;
  readonly password: string;
}

/** One such program. */
export class WebHook {
  readonly #options: WebHookOptions;
  readonly #agent: Agent;

  constructor(options: WebHookOptions) {
    const { timeoutMs } = options;
    this.#options = options;
    this.#agent = new Agent({ connectTimeout: timeoutMs, headersTimeout: timeoutMs, bodyTimeout: timeoutMs });
  }

  /**
   * Sends `body` to `url`. The answer's body must be read or dumped.
   *
   * @throws {RelayError} RELAY_FAILED (retryable) when it cannot be reached, takes too long, or answers 408, 429 or 5xx; RELAY_REFUSED for
   *   any other 4xx. Neither contains credentials.
   */
  async send(url: URL, body: string, headers: Readonly<Record<string, string>> = {}): Promise<Dispatcher.ResponseData> {
    // The address may hold a password, so it is said without one.
    const place = `${url.origin}${url.pathname}`;
    const { method, timeoutMs } = this.#options;
    let response: Dispatcher.ResponseData;
    try {
      response = await request(withoutCredentials(url), {
        method,
        headers: { ...headers, ...authorization(this.#options, url) },
        body,
        signal: AbortSignal.timeout(timeoutMs),
        dispatcher: this.#agent,
      });
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new RelayError("RELAY_FAILED", `${place}: ${reason}`, { cause: error });
    }
    const { statusCode } = response;
    if (statusCode < 400) return response;
    await response.body.dump();
    const again = statusCode >= 500 || statusCode === 408 || statusCode === 429;
    throw new RelayError(again ? "RELAY_FAILED" : "RELAY_REFUSED", `${place} answered with status ${statusCode}`);
  }

  /** Waits for running calls, then closes the connections. */
  close(): Promise<void> {
    return this.#agent.close();
  }
}

function authorization({ username, password }: WebHookOptions, url: URL): Record<string, string> {
  const [user, secret] =
    username === "" ? [decodeURIComponent(url.username), decodeURIComponent(url.password)] : [username, password];
  if (user === "") return {};
  return { authorization: `Basic ${Buffer.from(`${user}:${secret}`, "utf8").toString("base64")}` };
}

function withoutCredentials(url: URL): URL {
  const plain = new URL(url);
  plain.username = "";
  plain.password = "";
  return plain;
}
