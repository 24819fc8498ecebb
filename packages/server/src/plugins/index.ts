// The door to plugins.

export { CrashReports, type CrashReportsOptions } from "./crash-reports.ts";
export { type DebugHook, type Hook, Hooks } from "./hooks.ts";
export { definePlugin, type Plugin, type PluginInfo, type PluginState } from "./plugin.ts";
export { type ClassOf, PluginContext } from "./plugin-context.ts";
export type { PluginHost, PluginTasks } from "./plugin-host.ts";
export { PluginManager, type PluginManagerOptions } from "./plugin-manager.ts";
