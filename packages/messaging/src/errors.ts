// What messaging throws, one class per subject.

import { type ErrorCatalogue, type ErrorContext, SwitchboardError } from "@switchboard/core";
import { type ComponentErrorCode, componentErrors } from "./components/errors.ts";
import { type WorkerAreaErrorCode, workerErrors } from "./worker/errors.ts";

/** A code for a message that is not one. */
export type MessageFormatErrorCode =
  "MESSAGE_BODY_INVALID" | "MESSAGE_FIELD_MISSING" | "MESSAGE_FIELD_INVALID" | "MESSAGE_FIELD_FIXED";

/** A code for a configuration that cannot be used. */
export type ConfigErrorCode =
  | "CONFIG_INVALID"
  | "CONFIG_FILE_INVALID"
  | "CONFIG_REGEX_INVALID"
  | "CONFIG_FIELD_DYNAMIC"
  | "CONFIG_DECLARATION_INVALID";

/** A code for a class that cannot be had. */
export type ClassErrorCode =
  "CLASS_UNKNOWN" | "CLASS_NOT_INSTALLED" | "CLASS_NOT_LOADED" | "CLASS_UNSUITABLE" | "CLASS_NAME_TAKEN";

/** One of messaging's error codes. */
export type MessagingErrorCode =
  MessageFormatErrorCode | ConfigErrorCode | ClassErrorCode | ComponentErrorCode | WorkerAreaErrorCode;

/** Messaging's part of the catalogue. */
export const messagingErrors: ErrorCatalogue<MessagingErrorCode> = {
  ...componentErrors,
  ...workerErrors,
  MESSAGE_BODY_INVALID: {
    retryable: false,
    meaning: "A body from the bus is not a JSON object in UTF-8, or is nested too deeply.",
    remedy: "Find the program that publishes it; the message stays parked until somebody looks at it.",
  },
  MESSAGE_FIELD_MISSING: {
    retryable: false,
    meaning: "A message lacks a field that its kind must have.",
    remedy: "Add the field that the error names; null is a value, a missing key is not.",
  },
  MESSAGE_FIELD_INVALID: {
    retryable: false,
    meaning: "A field of a message has a value that its kind does not allow.",
    remedy: "Correct the field that the error names.",
  },
  MESSAGE_FIELD_FIXED: {
    retryable: false,
    meaning: "A field was given that a reply takes from the message it answers, or that a send never has.",
    remedy: "Leave the field out, or build a new message that is not a reply.",
  },
  CONFIG_INVALID: {
    retryable: false,
    meaning: "A configuration lacks values that are required, or has values that its fields do not accept.",
    remedy: "Correct every line that the error lists.",
  },
  CONFIG_FILE_INVALID: {
    retryable: false,
    meaning: "A configuration file cannot be read, is not YAML, or includes itself.",
    remedy: "Correct the file at the line that the error names.",
  },
  CONFIG_REGEX_INVALID: {
    retryable: false,
    meaning:
      "A regular expression or its template is not valid in Python's dialect, or uses a feature that JavaScript lacks.",
    remedy: "Rewrite it at the character that the error names.",
  },
  CONFIG_FIELD_DYNAMIC: {
    retryable: false,
    meaning: "A program read a field that may differ from message to message where only the fixed ones are known.",
    remedy: "Read it from the configuration of the message, or declare the field `static`.",
  },
  CONFIG_DECLARATION_INVALID: {
    retryable: false,
    meaning: "A class declares a field with a property, a type or a default that does not exist or does not fit.",
    remedy: "Correct the declaration; this is a mistake in the class, not in the configuration.",
  },
  CLASS_UNKNOWN: {
    retryable: false,
    meaning: "No class has this name, or the file exports nothing of this name.",
    remedy: "Use a name that `switchboard classes` lists, or `./file.ts#ExportedName`.",
  },
  CLASS_NOT_INSTALLED: {
    retryable: false,
    meaning: "The name is one of Vumi's, of a part that is not installed.",
    remedy: "Install the part, or use another class.",
  },
  CLASS_NOT_LOADED: {
    retryable: false,
    meaning: "The file of a class does not exist, or failed while it was loaded.",
    remedy:
      "Read the cause; file names are relative to the configuration file. TypeScript needs Node 22.18 or a loader.",
  },
  CLASS_UNSUITABLE: {
    retryable: false,
    meaning: "What the name stands for is not a class, or not one of the kind needed here.",
    remedy: "Name a class that extends the base class of that kind.",
  },
  CLASS_NAME_TAKEN: {
    retryable: false,
    meaning: "Two installed classes have the same name.",
    remedy: "Give one of them another name; this is a mistake in a program.",
  },
};

/** A message that is not one: on the wire, or about to be built. `details.field` names the field. */
export class MessageFormatError extends SwitchboardError {
  override name = "MessageFormatError";

  constructor(code: MessageFormatErrorCode, message: string, context?: ErrorContext) {
    super(messagingErrors[code], code, message, context);
  }
}

/** One thing that is wrong with a configuration. */
export interface ConfigIssue {
  /** The field, from the outside in: `rules[2].app`. Empty when the file as a whole is meant. */
  readonly path: string;
  /** Where the value stands: a file, or `--set-option`. Undefined when it was given by a program. */
  readonly source: string | undefined;
  /** From 1; undefined when the source has no lines. */
  readonly line: number | undefined;
  readonly column: number | undefined;
  /** What is wrong: what was expected, what came. */
  readonly problem: string;
  /** What may help. */
  readonly hint: string | undefined;
}

/** A configuration that cannot be used. `issues` holds everything that is wrong with it, not only the first thing. */
export class ConfigError extends SwitchboardError {
  override name = "ConfigError";
  readonly issues: readonly ConfigIssue[];

  constructor(
    code: ConfigErrorCode,
    message: string,
    context?: ErrorContext & { readonly issues?: readonly ConfigIssue[] },
  ) {
    super(messagingErrors[code], code, message, context);
    this.issues = context?.issues ?? [];
  }
}

/** A class that cannot be had. */
export class ClassError extends SwitchboardError {
  override name = "ClassError";

  constructor(code: ClassErrorCode, message: string, context?: ErrorContext) {
    super(messagingErrors[code], code, message, context);
  }
}
