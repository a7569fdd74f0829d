// Compiles test/fuzz/run.ts into a folder of its own and runs it: `npm run fuzz -- [--minutes 10] [--seed N]`.
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const folder = mkdtempSync(join(tmpdir(), 'zeker-fuzz-'));
const tsc = join(dirname(createRequire(import.meta.url).resolve('typescript/package.json')), 'bin', 'tsc');
const run = (...args) => spawnSync(process.execPath, args, { cwd: root, stdio: 'inherit' }).status ?? 1;
try {
  copyFileSync(join(root, 'package.json'), join(folder, 'package.json'));
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  process.exitCode =
    run(tsc, '-p', join(root, 'test', 'fuzz', 'tsconfig.fuzz.json'), '--outDir', folder) ||
    run(join(folder, 'test', 'fuzz', 'run.js'), ...process.argv.slice(2));
} finally {
  rmSync(folder, { recursive: true, force: true });
}
