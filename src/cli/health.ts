/** `zeker health`: asks the service that runs with this configuration whether it is ready; for container health checks and scripts. */

import { formatEndpoint } from '../base/prefix.ts';
import { systemFault } from '../config/system-fault.ts';
import { defaultConfig, loadConfig } from '../config.ts';
import { CommandError } from './fault.ts';

const TIMEOUT_MS = 4_000;
/** A service that listens on all addresses is asked on loopback. */
const wildcards: Readonly<Record<string, string>> = { '0.0.0.0': '127.0.0.1', '::': '::1' };

/** Resolves when `/readyz` says so. @throws {CommandError} with what it said instead */
export async function checkHealth({ config }: { readonly config?: string }): Promise<void> {
  const { http } = (config === undefined ? defaultConfig() : loadConfig(config)).listen;
  if (!http) throw new CommandError('the configuration has listen.http: false, so there is nothing to ask');
  const url = `http://${formatEndpoint({ ...http, address: wildcards[http.address] ?? http.address })}/readyz`;
  const response = await fetch(url, { signal: AbortSignal.timeout(TIMEOUT_MS) }).catch((error: Error) => {
    throw new CommandError(`${url} does not answer: ${systemFault(error.cause ?? error)}`);
  });
  if (!response.ok) throw new CommandError(`${url}: ${response.status} ${(await response.text()).slice(0, 500)}`);
}
