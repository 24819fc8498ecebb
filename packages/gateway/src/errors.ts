// What the gateway throws by itself.

import { type ErrorCatalogue, type ErrorContext, SwitchboardError } from "@switchboard/core";

/** One of the gateway's error codes. */
export type GatewayErrorCode =
  | "GATEWAY_BACKUP_FOLDER"
  | "GATEWAY_DATA_FOLDER"
  | "GATEWAY_FILE_CHANGED"
  | "GATEWAY_FILE_PARTS"
  | "GATEWAY_FILE_READ_ONLY"
  | "GATEWAY_STEP_TIMEOUT"
  | "GROUP_PROCESS_LOST"
  | "WORKER_CHANGED"
  | "WORKER_EXISTS"
  | "WORKER_UNKNOWN";

/** The gateway's part of the catalogue. */
export const gatewayErrors: ErrorCatalogue<GatewayErrorCode> = {
  GATEWAY_BACKUP_FOLDER: {
    retryable: false,
    meaning: "A backup cannot be made in the folder that was named.",
    remedy: "Name a folder that is empty or does not exist, by its absolute path on the gateway's machine.",
  },
  GATEWAY_DATA_FOLDER: {
    retryable: false,
    meaning: "The data folder cannot be made, is no folder, or may not be written by the user that runs the gateway.",
    remedy: "Name another one with `data` of the file or --data, or give it to that user: chown, and mode 0700.",
  },
  GATEWAY_FILE_CHANGED: {
    retryable: false,
    meaning: "The configuration file, or what would be written into it, is other than when it was looked at.",
    remedy: "Have the gateway read the file again with SIGHUP, look at the changes again, then write them.",
  },
  GATEWAY_FILE_PARTS: {
    retryable: false,
    meaning: "What was changed stands in a file that the configuration file includes, or in a part that workers share.",
    remedy: "Make the change there by hand, as `switchboard config export` prints it, and send SIGHUP.",
  },
  GATEWAY_FILE_READ_ONLY: {
    retryable: false,
    meaning: "The gateway may not write its configuration file or the folder of it, or was started without one.",
    remedy:
      "Give file and folder to the user that runs the gateway, or write by hand what `switchboard config export` prints.",
  },
  GATEWAY_STEP_TIMEOUT: {
    retryable: true,
    meaning: "A part of the gateway took longer to start or stop than it may.",
    remedy: "Look at the part that the error names; `start-timeout` and `drain-timeout` say how long it may take.",
  },
  GROUP_PROCESS_LOST: {
    retryable: true,
    meaning: "The process of a group of workers ended.",
    remedy: "Nothing; it is started again. Its log says why it ended.",
  },
  WORKER_CHANGED: {
    retryable: false,
    meaning: "Somebody changed the worker after its configuration was read that this change was made from.",
    remedy: "Read its configuration again, which the error carries, and make the change anew.",
  },
  WORKER_EXISTS: {
    retryable: false,
    meaning: "There is a worker of that name already.",
    remedy: "Choose another name, or change the worker that has it.",
  },
  WORKER_UNKNOWN: {
    retryable: false,
    meaning: "There is no worker of that name.",
    remedy: "List the workers to see their names.",
  },
};

/** Something the gateway could not do. */
export class GatewayError extends SwitchboardError {
  override name = "GatewayError";

  constructor(code: GatewayErrorCode, message: string, context?: ErrorContext) {
    super(gatewayErrors[code], code, message, context);
  }
}
