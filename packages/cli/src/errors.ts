// What the command throws by itself.

import { type ErrorCatalogue, type ErrorContext, SwitchboardError } from "@switchboard/core";

/** One of the command's error codes. */
export type CliErrorCode = "CLI_INPUT_INVALID";

/** The command's part of the catalogue. */
export const cliErrors: ErrorCatalogue<CliErrorCode> = {
  CLI_INPUT_INVALID: {
    retryable: false,
    meaning: "A line of standard input is not what the command reads.",
    remedy: "Correct the line that the error names; the lines before it were taken.",
  },
};

/** Something the command could not do. */
export class CliError extends SwitchboardError {
  override name = "CliError";

  constructor(code: CliErrorCode, message: string, context?: ErrorContext) {
    super(cliErrors[code], code, message, context);
  }
}
