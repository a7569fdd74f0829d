// Compiles src/ to dist/ and makes dist/cli.js executable: `npm run build`. It compiles into a folder beside and renames it, so that dist/ is
// there while it runs, and stays as it was where src/ does not compile.
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const tsc = join(dirname(createRequire(import.meta.url).resolve('typescript/package.json')), 'bin', 'tsc');
const dist = join(root, 'dist');
const made = mkdtempSync(join(root, '.dist-')); // as deep as dist/, for source maps name their sources from there
const former = `${made}-former`;

/** Puts `made` in the place of dist/. Of two builds at the same time the later one stays. */
function replaceDist() {
  for (let attempt = 1; ; attempt++) {
    try {
      renameSync(dist, former);
    } catch (error) {
      if (error.code !== 'ENOENT') throw error;
    }
    try {
      return renameSync(made, dist);
    } catch (error) {
      if (error.code !== 'ENOTEMPTY' || attempt === 5) throw error;
      rmSync(former, { recursive: true, force: true });
    }
  }
}

let status = 0;
try {
  execFileSync(process.execPath, [tsc, '-p', join(root, 'tsconfig.build.json'), '--outDir', made], { stdio: 'inherit' });
  chmodSync(join(made, 'cli.js'), 0o755);
  chmodSync(made, 0o755);
  replaceDist();
} catch (error) {
  if (error.status === undefined) throw error;
  status = 1; // tsc has said why
} finally {
  for (const folder of [made, former]) rmSync(folder, { recursive: true, force: true });
}
process.exitCode = status;
