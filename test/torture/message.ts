// The messages of a run: each says who published it as which number, and carries a checksum, so that none can be invented or changed unnoticed.

import { crc32 } from "node:zlib";

/** Who published a message, and as his which. */
export interface Stamp {
  /** One producer process; a restarted one is a new writer. */
  readonly writer: number;
  readonly number: number;
}

const headerBytes = 16;

/** Returns the body of the message `stamp` of the run `seed`: mostly a hundred to six hundred bytes, now and then 64 KiB. */
export function encodeMessage({ writer, number }: Stamp, seed: number): Buffer {
  const mix = crc32(`${seed}/${writer}/${number}`);
  const body = Buffer.alloc(headerBytes + (mix % 499 === 0 ? 65_536 : 100 + (mix % 500)), mix % 256);
  body.writeUInt32LE(seed >>> 0, 4);
  body.writeUInt32LE(writer, 8);
  body.writeUInt32LE(number, 12);
  body.writeUInt32LE(crc32(body.subarray(4)), 0);
  return body;
}

/** Returns whose message this is, or undefined if it is not one of the run `seed`. */
export function decodeMessage(body: Buffer, seed: number): Stamp | undefined {
  if (body.length < headerBytes || body.readUInt32LE(0) !== crc32(body.subarray(4))) return undefined;
  if (body.readUInt32LE(4) !== seed >>> 0) return undefined;
  return { writer: body.readUInt32LE(8), number: body.readUInt32LE(12) };
}
