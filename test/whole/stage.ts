/** The stage of these tests: the sandbox and the service on it, as `zeker demo` has them, each on ports that are free. */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseConfig } from '../../src/config.ts';
import { type Service, startService } from '../../src/main.ts';
import { type Sandbox, startSandbox } from '../../src/sandbox/internet.ts';

export interface Stage {
  readonly sandbox: Sandbox;
  readonly service: Service;
  readonly dnsPort: number;
  /** As `http://127.0.0.1:8053`. */
  readonly http: string;
  close(): Promise<void>;
}

export interface StageOptions {
  /** First three octets of the servers' addresses: one for each file, since files run side by side. */
  readonly addressBase: string;
  /** Sections of the configuration file that differ from the demo's. */
  readonly config?: Readonly<Record<string, object>>;
  /** Resolve only once the service is ready; yes unless told. */
  readonly ready?: boolean;
}

/** Starts both. */
export async function openStage({ addressBase, config = {}, ready = true }: StageOptions): Promise<Stage> {
  const sandbox = await startSandbox({ port: 0, addressBase });
  const service = await startOn(sandbox, config);
  if (ready) await service.resolver.prepare();
  return {
    sandbox,
    service,
    dnsPort: service.dns[0]!.port,
    http: `http://127.0.0.1:${service.http!.port}`,
    async close() {
      await service.stop();
      await sandbox.stop();
    },
  };
}

/** Starts a service on a sandbox that runs. */
export async function startOn(sandbox: Pick<Sandbox, 'port' | 'hints' | 'anchors'>, config: StageOptions['config'] = {}): Promise<Service> {
  const folder = mkdtempSync(join(tmpdir(), 'zeker-whole-'));
  try {
    writeFileSync(join(folder, 'hints'), sandbox.hints);
    writeFileSync(join(folder, 'anchors'), sandbox.anchors);
    const text = {
      listen: { dns: ['127.0.0.1:0'], http: '127.0.0.1:0' },
      root: { hints: 'hints' },
      trust: { anchors: 'anchors' },
      log: { level: 'silent' },
      ...config,
      resolver: { upstreamPort: sandbox.port, doNotQuery: [], ...config.resolver },
    };
    return await startService(parseConfig(JSON.stringify(text), 'test', folder)); // it reads its files at the start alone
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
