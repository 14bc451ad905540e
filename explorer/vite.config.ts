import { defineConfig } from "vitest/config";
import type { Plugin } from "vite";
import { landPath } from "./land.ts";

// `import path from "virtual:land"`
function land(): Plugin {
  const id = "virtual:land";
  return {
    name: "land",
    resolveId: (source) => (source === id ? `\0${id}` : undefined),
    load: (source) => (source === `\0${id}` ? `export default ${JSON.stringify(landPath())};` : undefined),
  };
}

export default defineConfig({
  base: "./",
  plugins: [land()],
  build: {
    outDir: "../src/technopole/publish/assets",
    emptyOutDir: true,
    target: "es2022",
    modulePreload: false,
    reportCompressedSize: false,
    rollupOptions: {
      output: {
        inlineDynamicImports: true,
        entryFileNames: "explorer.js",
        assetFileNames: "explorer[extname]",
      },
    },
  },
  test: { include: ["tests/**/*.test.ts"], environment: "node" },
});
