// What the gateway throws by itself.

import { type ErrorCatalogue, type ErrorContext, SwitchboardError } from "@switchboard/core";

/** One of the gateway's error codes. */
export type GatewayErrorCode =
  | "GATEWAY_BACKUP_FOLDER"
  | "GATEWAY_DATA_FOLDER"
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
