// Vumi's reverse timestamps, for exchange with its tools: texts that sort newest first. Whole seconds only.

const ceiling = 0xff_ffff_ffff;

/** Returns `0xFFFFFFFFFF` minus the Unix seconds of `ms`, as at least ten upper-case hexadecimal digits. */
export function toReverseTimestamp(ms: number): string {
  return (ceiling - Math.floor(ms / 1_000)).toString(16).toUpperCase().padStart(10, "0");
}

/** Returns the milliseconds since 1970 that a reverse timestamp stands for, with the fraction of the second lost; NaN for other texts. */
export function fromReverseTimestamp(text: string): number {
  return /^[0-9A-F]{10,}$/.test(text) ? (ceiling - Number.parseInt(text, 16)) * 1_000 : Number.NaN;
}
