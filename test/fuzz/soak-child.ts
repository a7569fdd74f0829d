/** Starts the service of a soak as a child process and asks it for its memory. */

import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Sandbox } from '../../src/sandbox/internet.ts';
import type { Memory } from './soak-service.ts';

export interface SoakChild {
  readonly port: number;
  readonly httpPort: number;
  /** After a collection, once what was in flight has ended. */
  measure(): Promise<Memory>;
  stop(): Promise<void>;
}

/** What is in flight has ended 8 s from the last question, and a connection that is idle for 10. */
const QUIET_MS = 12_000;

/** A service whose upstream are the sandbox's addresses at `upstreamPort`. The whole soak ends where it ends by itself. */
export async function startSoakChild(
  { hints, anchors }: Sandbox,
  upstreamPort: number,
  cache: { readonly maxMemory: string; readonly maxTtl: number },
): Promise<SoakChild> {
  const folder = mkdtempSync(join(tmpdir(), 'zeker-soak-'));
  writeFileSync(join(folder, 'hints'), hints);
  writeFileSync(join(folder, 'anchors'), anchors);
  const config = {
    listen: { dns: ['127.0.0.1:0'], http: '127.0.0.1:0' },
    root: { hints: 'hints' },
    trust: { anchors: 'anchors' },
    resolver: { upstreamPort, doNotQuery: [] },
    cache,
    log: { level: 'error' },
  };
  writeFileSync(join(folder, 'config'), JSON.stringify(config));
  const service = fileURLToPath(new URL('./soak-service.js', import.meta.url));
  const child = fork(service, [join(folder, 'config')], { execArgv: ['--expose-gc'] });
  child.on('exit', (code, signal) => {
    if (code !== 0) {
      console.log(`FAULT the service ended: code ${code}, signal ${signal}`);
      process.exit(1);
    }
  });
  const [{ port, httpPort }] = (await once(child, 'message')) as [{ port: number; httpPort: number }];
  rmSync(folder, { recursive: true, force: true });
  return { port, httpPort, measure: () => measure(child), stop: () => stop(child) };
}

async function measure(child: ChildProcess): Promise<Memory> {
  await new Promise((resolve) => setTimeout(resolve, QUIET_MS));
  child.send('measure');
  const [memory] = (await once(child, 'message')) as [Memory];
  return memory;
}

async function stop(child: ChildProcess): Promise<void> {
  child.send('stop');
  await once(child, 'exit');
}
