// Starts the writer thread from its TypeScript source, where Node itself does not run TypeScript. Not part of the built package.

if (!process.features.typescript) {
  const { register } = await import("tsx/esm/api");
  register();
}
await import("./writer.ts");
