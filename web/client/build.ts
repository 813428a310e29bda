/** Builds what npm publishes: a module in the language of today's browsers, hooks, and types. */

import { execFileSync } from "node:child_process";
import { rmSync } from "node:fs";
import { fileURLToPath } from "node:url";

import { build } from "esbuild";

const here = fileURLToPath(new URL(".", import.meta.url));
const compiler = fileURLToPath(new URL("bin/tsc", import.meta.resolve("typescript/package.json")));

rmSync(`${here}dist`, { recursive: true, force: true });
await build({
  absWorkingDir: here,
  entryPoints: { weft: "src/index.ts", react: "src/react.ts" },
  outdir: "dist",
  external: ["react", "@weft/client"], // of the page that uses the hooks
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
