// The tasks of the plugin `test`: progress, errors, warnings, abort, a crash, a file. Clients try themselves out on them.

import { errno } from "@switchboard/protocol";
import { defineTask } from "./define-task.ts";
import { TaskAbortError, TaskError, TaskWarning } from "./task-errors.ts";
import type { TaskFile } from "./task-file.ts";
import type { TaskClass, TaskContext } from "./task.ts";

const steps = 10;

/** Resolves after `ms`, rejects as soon as the task is to end. */
function pause({ signal }: TaskContext, ms: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const refuse = (): void => {
      clearTimeout(timer);
      reject(new TaskAbortError());
    };
    const timer = setTimeout(() => {
      signal.removeEventListener("abort", refuse);
      resolve();
    }, ms);
    if (signal.aborted) refuse();
    else signal.addEventListener("abort", refuse, { once: true });
  });
}

const progress = defineTask({
  name: "ProgressTest",
  description: "Counts to 100 %",
  abortable: true,
  run: async (context, pauseMs: number = 20) => {
    for (let step = 0; step <= steps; step++) {
      context.setProgress((step * 100) / steps, `Step ${step} of ${steps}`);
      await pause(context, pauseMs);
    }
    return { steps };
  },
});

const failing = defineTask({
  name: "FailingTest",
  description: "Fails with an error that says what is wrong",
  run: () => {
    throw new TaskError(errno.EPERM, "If you see this text it means that the test has succeeded");
  },
});

const unreasonableError = defineTask({
  name: "UnreasonableErrorTest",
  description: "Fails with an error that was not made for callers",
  run: () => {
    throw new TypeError("Unreasonable failure");
  },
});

const abort = defineTask({
  name: "AbortTest",
  description: "Waits until it is aborted",
  abortable: true,
  run: async (context) => {
    context.setProgress(1, "Waiting to be aborted");
    await pause(context, 2_147_483_647);
  },
});

const abortSubtask = defineTask({
  name: "AbortSubtaskTest",
  description: "Starts a subtask and aborts it",
  run: async (context) => {
    const id = await context.runSubtask("test.abort");
    await context.abortSubtask(id);
    await context.joinSubtasks(id).catch((error: unknown) => {
      if (!(error instanceof TaskAbortError)) throw error;
    });
    return { aborted: id };
  },
});

const warnings = defineTask({
  name: "WarningsTest",
  description: "Gives warnings",
  run: (context) => {
    context.addWarning(new TaskWarning(errno.EBUSY, "Warning 1"));
    context.addWarning(new TaskWarning(errno.ENXIO, "Warning 2", { extra: { hello: "world" } }));
    context.addWarning("Warning 3", { code: errno.EINVAL });
  },
});

const download = defineTask({
  name: "DownloadTest",
  description: "Writes a file to be downloaded",
  accepts: [{ title: "file", type: "fd", mandatory: true }],
  run: (_, file: TaskFile) => {
    file.stream.end("Hello from the test task\n");
  },
});

const onTheFlyDownload = defineTask({
  name: "OnTheFlyDownloadTest",
  description: "Writes a file while it is being downloaded",
  accepts: [{ title: "file", type: "fd", mandatory: true }],
  abortable: true,
  run: async (context, file: TaskFile) => {
    for (let line = 1; line <= steps; line++) {
      file.stream.write(`line ${line}\n`);
      context.setProgress((line * 100) / steps, `Line ${line} of ${steps}`);
      await pause(context, 20);
    }
    file.stream.end();
  },
});

/** The tasks by name. */
export const testTasks: Readonly<Record<string, TaskClass>> = {
  "test.progress": progress,
  "test.failing": failing,
  "test.unreasonable_error": unreasonableError,
  "test.abort": abort,
  "test.abort.subtask": abortSubtask,
  "test.test_warnings": warnings,
  "test.test_download": download,
  "test.ontheflydownload": onTheFlyDownload,
};
