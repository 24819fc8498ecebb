// Telnet on the receiving side: from bytes, in whatever pieces they come, to lines of text. Takes out commands and answers negotiation,
// edits lines as people do, and stops at lines without end. Pure: it owns no socket and no timer.
// RFC 854 (commands, CR LF and CR NUL), RFC 1143 is not needed: we refuse every option.

/** What came out of a piece of input. */
export type TelnetInput =
  | { readonly kind: "line"; readonly bytes: Buffer }
  /** To be sent back as it is. */
  | { readonly kind: "answer"; readonly bytes: Buffer }
  /** The line is longer than allowed. Nothing sensible follows; close the connection. */
  | { readonly kind: "overflow" };

const IAC = 255;
const DONT = 254;
const DO = 253;
const WONT = 252;
const WILL = 251;
const SB = 250;
const EL = 248; // erase line
const EC = 247; // erase character
const AYT = 246; // are you there
const SE = 240;
const CR = 13;
const LF = 10;
const BS = 8;
const DEL = 127;

type State = "text" | "command" | "option" | "subnegotiation" | "subnegotiationCommand" | "carriageReturn";

/** Reads one connection's input. */
export class LineDecoder {
  readonly #maxLineBytes: number;
  #line: number[] = [];
  #state: State = "text";
  #verb = 0;

  constructor(maxLineBytes: number) {
    this.#maxLineBytes = maxLineBytes;
  }

  /** Whether there is text that no line end has followed yet. */
  get hasPartialLine(): boolean {
    return this.#line.length > 0;
  }

  /** Takes the text that no line end has followed yet. */
  takePartialLine(): Buffer {
    return this.#takeLine();
  }

  /** Reads a piece of input. */
  read(chunk: Uint8Array): TelnetInput[] {
    const found: TelnetInput[] = [];
    for (const byte of chunk) {
      const input = this.#next(byte);
      if (input === undefined) continue;
      found.push(input);
      if (input.kind === "overflow") break;
    }
    return found;
  }

  #next(byte: number): TelnetInput | undefined {
    switch (this.#state) {
      case "text":
        return this.#text(byte);
      case "carriageReturn":
        return this.#afterCarriageReturn(byte);
      case "command":
        return this.#command(byte);
      case "option":
        return this.#option(byte);
      case "subnegotiation":
        if (byte === IAC) this.#state = "subnegotiationCommand";
        break;
      case "subnegotiationCommand":
        this.#state = byte === SE ? "text" : "subnegotiation";
        break;
    }
    return undefined;
  }

  #text(byte: number): TelnetInput | undefined {
    switch (byte) {
      case IAC:
        this.#state = "command";
        return undefined;
      case CR:
        this.#state = "carriageReturn";
        return undefined;
      case LF:
        return { kind: "line", bytes: this.#takeLine() };
      case BS:
      case DEL:
        this.#eraseCharacter();
        return undefined;
      case 0:
        return undefined;
      default:
        return this.#add(byte);
    }
  }

  // CR LF ends a line. So does CR NUL: it is how clients in character mode send the Enter key. A bare CR, which RFC 854 forbids, does too.
  #afterCarriageReturn(byte: number): TelnetInput | undefined {
    this.#state = "text";
    const line: TelnetInput = { kind: "line", bytes: this.#takeLine() };
    if (byte !== LF && byte !== 0) this.#next(byte);
    return line;
  }

  #command(byte: number): TelnetInput | undefined {
    this.#state = "text";
    switch (byte) {
      case IAC:
        return this.#add(IAC);
      case DO:
      case DONT:
      case WILL:
      case WONT:
        this.#verb = byte;
        this.#state = "option";
        return undefined;
      case SB:
        this.#state = "subnegotiation";
        return undefined;
      case EC:
        this.#eraseCharacter();
        return undefined;
      case EL:
        this.#line = [];
        return undefined;
      case AYT:
        return { kind: "answer", bytes: Buffer.from("[Yes]\r\n") };
      default:
        return undefined;
    }
  }

  #option(option: number): TelnetInput | undefined {
    this.#state = "text";
    if (this.#verb === DO) return { kind: "answer", bytes: Buffer.of(IAC, WONT, option) };
    if (this.#verb === WILL) return { kind: "answer", bytes: Buffer.of(IAC, DONT, option) };
    return undefined;
  }

  #add(byte: number): TelnetInput | undefined {
    if (this.#line.length >= this.#maxLineBytes) return { kind: "overflow" };
    this.#line.push(byte);
    return undefined;
  }

  // A character of UTF-8 is one byte that is no continuation (10xxxxxx), and the continuations behind it.
  #eraseCharacter(): void {
    let byte = this.#line.pop();
    while (byte !== undefined && (byte & 0xc0) === 0x80) byte = this.#line.pop();
  }

  #takeLine(): Buffer {
    const bytes = Buffer.from(this.#line);
    this.#line = [];
    return bytes;
  }
}

/** Text as it is sent: every line end as CR LF. UTF-8 never contains byte 255, so there is nothing to double. */
export function encodeText(text: string): Buffer {
  return Buffer.from(text.replaceAll(/\r\n|\r|\n/g, "\r\n"), "utf8");
}
