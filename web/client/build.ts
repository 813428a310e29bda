/** Builds what npm publishes: one module in the language of today's browsers, and its types. */

import { execFileSync } from "node:child_process";
import { rmSync } from "node:fs";
import { fileURLToPath } from "node:url";

import { build } from "esbuild";

const here = fileURLToPath(new URL(".", import.meta.url));
const compiler = fileURLToPath(new URL("bin/tsc", import.meta.resolve("typescript/package.json")));

rmSync(`${here}dist`, { recursive: true, force: true });
await build({
  absWorkingDir: here,
  entryPoints: ["src/index.ts"],
  outfile: "dist/weft.js",
  bundle: true,
  minify: true,
  format: "esm",
  target: "es2022",
  sourcemap: true,
});
const options = ["--noEmit", "false", "--emitDeclarationOnly", "--declaration"];
execFileSync(
  process.execPath,
  [compiler, "--project", here, ...options, "--outDir", `${here}dist/types`],
  { stdio: "inherit" },
);
