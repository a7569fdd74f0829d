/**
 * `zeker daneverify DOMAIN`: the DANE check of one domain in this process, as the appliance's command of that name prints it, or as JSON.
 * As that does, it connects to the mail hosts, unless told not to; `dane.probe` and `dane.probeAllow` of the configuration hold.
 */

import { BudgetExceeded } from '../base/budget.ts';
import type { Name } from '../base/name.ts';
import { defaultConfig, loadConfig } from '../config.ts';
import { createDaneCheck } from '../dane/check.ts';
import { delivers } from '../dane/judge.ts';
import type { DaneReport } from '../dane/report.ts';
import { formatTranscript } from '../dane/transcript.ts';
import { openResolver } from '../main.ts';
import { openProbe } from '../open-probe.ts';
import { CommandError, exitStatus } from './fault.ts';

export interface DaneverifyOptions {
  readonly config?: string;
  readonly json?: boolean;
  /** Judge by the verdict for a sender that makes DANE mandatory. */
  readonly mandatory?: boolean;
  /** Of the mail hosts. */
  readonly port?: number;
  /** False: DNS alone. */
  readonly connect?: boolean;
}

/** Checks and writes; returns the exit status. */
export async function daneverify(
  domain: Name,
  { config: file, json = false, mandatory = false, port = 25, connect = true }: DaneverifyOptions,
  write: (text: string) => void,
): Promise<number> {
  const config = file === undefined ? defaultConfig() : loadConfig(file);
  const { resolver, close } = openResolver(config);
  const now = () => Math.floor(Date.now() / 1000);
  try {
    const report = await createDaneCheck({ resolver, now, openProbe: openProbe(config, now) })(domain, { port, probe: connect });
    write(json ? `${JSON.stringify(report, undefined, 2)}\n` : formatTranscript(report));
    return statusOf(report, mandatory ? delivers(report.rfc7672.mandatory) : report.deliverable);
  } catch (error) {
    if (error instanceof BudgetExceeded) throw new CommandError(`there was no verdict before ${error.message}`);
    throw error;
  } finally {
    close();
  }
}

function statusOf({ mx }: DaneReport, delivered: boolean): number {
  if (delivered) return exitStatus.ok;
  return mx.status === 'indeterminate' ? exitStatus.indeterminate : exitStatus.bogus;
}
