// What an addressed telnet asks before the session begins: two addresses, one after the other. Pure: it knows no socket.

/** Who writes, and to whom. */
export interface Addresses {
  readonly to_addr: string;
  readonly from_addr: string;
}

/** One client's questions and answers. */
export class AddressDialogue {
  #toAddr: string | undefined;

  /** What the client is asked now. */
  get question(): string {
    return `Please provide "${this.#toAddr === undefined ? "to_addr" : "from_addr"}":`;
  }

  /** Takes a line. Returns the addresses once both are known; an empty line answers nothing. */
  answer(line: string): Addresses | undefined {
    if (line === "") return undefined;
    if (this.#toAddr !== undefined) return { to_addr: this.#toAddr, from_addr: line };
    this.#toAddr = line;
    return undefined;
  }
}
