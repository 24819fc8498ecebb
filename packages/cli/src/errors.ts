// What the command throws by itself.

import { type ErrorCatalogue, type ErrorContext, SwitchboardError } from "@switchboard/core";

/** One of the command's error codes. */
export type CliErrorCode =
  | "CLI_ARGUMENTS_INVALID"
  | "CLI_DATA_IN_USE"
  | "CLI_FILE_EXISTS"
  | "CLI_FILE_INVALID"
  | "CLI_INPUT_INVALID"
  | "CLI_LOGIN_MISSING"
  | "CLI_PASSWORD_MISSING"
  | "CLI_PORT_TAKEN";

/** The command's part of the catalogue. */
export const cliErrors: ErrorCatalogue<CliErrorCode> = {
  CLI_ARGUMENTS_INVALID: {
    retryable: false,
    meaning: "An argument of the command cannot be understood.",
    remedy: "Write it as the error says; `switchboard help` and a verb show examples.",
  },
  CLI_DATA_IN_USE: {
    retryable: true,
    meaning: "Another gateway has the data folder open, and a folder is for one.",
    remedy: "End the process that the error names, or give this gateway another folder: `data` of the file, or --data.",
  },
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
  CLI_LOGIN_MISSING: {
    retryable: false,
    meaning: "The server has to know who is asking, and nothing says who.",
    remedy: "Run `switchboard login`, or give --user or --token.",
  },
  CLI_PASSWORD_MISSING: {
    retryable: false,
    meaning: "A password is needed, and there is no terminal to ask for it.",
    remedy: "Give --password-file with a file that only you can read.",
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
