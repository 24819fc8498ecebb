// Tasks and the resources that they lock. A part of the server's error catalogue.

import { errno } from "@switchboard/protocol";
import type { ServerErrorEntry } from "./entry.ts";

/** One of these codes. */
export type TaskErrorCode =
  | "TASK_UNKNOWN"
  | "TASK_DEFINITION_INVALID"
  | "TASK_NOT_FOUND"
  | "TASK_NOT_READY"
  | "TASK_QUEUE_FULL"
  | "TASK_REFUSED"
  | "TASK_WORKERS_ONLY"
  | "TASK_FILE_REFUSED"
  | "RESOURCE_INVALID"
  | "RESOURCE_EXISTS"
  | "RESOURCE_UNKNOWN";

/** What the catalogue says of them. */
export const taskErrors: Readonly<Record<TaskErrorCode, ServerErrorEntry>> = {
  TASK_UNKNOWN: {
    errno: errno.EINVAL,
    retryable: false,
    meaning: "There is no task of that name.",
    remedy: "Correct the name; `discovery.get_tasks` lists them.",
  },
  TASK_DEFINITION_INVALID: {
    errno: errno.EINVAL,
    retryable: false,
    meaning: "The definition of a task, or of a task hook, is not valid.",
    remedy: "Correct the part that the message names.",
  },
  TASK_NOT_FOUND: {
    errno: errno.ENOENT,
    retryable: false,
    meaning: "There is no task of that number, or it has ended already.",
    remedy: "Use the number that `task.submit` answered; old tasks are forgotten after a while.",
  },
  TASK_NOT_READY: {
    errno: errno.EAGAIN,
    retryable: true,
    meaning: "Tasks cannot be submitted now: the log store is not open yet, or the server stops.",
    remedy: "Submit again when the server is ready.",
  },
  TASK_QUEUE_FULL: {
    errno: errno.EBUSY,
    retryable: true,
    meaning: "As many tasks wait, or run as subtasks, as are allowed to.",
    remedy: "Wait until some have ended.",
  },
  TASK_REFUSED: {
    errno: errno.EACCES,
    retryable: false,
    meaning: "The user may not submit this task, not in this way, or may not abort it.",
    remedy: "Log in as somebody who may.",
  },
  TASK_WORKERS_ONLY: {
    errno: errno.EPERM,
    retryable: false,
    meaning: "The method belongs to the processes that run tasks.",
    remedy: "Leave it to them.",
  },
  TASK_FILE_REFUSED: {
    errno: errno.EOPNOTSUPP,
    retryable: false,
    meaning: "An isolated task tried to hand a file among its arguments on to a subtask.",
    remedy: "Read or write the file in the task that got it, or run that task in the server's own process.",
  },
  RESOURCE_INVALID: {
    errno: errno.EINVAL,
    retryable: false,
    meaning: "A resource's name is not valid, or it would lie below itself.",
    remedy: "Correct the name, or the parents and children.",
  },
  RESOURCE_EXISTS: {
    errno: errno.EEXIST,
    retryable: false,
    meaning: "A resource of that name exists.",
    remedy: "Use another name, or update the one that exists.",
  },
  RESOURCE_UNKNOWN: {
    errno: errno.ENOENT,
    retryable: false,
    meaning: "There is no resource of that name.",
    remedy: "Register it first, or correct the name.",
  },
};
