// When the memory gateway plays: 14:36:12 on 12 March 2026 in a zone two hours ahead of UTC, the same in every run.

/** The minute at which it plays. */
export const startedAt: Date = new Date("2026-03-12T12:36:12Z");

/** A moment of that day, in the gateway's zone (UTC+2): `14:21:08` or with milliseconds. */
export function at(clock: string): Date {
  return new Date(`2026-03-12T${clock.length === 8 ? `${clock}.000` : clock}+02:00`);
}
