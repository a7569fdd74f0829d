/** The zeker that is measured: compiled from src/ into the bench's own folder, so that a run neither needs nor disturbs dist/. */

import { spawnSync } from 'node:child_process';
import { cpSync, rmSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { MissingError } from './packages.mjs';

export const repository = fileURLToPath(new URL('../..', import.meta.url));

const tsc = join(dirname(createRequire(import.meta.url).resolve('typescript/package.json')), 'bin', 'tsc');

/** Runs the TypeScript compiler of the repository; it tells its errors itself. */
export function compile(args) {
  const { status } = spawnSync(process.execPath, [tsc, ...args], { cwd: repository, stdio: 'inherit' });
  if (status !== 0) throw new MissingError('The sources do not compile: see above.');
}

/** Returns the folder with cli.js in it. */
export function buildZeker(work) {
  if (process.env.ZEKER_DIST) return resolve(process.env.ZEKER_DIST);
  const home = join(work, 'zeker');
  rmSync(home, { recursive: true, force: true });
  compile(['-p', 'tsconfig.build.json', '--outDir', join(home, 'dist')]);
  symlinkSync(join(repository, 'node_modules'), join(home, 'node_modules'));
  for (const part of ['package.json', 'trust-anchors']) cpSync(join(repository, part), join(home, part), { recursive: true });
  return join(home, 'dist');
}
