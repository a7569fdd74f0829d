/** Processes that a bench starts: their CPU time, and their end. Only what was started here is ended, by its own pid. */

import { execFileSync, spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';

const ticksPerSecond = Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }));

/** CPU seconds that a process has used, in its own code and in the kernel's; all its threads, those that ended too (proc(5): utime, stime). */
export function cpuSeconds(pid) {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  // The name in parentheses may hold anything, so fields are counted from behind it.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [user, system] = [Number(fields[11]) / ticksPerSecond, Number(fields[12]) / ticksPerSecond];
  return { user, system, all: user + system };
}

/** Octets that a process has in memory of its own, shared memory among its threads included (proc(5), RssAnon and RssShmem). */
export function residentOctets(pid) {
  const status = readFileSync(`/proc/${pid}/status`, 'latin1');
  return [...status.matchAll(/^Rss(?:Anon|Shmem):\s+(\d+) kB/gm)].reduce((sum, [, kilooctets]) => sum + Number(kilooctets) * 1024, 0);
}

const running = new Set();

/** Starts a program that stays. Its output goes to `log`. */
export function startProcess(program, args, { log, cwd, env } = {}) {
  const file = log === undefined ? 'ignore' : openSync(log, 'w', 0o600);
  const child = spawn(program, args, { cwd, env: env ?? process.env, stdio: ['ignore', file, file] });
  if (log !== undefined) closeSync(file);
  running.add(child);
  const ended = new Promise((resolve) => {
    child.once('error', resolve);
    child.once('exit', resolve);
  }).finally(() => running.delete(child));
  return {
    pid: child.pid,
    /** Throws with the end of its output where it has ended by itself. */
    demandRunning(what) {
      if (running.has(child)) return;
      const output = log === undefined ? '' : readFileSync(log, 'utf8').trim().split('\n').slice(-5).join('\n  ');
      throw new Error(`${what} ended at once:\n  ${output}`);
    },
    cpuSeconds: () => cpuSeconds(child.pid),
    residentOctets: () => residentOctets(child.pid),
    /** Asks it to end, and ends it after 8 seconds. */
    async stop() {
      child.kill('SIGTERM');
      const timer = setTimeout(() => child.kill('SIGKILL'), 8_000);
      await ended;
      clearTimeout(timer);
    },
  };
}

process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(1));

/** Calls `check` until it returns something true; throws after `limitMs`. */
export async function waitFor(what, check, limitMs = 20_000) {
  const until = performance.now() + limitMs;
  while (performance.now() < until) {
    const found = await check();
    if (found) return found;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  throw new Error(`${what}: not within ${limitMs / 1000} s`);
}
