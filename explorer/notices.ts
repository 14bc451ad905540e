// The licences of the libraries that are in the bundle ask for their text in every copy: it stands at its beginning.
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import type { Plugin } from "vite";

const DATA = ["world-atlas"]; // its land is in the bundle, none of its modules

export function notices(): Plugin {
  return {
    name: "notices",
    enforce: "post",
    generateBundle(_, bundle) {
      for (const chunk of Object.values(bundle)) {
        if (chunk.type === "chunk") chunk.code = `/*!\n${texts(chunk.moduleIds).join("\n\n")}\n*/\n${chunk.code}`;
      }
    },
  };
}

function texts(modules: string[]): string[] {
  const used = modules.flatMap((id) => /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(id)?.[1] ?? []);
  return [...new Set([...used, ...DATA])].sort().map((name) => `${name}\n\n${licence(name)}`);
}

function licence(name: string): string {
  const folder = join(import.meta.dirname, "node_modules", name);
  const file = readdirSync(folder).find((one) => /^licen[cs]e/i.test(one));
  if (file === undefined) throw new Error(`${name} comes without the text of its licence`);
  return readFileSync(join(folder, file), "utf-8").replaceAll("*/", "* /").trim();
}
