// What tests of applications, transports, routers and middleware need.

export { runApplication, type RunApplicationOptions, type RunningApplication } from "./run-application.ts";
