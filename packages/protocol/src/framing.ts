// Frames on a byte stream (Unix socket, raw TCP, SSH relay): magic, payload length, payload. WebSockets frame by themselves and need none of this.

import { ProtocolError } from "./errors.ts";

const magic = 0xdeadbeef;
// Sent, with length 0, by an SSH relay that cannot open the server's socket.
const relayDeniedMagic = 0xbadbeef0;
const headerBytes = 8;

// Both numbers of the header are in host byte order, because both ends of a Unix socket are on one host.
const littleEndian = new Uint8Array(new Uint32Array([1]).buffer)[0] === 1;

const encoder = new TextEncoder();

/** The bytes that carry one frame, given as its text or the UTF-8 bytes of it: magic, length in bytes, payload. */
export function frameBytes(frame: string | Uint8Array): Uint8Array {
  const payload = typeof frame === "string" ? encoder.encode(frame) : frame;
  const bytes = new Uint8Array(headerBytes + payload.length);
  const header = new DataView(bytes.buffer);
  header.setUint32(0, magic, littleEndian);
  header.setUint32(4, payload.length, littleEndian);
  bytes.set(payload, headerBytes);
  return bytes;
}

/**
 * Takes the bytes of one stream as they come, in pieces of any size, and gives the texts of the frames in them.
 *
 * Memory is bounded by `maxPayloadBytes` plus the piece at hand, and grows with what has arrived, not with what a header announces.
 * After a throw the stream cannot be read any further: close it.
 */
export class FramingDecoder {
  readonly #maxPayloadBytes: number;
  // A byte order mark is part of the payload, where JSON refuses it.
  readonly #decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  /** The beginning of a frame whose rest has not come; empty most of the time. Only the first `#pending` bytes count. */
  #buffer = new Uint8Array(0);
  #pending = 0;

  /** `maxPayloadBytes`: longest payload accepted, default 16 MiB. */
  constructor({ maxPayloadBytes = 16 * 2 ** 20 }: { readonly maxPayloadBytes?: number } = {}) {
    this.#maxPayloadBytes = maxPayloadBytes;
  }

  /** Bytes kept until the rest of their frame arrives. */
  get pendingBytes(): number {
    return this.#pending;
  }

  /**
   * The texts of all frames completed by `chunk`, in order. The chunk may be reused afterwards.
   *
   * @throws {ProtocolError} PROTOCOL_FRAMING_INVALID (wrong magic, empty or too long payload, not UTF-8), PROTOCOL_RELAY_DENIED.
   */
  push(chunk: Uint8Array): string[] {
    const bytes = this.#pending === 0 ? chunk : this.#append(chunk);
    const texts: string[] = [];
    let start = 0;
    for (;;) {
      const length = this.#readHeader(bytes, start);
      if (length === undefined || start + headerBytes + length > bytes.length) break;
      const from = start + headerBytes;
      start = from + length;
      texts.push(this.#decode(bytes.subarray(from, start)));
    }
    this.#keep(bytes, start);
    return texts;
  }

  #readHeader(bytes: Uint8Array, start: number): number | undefined {
    if (bytes.length - start < headerBytes) return undefined;
    const header = new DataView(bytes.buffer, bytes.byteOffset + start, headerBytes);
    const found = header.getUint32(0, littleEndian);
    const length = header.getUint32(4, littleEndian);
    if (found === relayDeniedMagic) {
      throw new ProtocolError("PROTOCOL_RELAY_DENIED", "the relay was denied access to the server's Unix socket");
    }
    if (found !== magic) {
      const shown = found.toString(16).padStart(8, "0");
      throw new ProtocolError("PROTOCOL_FRAMING_INVALID", `expected the magic number deadbeef, got ${shown}`);
    }
    if (length === 0 || length > this.#maxPayloadBytes) {
      const range = `1 to ${this.#maxPayloadBytes} bytes`;
      throw new ProtocolError("PROTOCOL_FRAMING_INVALID", `expected a payload of ${range}, got ${length}`);
    }
    return length;
  }

  #decode(payload: Uint8Array): string {
    try {
      return this.#decoder.decode(payload);
    } catch (cause) {
      throw new ProtocolError("PROTOCOL_FRAMING_INVALID", `the payload of ${payload.length} bytes is not UTF-8`, {
        cause,
      });
    }
  }

  /** What was pending with `chunk` behind it. Room doubles, so that a frame coming byte by byte is not copied once per byte. */
  #append(chunk: Uint8Array): Uint8Array {
    const needed = this.#pending + chunk.length;
    if (needed > this.#buffer.length) {
      const grown = new Uint8Array(needed * 2);
      grown.set(this.#buffer.subarray(0, this.#pending));
      this.#buffer = grown;
    }
    this.#buffer.set(chunk, this.#pending);
    this.#pending = needed;
    return this.#buffer.subarray(0, needed);
  }

  #keep(bytes: Uint8Array, start: number): void {
    const rest = bytes.length - start;
    const isOwn = bytes.buffer === this.#buffer.buffer;
    // Nothing was completed: the buffer holds exactly these bytes already.
    if (isOwn && start === 0) return;
    // Not `slice`, which shares the bytes where the chunk is one of Node's Buffers.
    this.#buffer = new Uint8Array(bytes.subarray(start));
    this.#pending = rest;
  }
}
