/**
 * `zeker query NAME TYPE`: one question, resolved and validated in this process as the configuration says, without a service.
 * Lines that begin with `;` are about the answer; the others are its records in presentation format.
 */

import { formatName, type Name } from '../base/name.ts';
import type { RRset } from '../base/record.ts';
import { Class, formatType } from '../base/registry.ts';
import { extendedError, type Validation } from '../base/validation.ts';
import { defaultConfig, loadConfig } from '../config.ts';
import { openResolver } from '../main.ts';
import type { Resolution } from '../resolver/resolution.ts';
import { verdictOf } from '../service/verdict.ts';
import { formatRRset } from '../wire/rdata-text.ts';
import { exitStatus } from './fault.ts';

export interface QueryOptions {
  readonly config?: string;
  /** Print signatures and proofs too. */
  readonly dnssec?: boolean;
}

/** Resolves once and prints; returns the exit status. */
export async function query(
  qname: Name,
  qtype: number,
  { config, dnssec = false }: QueryOptions,
  print: (line: string) => void,
): Promise<number> {
  const { resolver, close } = openResolver(config === undefined ? defaultConfig() : loadConfig(config));
  try {
    const resolution = await resolver.resolve({ qname, qtype, qclass: Class.IN });
    for (const line of resolutionLines(resolution, dnssec)) print(line);
    return statusOf(resolution.validation);
  } finally {
    close();
  }
}

function statusOf({ state }: Validation): number {
  switch (state) {
    case 'secure':
    case 'insecure':
      return exitStatus.ok;
    case 'bogus':
      return exitStatus.bogus;
    case 'indeterminate':
      return exitStatus.indeterminate;
  }
}

function resolutionLines(resolution: Resolution, dnssec: boolean): string[] {
  const { question, kind, answer, authority, validation } = resolution;
  const lines = [`; ${formatName(question.qname)} ${formatType(question.qtype)}: ${verdictOf(resolution)}`];
  lines.push(`; kind: ${kind}, validation: ${validation.state}${whyOf(validation)}`);
  const code = extendedError(validation);
  if (code !== undefined) lines.push(`; extended error: ${code}`);
  const shown = (rrset: RRset) => formatRRset(dnssec ? rrset : { ...rrset, signatures: [] });
  lines.push(...answer.flatMap(shown));
  if (dnssec && authority.length > 0) lines.push('; proofs:', ...authority.flatMap(shown));
  return lines;
}

function whyOf(validation: Validation): string {
  if (validation.state === 'secure') return '';
  const zone = 'zone' in validation ? ` at ${formatName(validation.zone)}` : '';
  const detail = 'detail' in validation && validation.detail !== undefined ? ` (${validation.detail})` : '';
  return `, ${validation.reason}${zone}${detail}`;
}
