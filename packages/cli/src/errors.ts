// What the command throws by itself.

import { type ErrorCatalogue, type ErrorContext, SwitchboardError } from "@switchboard/core";

/** One of the command's error codes. */
export type CliErrorCode = "CLI_FILE_EXISTS" | "CLI_FILE_INVALID" | "CLI_INPUT_INVALID" | "CLI_PORT_TAKEN";

/** The command's part of the catalogue. */
export const cliErrors: ErrorCatalogue<CliErrorCode> = {
  CLI_FILE_EXISTS: {
    retryable: false,
    meaning: "A file that the command would write exists already.",
    remedy: "Choose another name, or add --force to overwrite it.",
  },
  CLI_FILE_INVALID: {
    retryable: false,
    meaning: "A configuration file cannot be used as it is.",
    remedy: "Correct what `switchboard check` lists; each line says where and what was expected.",
  },
  CLI_INPUT_INVALID: {
    retryable: false,
    meaning: "A line of standard input is not what the command reads.",
    remedy: "Correct the line that the error names; the lines before it were taken.",
  },
  CLI_PORT_TAKEN: {
    retryable: true,
    meaning: "A port that the gateway needs is in use.",
    remedy: "End the process that the error names, or give the gateway another port in its configuration file.",
  },
};

/** Something the command could not do. */
export class CliError extends SwitchboardError {
  override name = "CliError";

  constructor(code: CliErrorCode, message: string, context?: ErrorContext) {
    super(cliErrors[code], code, message, context);
  }
}
