// `npm run torture`: puts a bus, or a whole gateway, through disasters for as long as is asked, and says what became of its messages.

import { parseArgs, styleText } from "node:util";
import { tortureGateway } from "./gateway.ts";
import { canWatch } from "./leak/gateway.ts";
import { leakHeading, leakLine, leakVerdict } from "./leak/print.ts";
import { checkForLeaks } from "./leak/run.ts";
import { type BusKind, type Progress, type Report, torture } from "./run.ts";

const usage = `Usage: npm run torture -- [--bus embedded|amqp] [--minutes N] [--seed S] [--json]
       npm run torture -- --gateway [--kills N] [--seed S] [--json]
       npm run torture -- --leak [--messages N] [--json]

  --bus      which bus; default both, one after the other
  --minutes  how long to go on, for each bus; default 1
  --gateway  a whole gateway under load instead, killed and started again
  --kills    how often; default 50
  --leak     a whole gateway that answers very many messages; fails when its heap or its open files grow
  --messages how many; default 1000000, which takes some ten minutes
  --seed     what happens, and when; default a new one. A failed run says its seed
  --json     print the reports as JSON and nothing else`;

const { values } = parseArgs({
  options: {
    bus: { type: "string" },
    minutes: { type: "string", default: "1" },
    gateway: { type: "boolean", default: false },
    kills: { type: "string", default: "50" },
    leak: { type: "boolean", default: false },
    messages: { type: "string", default: "1000000" },
    seed: { type: "string" },
    json: { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  },
});
const minutes = Number(values.minutes);
const seed = values.seed === undefined ? Math.floor(Math.random() * 1_000_000) : Number(values.seed);
const messages = Number(values.messages);
const kinds: readonly string[] = values.bus === undefined ? ["embedded", "amqp"] : [values.bus];
const areNumbers = minutes >= 0 && Number.isInteger(seed) && messages >= 100;
if (values.help || !areNumbers || !kinds.every(isBusKind)) {
  console.log(usage);
  process.exit(values.help ? 0 : 2);
}

if (values.gateway) {
  const report = await tortureGateway({
    seed,
    kills: Number(values.kills),
    ...(!values.json && {
      onProgress: (kills, accepted, handled) => console.log(`${kills} kills  ${accepted} accepted  ${handled} handled`),
    }),
  });
  console.log(JSON.stringify(report, undefined, 2));
  process.exit(report.lost.length === 0 && report.invented.length === 0 ? 0 : 1);
}

if (values.leak) {
  if (!canWatch()) throw new Error("the leak check counts open files in /proc, which this machine has not");
  if (!values.json) console.log(leakHeading());
  const report = await checkForLeaks({
    messages,
    ...(!values.json && { onSample: (sample) => console.log(leakLine(sample)) }),
  });
  console.log(values.json ? JSON.stringify(report, undefined, 2) : leakVerdict(report));
  process.exit(report.grown.length === 0 ? 0 : 1);
}

const reports: Report[] = [];
for (const bus of kinds.filter(isBusKind)) {
  if (!values.json) console.log(`${styleText("bold", bus)}: ${minutes} min of disasters, seed ${seed}`);
  const report = await torture({ bus, seed, minutes, ...(values.json ? {} : { onProgress: showProgress }) });
  reports.push(report);
  if (!values.json) console.log(describe(report));
}
if (values.json) console.log(JSON.stringify(reports, undefined, 2));
process.exitCode = reports.every(({ ok }) => ok) ? 0 : 1;

function isBusKind(text: string): text is BusKind {
  return text === "embedded" || text === "amqp" || text === "memory";
}

function showProgress({ seconds, disaster, accepted, handled }: Progress): void {
  const line = `${seconds.toFixed(0).padStart(5)} s  ${String(accepted).padStart(9)} accepted  ${String(handled).padStart(9)} handled  ${disaster}`;
  if (process.stdout.isTTY) process.stdout.write(`\r\x1b[K${line}`);
  else console.log(line);
}

function describe(report: Report): string {
  const { bus, seed, seconds, accepted, attempted, handled, duplicates, duplicateRate, parked } = report;
  const { lost, invented, outOfOrder, stuck, clues, crashes, ok, disasters } = report;
  const lines = [
    `${process.stdout.isTTY ? "\r\x1b[K" : ""}${ok ? styleText("green", "kept every promise") : styleText("red", "FAILED")} in ${seconds.toFixed(0)} s`,
    `  ${attempted} attempted, ${accepted} accepted, ${handled} handled, ${parked} parked`,
    `  ${lost.length} lost${first(lost)}, ${invented.length} invented${first(invented)}, ${outOfOrder.length} out of order${firstLate(outOfOrder)}, ${stuck} stuck`,
    `  ${duplicates} duplicates, ${(duplicateRate * 100).toFixed(2)} % of what was handled`,
    `  ${Object.entries(disasters)
      .map(([name, { times, slowestRecoveryMs }]) => `${name} ${times} (${slowestRecoveryMs} ms)`)
      .join(", ")}`,
    ...[...clues, ...crashes].map((words) => `  ${words}`),
  ];
  if (!ok) lines.push(`  Again: npm run torture -- --bus ${bus} --minutes ${values.minutes} --seed ${seed}`);
  return lines.join("\n");
}

function first(stamps: Report["lost"]): string {
  const names = stamps.slice(0, 5).map(({ writer, number }) => `${writer}/${number}`);
  return names.length === 0 ? "" : `: ${names.join(", ")}`;
}

function firstLate(late: Report["outOfOrder"]): string {
  const names = late.slice(0, 5).map(({ writer, number, after, position }) => {
    return `${writer}/${number} after ${writer}/${after} as its consumer's ${position}th`;
  });
  return names.length === 0 ? "" : `: ${names.join(", ")}`;
}
