import { defineConfig } from "vitest/config";
import type { Plugin } from "vite";
import { landPath, landPolygons } from "./land.ts";
import { notices } from "./notices.ts";

// `import path from "virtual:land"`, `import polygons from "virtual:land-polygons"`
function land(): Plugin {
  const made: Record<string, () => unknown> = { "virtual:land": landPath, "virtual:land-polygons": landPolygons };
  return {
    name: "land",
    resolveId: (source) => (source in made ? `\0${source}` : undefined),
    load: (source) => {
      const make = made[source.slice(1)];
      return source.startsWith("\0") && make ? `export default ${JSON.stringify(make())};` : undefined;
    },
  };
}

export default defineConfig({
  base: "./",
  plugins: [land(), notices()],
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
