/** Runs the built command as a shell would. `npm test` builds it first. */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const command = fileURLToPath(new URL('../../dist/cli.js', import.meta.url));

export interface Ended {
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Running {
  readonly process: ChildProcess;
  readonly ended: Promise<Ended>;
  /** Resolves with the first line of standard error that holds `text`; rejects when the process ends without one. */
  waitFor(text: string): Promise<string>;
  /** Resolves with standard output as it stands once it holds `text`; rejects when the process ends without it. */
  waitForOutput(text: string): Promise<string>;
}

export function start(args: readonly string[], environment: Readonly<Record<string, string>> = {}): Running {
  if (!existsSync(command)) throw new Error('dist/cli.js is not there: npm run build makes it');
  const child = spawn(process.execPath, [command, ...args], { env: { ...process.env, ...environment }, stdio: ['ignore', 'pipe', 'pipe'] });
  let stdout = '';
  const lines: string[] = [];
  const waiting = new Set<() => void>();
  child.stdout.setEncoding('utf8').on('data', (text) => {
    stdout += text;
    for (const look of waiting) look();
  });
  createInterface(child.stderr).on('line', (line) => {
    lines.push(line);
    for (const look of waiting) look();
  });
  const ended = new Promise<Ended>((resolve) => {
    child.on('close', (status, signal) => resolve({ status, signal, stdout, stderr: lines.join('\n') }));
  });
  const waitUntil = (find: () => string | undefined, text: string) =>
    new Promise<string>((resolve, reject) => {
      const look = () => {
        const found = find();
        if (found === undefined) return;
        waiting.delete(look);
        resolve(found);
      };
      waiting.add(look);
      look();
      void ended.then(({ status, stderr }) => reject(new Error(`it ended with ${status} before it said ${text}: ${stderr}`)));
    });
  const waitFor = (text: string) => waitUntil(() => lines.find((line) => line.includes(text)), text);
  const waitForOutput = (text: string) => waitUntil(() => (stdout.includes(text) ? stdout : undefined), text);
  return { process: child, ended, waitFor, waitForOutput };
}

export function run(...args: readonly string[]): Promise<Ended> {
  return start(args).ended;
}
