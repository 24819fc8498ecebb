// The levels of the log under the names of the dispatcher's manual, and what pino calls them.

/** Pino's name by ours, least level first. */
export const logLevels: Readonly<Record<string, string>> = {
  TRACE: "trace",
  DEBUG: "debug",
  INFO: "info",
  WARNING: "warn",
  ERROR: "error",
  CRITICAL: "fatal",
};
