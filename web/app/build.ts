/**
 * Builds what a gateway serves: one page, files whose names change with their content, and the
 * client library under a name that stays, for pages of others.
 */

import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

import { build } from "esbuild";

const here = fileURLToPath(new URL(".", import.meta.url));
const target = fileURLToPath(new URL("../../gateway/app/", import.meta.url));

rmSync(target, { recursive: true, force: true });
const modules = {
  absWorkingDir: here,
  bundle: true,
  minify: true,
  format: "esm",
  target: "es2022",
  legalComments: "none",
} as const;
await build({ ...modules, entryPoints: ["../client/src/index.ts"], outfile: `${target}weft.js` });
const { metafile } = await build({
  ...modules,
  entryPoints: { app: "src/main.tsx", icon: "src/weft.svg" },
  outdir: target,
  entryNames: "[name]-[hash]",
  chunkNames: "part-[hash]",
  assetNames: "[name]-[hash]",
  alias: { "@weft/client": "../client/src/index.ts" },
  loader: { ".svg": "copy" },
  publicPath: "/app",
  splitting: true,
  metafile: true,
});

const names = Object.keys(metafile.outputs).map((path) => path.split("/").at(-1)!);
const named = (start: string, end: string): string =>
  `/app/${names.find((name) => name.startsWith(start) && name.endsWith(end))!}`;
// All parts are asked for at once, so that none waits for the one that imports it.
const parts = names.filter((name) => name.startsWith("part-") && name.endsWith(".js"));
const preloads = parts.map((name) => `<link rel="modulepreload" href="/app/${name}" />`);
const page = readFileSync(`${here}index.html`, "utf8")
  .replace("SCRIPT", named("app-", ".js"))
  .replace("<!-- PARTS -->", preloads.join("\n    "))
  .replace("STYLE", named("app-", ".css"))
  .replace("ICON", named("icon-", ".svg"));
writeFileSync(`${target}index.html`, page);
