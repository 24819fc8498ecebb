// What is asked before a page with unsaved changes is left.

/** The browser's own question: true to leave. `kept`: they stay in this browser as a draft. */
export function confirmLeaving(kept: boolean): boolean {
  return confirm(`There are unsaved changes.${kept ? " They stay in this browser as a draft." : ""} Leave this page?`);
}
