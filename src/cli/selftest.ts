/** `zeker selftest`: whether resolvers can serve an appliance that validates by itself, and whether they say the same. */

import { randomBytes } from 'node:crypto';
import { type Endpoint, formatEndpoint } from '../base/prefix.ts';
import { defaultConfig, loadConfig } from '../config.ts';
import { createClient } from '../resolver-client.ts';
import { formatSelftest, type SelftestReport, selftest as test } from '../selftest/selftest.ts';
import { exitStatus } from './fault.ts';
import { onLoopback } from './health.ts';

export interface SelftestOptions {
  readonly config?: string;
  /** Unless told, the first address that the configuration listens on, and its peer. */
  readonly resolver?: readonly Endpoint[];
  readonly json?: boolean;
}

/** Tests and writes; returns the exit status. */
export async function selftest(options: SelftestOptions, write: (text: string) => void): Promise<number> {
  const config = options.config === undefined ? defaultConfig() : loadConfig(options.config);
  const own = config.listen.dns.slice(0, 1).map(onLoopback);
  const servers = options.resolver ?? [...own, ...(config.peer.address ? [config.peer.address] : [])];
  const resolvers = servers.map((server) => ({ label: formatEndpoint(server), ask: createClient(server) }));
  const report = await test(resolvers, config.selftest, `zeker-${randomBytes(6).toString('hex')}`);
  write(options.json ? `${JSON.stringify(report, undefined, 2)}\n` : formatSelftest(report));
  return statusOf(report);
}

/** Of one that does not answer nobody can tell what it would say. */
function statusOf({ good, resolvers, verdicts }: SelftestReport): number {
  if (good) return exitStatus.ok;
  const answering = resolvers.map(({ answers }) => answers);
  if (answering.every(Boolean)) return exitStatus.bogus;
  const isWrong = resolvers.some(({ answers, checks }) => answers && Object.values(checks).some((fault) => fault !== undefined));
  const differ = verdicts.some(({ verdicts: said }) => new Set(said.filter((_, i) => answering[i])).size > 1);
  return isWrong || differ ? exitStatus.bogus : exitStatus.indeterminate;
}
