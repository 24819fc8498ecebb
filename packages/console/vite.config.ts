// How the page is built: one small first bundle, one chunk per further page, every file from 'self'. With SWITCHBOARD_CONSOLE_TWIN=1 it
// builds (or serves) the page on the memory gateway instead, for development and for the tests; that build is never shipped.

import { defineConfig } from "vite";

const isTwin = process.env["SWITCHBOARD_CONSOLE_TWIN"] === "1";

export default defineConfig({
  root: import.meta.dirname,
  base: "/",
  resolve: { conditions: ["source", "module", "browser", "import", "default"] },
  esbuild: { jsx: "automatic", jsxImportSource: "preact" },
  build: {
    outDir: process.env["SWITCHBOARD_CONSOLE_OUT"] ?? "dist",
    emptyOutDir: true,
    target: "es2022",
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    reportCompressedSize: false,
    rollupOptions: {
      output: { entryFileNames: "assets/[name]-[hash].js", chunkFileNames: "assets/[name]-[hash].js" },
    },
  },
  plugins: [
    {
      name: "twin-entry",
      transformIndexHtml: {
        order: "pre",
        handler: (html) => (isTwin ? html.replace("/src/main.tsx", "/src/testing/main.tsx") : html),
      },
    },
  ],
});
