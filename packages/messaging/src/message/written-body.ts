// A note on a message: the body that says the same. The codec makes and reads it; nobody else can see it, and copies of the message do not have it.

/** A body as a bus takes it or hands it over. */
export type Body = string | Uint8Array;

// What a constructor returns gets the private fields of the classes derived from it. A WeakMap does the same for five times the price, most of it
// when garbage is collected, and there is a note on every message.
// oxlint-disable-next-line typescript/no-extraneous-class -- only a class can be derived from
class Noted {
  constructor(message: object) {
    return message;
  }
}

/** Notes about messages that cannot change. */
export class WrittenBody extends Noted {
  readonly #body: Body;
  readonly #writer: unknown;

  private constructor(message: object, body: Body, writer: unknown) {
    super(message);
    this.#body = body;
    this.#writer = writer;
  }

  /** Notes the body of `message`, which is not frozen yet and will be at once; `writer` is whoever can read it. */
  static note(message: object, body: Body, writer: unknown): void {
    void new WrittenBody(message, body, writer);
  }

  /** The body that `writer` noted on the very object `message`, if any. */
  static of(message: object, writer: unknown): Body | undefined {
    return #body in message && message.#writer === writer ? message.#body : undefined;
  }
}
