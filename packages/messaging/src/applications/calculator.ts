// A calculator for phones: choose what to do, give two whole numbers, read the result.

import { SessionManager } from "../components/session-manager.ts";
import type { UserMessage } from "../message/user-message.ts";
import { Application } from "../worker/application.ts";

interface Operation {
  readonly name: string;
  readonly sign: string;
  readonly compute: (first: bigint, second: bigint) => bigint;
}

const operations: readonly Operation[] = [
  { name: "Add", sign: "+", compute: (first, second) => first + second },
  { name: "Subtract", sign: "-", compute: (first, second) => first - second },
  { name: "Multiply", sign: "×", compute: (first, second) => first * second },
];

const menu = ["What shall we do?", ...operations.map(({ name }, index) => `${index + 1}. ${name}`)].join("\n");
const sessionLengthMs = 600_000;

/**
 * Adds, subtracts and multiplies two whole numbers of up to 30 digits, step by step within a session.
 *
 * Anything that is no whole number ends the session; a choice that is not on the menu brings the menu again. A calculation that is not
 * finished within ten minutes is forgotten. Kept under `calculator:<transport_name>:session:<address>`.
 */
export class CalculatorApp extends Application {
  static readonly summary: string = "Adds, subtracts and multiplies whole numbers, asked for one after the other.";
  readonly #sessions = new SessionManager(this.context.keyValue.sub(`calculator:${this.config.transport_name}`), {
    maxSessionLengthMs: sessionLengthMs,
    clock: this.context.clock,
  });

  protected override async onNewSession(message: UserMessage): Promise<void> {
    await this.#sessions.create(userOf(message));
    await this.replyTo(message, menu);
  }

  protected override async onMessage(message: UserMessage): Promise<void> {
    const user = userOf(message);
    const session = await this.#sessions.load(user);
    if (session["created_at"] === undefined) return this.onNewSession(message);
    const number = wholeNumber(message.content);
    if (number === undefined) return this.#finish(message, "Sorry, I can only work with whole numbers. Goodbye!");

    const operation = operations.find(({ name }) => name === session["operation"]);
    if (operation === undefined) return this.#choose(message, number);
    const { first } = session;
    if (first === undefined) {
      await this.#sessions.save(user, { first: String(number) });
      await this.replyTo(message, "And the second number?");
      return;
    }
    const result = operation.compute(BigInt(first), number);
    await this.#finish(message, `${first} ${operation.sign} ${number} = ${result}`);
  }

  protected override async onCloseSession(message: UserMessage): Promise<void> {
    await this.#sessions.clear(userOf(message));
  }

  async #choose(message: UserMessage, choice: bigint): Promise<void> {
    // Looked up by its text, because 0 and negative numbers are no choices either.
    const operation = operations.find((_, index) => String(index + 1) === String(choice));
    if (operation !== undefined) await this.#sessions.save(userOf(message), { operation: operation.name });
    await this.replyTo(message, operation === undefined ? menu : `${operation.name}: what is the first number?`);
  }

  async #finish(message: UserMessage, text: string): Promise<void> {
    await this.#sessions.clear(userOf(message));
    await this.replyTo(message, text, { continueSession: false });
  }
}

function userOf({ from_addr }: UserMessage): string {
  return from_addr ?? "";
}

// Bounded, because multiplying takes time that grows with the square of the length.
function wholeNumber(content: string | null): bigint | undefined {
  const text = content?.trim() ?? "";
  return /^[+-]?\d{1,30}$/.test(text) ? BigInt(text) : undefined;
}
