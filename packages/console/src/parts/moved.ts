// When a question has to speak up because its numbers moved. Pure.

/** Whether two counts are more than 5 % apart. */
export function movedTooFar(before: number, after: number): boolean {
  return Math.abs(after - before) > before * 0.05;
}
