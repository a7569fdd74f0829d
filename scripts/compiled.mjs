// Compiles TypeScript of test/fuzz into a folder of its own, runs it, and removes it: Node 20 runs no TypeScript.
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Runs `test/fuzz/ENTRY.ts`, compiled by `test/fuzz/PROJECT`, with the arguments of this process; returns its exit status. */
export function runCompiled(entry, project) {
  const root = dirname(dirname(fileURLToPath(import.meta.url)));
  const folder = mkdtempSync(join(tmpdir(), `zeker-${entry}-`));
  const tsc = join(dirname(createRequire(import.meta.url).resolve('typescript/package.json')), 'bin', 'tsc');
  const run = (...args) => spawnSync(process.execPath, args, { cwd: root, stdio: 'inherit' }).status ?? 1;
  try {
    copyFileSync(join(root, 'package.json'), join(folder, 'package.json'));
    symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
    return (
      run(tsc, '-p', join(root, 'test', 'fuzz', project), '--outDir', folder) ||
      run(join(folder, 'test', 'fuzz', `${entry}.js`), ...process.argv.slice(2))
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
