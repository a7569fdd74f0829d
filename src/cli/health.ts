/** `zeker health`: asks the service that runs with this configuration whether it is ready; for container health checks and scripts. */

import { type Endpoint, formatEndpoint } from '../base/prefix.ts';
import { systemFault } from '../config/system-fault.ts';
import { defaultConfig, loadConfig } from '../config.ts';
import { CommandError } from './fault.ts';

const TIMEOUT_MS = 4_000;
/** A service that listens on all addresses is asked on loopback. */
const wildcards: Readonly<Record<string, string>> = { '0.0.0.0': '127.0.0.1', '::': '::1' };

/** Where a service that listens at this endpoint is asked from the same machine. */
export function onLoopback(endpoint: Endpoint): Endpoint {
  return { ...endpoint, address: wildcards[endpoint.address] ?? endpoint.address };
}

/**
 * Resolves when `/readyz` says so, or finds fault with the peer alone: restarting this one would mend nothing. @throws {CommandError} with what it said instead
 */
export async function checkHealth({ config }: { readonly config?: string }): Promise<void> {
  const { http } = (config === undefined ? defaultConfig() : loadConfig(config)).listen;
  if (!http) throw new CommandError('the configuration has listen.http: false, so there is nothing to ask');
  const url = `http://${formatEndpoint(onLoopback(http))}/readyz`;
  const response = await fetch(url, { signal: AbortSignal.timeout(TIMEOUT_MS) }).catch((error: Error) => {
    throw new CommandError(`${url} does not answer: ${systemFault(error.cause ?? error)}`);
  });
  if (response.ok) return;
  const text = await response.text();
  if (response.status === 503 && hasNoReason(text)) return;
  throw new CommandError(`${url}: ${response.status} ${text.slice(0, 500)}`);
}

/** Whether the service has nothing to say against itself. */
function hasNoReason(text: string): boolean {
  try {
    const { reasons } = JSON.parse(text) as { readonly reasons?: unknown };
    return Array.isArray(reasons) && reasons.length === 0;
  } catch {
    return false;
  }
}
