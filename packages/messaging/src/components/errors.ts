// What the shared components throw. Part of messaging's catalogue in ../errors.ts.

import { type ErrorCatalogue, type ErrorContext, SwitchboardError } from "@switchboard/core";

/** One of the error codes of the shared components. */
export type ComponentErrorCode =
  | "COMPONENT_ALREADY_RUNNING"
  | "COMPONENT_STORED_VALUE_INVALID"
  | "TAGPOOL_IN_USE"
  | "WINDOW_EXISTS"
  | "WINDOW_NOT_EMPTY";

/** The part of the catalogue that components add. */
export const componentErrors: ErrorCatalogue<ComponentErrorCode> = {
  COMPONENT_ALREADY_RUNNING: {
    retryable: false,
    meaning: "A window monitor or a message scheduler was started while it runs.",
    remedy: "Start it once; stop it before starting it with something else.",
  },
  COMPONENT_STORED_VALUE_INVALID: {
    retryable: false,
    meaning: "A value in the key-value store is not what the component would have written there.",
    remedy: "Look at the key that the error names, and remove it if another program has written it.",
  },
  TAGPOOL_IN_USE: {
    retryable: true,
    meaning: "A tag pool cannot be purged while tags of it are in use.",
    remedy: "Release the tags first.",
  },
  WINDOW_EXISTS: {
    retryable: false,
    meaning: "A window was to be created that exists, and that was not allowed.",
    remedy: "Choose another name, or create it without `strict`.",
  },
  WINDOW_NOT_EMPTY: {
    retryable: true,
    meaning: "A window cannot be removed while keys wait in it.",
    remedy: "Wait until the keys have taken off.",
  },
};

/** Something a shared component could not do. */
export class ComponentError extends SwitchboardError {
  override name = "ComponentError";

  constructor(code: ComponentErrorCode, message: string, context?: ErrorContext) {
    super(componentErrors[code], code, message, context);
  }
}
