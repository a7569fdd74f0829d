// Programs: run to their end, or started and stopped by process id.
import { spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';

/** Output of a program that must succeed. @throws {Error} with what it said */
export async function runProgram(program, args, options = {}) {
  const { code, stdout, stderr } = await captureProgram(program, args, options);
  if (code !== 0) throw new Error(`${program} ${args.join(' ')}: exit ${code}\n${stdout}${stderr}`);
  return stdout;
}

/** Runs a program, for 15 seconds at most. */
export function captureProgram(program, args, { cwd, timeoutMs = 15_000 } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { cwd, stdio: ['ignore', 'pipe', 'pipe'], timeout: timeoutMs });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text) => (stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text) => (stderr += text));
    child.on('error', reject).on('close', (code) => resolve({ code, stdout, stderr }));
  });
}

/** Starts a server whose output goes to a file. */
export function startServer(title, program, args, logFile) {
  const log = openSync(logFile, 'a');
  const child = spawn(program, args, { stdio: ['ignore', log, log] });
  closeSync(log);
  const ended = new Promise((resolve) => child.once('exit', resolve).once('error', resolve));
  return {
    title,
    isRunning: () => child.pid !== undefined && child.exitCode === null && child.signalCode === null,
    log: () => readFileSync(logFile, 'utf8').split('\n').slice(-15).join('\n'),
    /** Stands still for a while, its sockets open. */
    async pause(ms) {
      child.kill('SIGSTOP');
      await new Promise((resolve) => setTimeout(resolve, ms));
      child.kill('SIGCONT');
    },
    /** SIGTERM, and SIGKILL to what is still there after 3 seconds. */
    async stop() {
      if (!this.isRunning()) return;
      child.kill('SIGTERM');
      const timer = setTimeout(() => child.kill('SIGKILL'), 3_000);
      await ended;
      clearTimeout(timer);
    },
  };
}

/** Tries until it succeeds. @throws {Error} the last failure, at the deadline */
export async function until(deadlineMs, attempt) {
  const end = Date.now() + deadlineMs;
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (Date.now() > end) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

/** Applies `work` to all items, `width` of them at a time, results in the order of the items. */
export async function inParallel(width, items, work) {
  const results = new Array(items.length);
  let next = 0;
  const worker = async () => {
    while (next < items.length) {
      const index = next++;
      results[index] = await work(items[index], index);
    }
  };
  await Promise.all(Array.from({ length: width }, worker));
  return results;
}
