/**
 * A network namespace for the bench: port 53 is free there, and nothing sent in it can leave. It is nameless, and gone with the last process
 * in it. Root makes it, or whoever may make user namespaces.
 */

import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findProgram, MissingError } from '../lib/packages.mjs';
import { addresses } from './internet.mjs';

export const packages = ['unbound', 'nsd', 'dnsperf', 'ldnsutils', 'iproute2', 'util-linux'];

/** Runs inside.mjs, or what stands in its place, in a namespace of its own, hands it `task`, and returns what it says. */
export async function runInNamespace(task, script = new URL('inside.mjs', import.meta.url)) {
  const unshare = [...(process.getuid() === 0 ? [] : ['--map-root-user']), '--net'];
  const trial = spawnSync(findProgram('unshare'), [...unshare, 'true'], { encoding: 'utf8' });
  if (trial.status !== 0)
    throw new MissingError(`the bench needs a network namespace, and this user may not make one (${trial.stderr.trim()}): run it as root.`);
  const folder = mkdtempSync(join(task.work, 'run-'));
  const result = join(folder, 'result.json');
  try {
    const args = [...unshare, '--', process.execPath, fileURLToPath(script), JSON.stringify({ ...task, folder, result })];
    const child = spawn(findProgram('unshare'), args, { stdio: 'inherit' });
    const status = await new Promise((resolve) => child.once('exit', resolve));
    if (status !== 0) throw new Error('see above');
    return JSON.parse(readFileSync(result, 'utf8'));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Gives the namespace that this process is in its addresses. All lie on the loopback interface, the only one there is. */
export function bringUp(all = Object.values(addresses).flat()) {
  const ip = (...args) => {
    const { status, stderr } = spawnSync(findProgram('ip'), args, { encoding: 'utf8' });
    if (status !== 0) throw new Error(`ip ${args.join(' ')}: ${stderr}`);
  };
  const { stdout } = spawnSync(findProgram('ip'), ['-brief', 'link'], { encoding: 'utf8' });
  // Never in the machine's own namespace.
  if (/^eth|^en|UP /m.test(stdout)) throw new Error('this is no fresh network namespace');
  ip('link', 'set', 'lo', 'up');
  for (const address of all) ip('address', 'add', `${address}/32`, 'dev', 'lo');
}
