/**
 * What happens to a domain's mail once DANE is switched on, out of its report. The verdicts are those of dane/; here they are sorted into
 * what an operator acts on: mail that DANE would hold is kept apart from mail that nobody could deliver anyway, and from what nobody knows.
 * Pure.
 */

import type { DaneReport, LookupReport } from '../dane/report.ts';
import type { CiscoVerdict, DomainReason, OwnRowName, RfcVerdict } from '../dane/verdicts.ts';
import type { DanePolicy, Judge } from './plan.ts';

/**
 * In the order of a report.
 * - `held`: mail waits in the queue until it bounces, for DANE is on
 * - `cannot-tell`: a lookup failed or took too long, so there is no verdict
 * - `no-mail`: the domain gets no mail, with DANE or without
 * - `fallback`: delivered without DANE's protection, as today
 * - `verified`: delivered to hosts that DANE authenticates, if their certificates match
 * - `not-applied`: the list says that DANE stays off
 */
export const outcomes = ['held', 'cannot-tell', 'no-mail', 'fallback', 'verified', 'not-applied'] as const;
export type Outcome = (typeof outcomes)[number];

/** Why; those of a report, and what a preflight alone knows. */
export type PreflightReason = DomainReason | 'smtp-route' | 'dane-off' | 'check-not-finished';

export interface Judged {
  readonly outcome: Outcome;
  readonly reason: PreflightReason;
  /** Of bogus data: what is wrong, and with which zone. */
  readonly detail?: string;
}

/** Judges one report. */
export function judgeReport(report: DaneReport, policy: Exclude<DanePolicy, 'none'>, judge: Judge): Judged {
  const judged = decide(judge === 'appliance' ? byAppliance(report, policy) : byRfc(report, policy), report, policy);
  const detail = judged.outcome === 'held' ? describeFault(report) : undefined;
  return detail === undefined ? judged : { ...judged, detail };
}

/** Whether every lookup came to a verdict. Where one failed another host may decide, and would not have, had it not failed. */
export function isComplete({ mx }: DaneReport): boolean {
  return lookupsOf(mx).every((lookup) => lookup?.status !== 'indeterminate');
}

type Word = 'verified' | 'fallback' | 'bounce' | 'wait';

interface View {
  /** Of the domain. */
  readonly word: Word;
  /** Of its hosts in order of preference; of the domain alone where it has none. */
  readonly hosts: readonly { readonly word: Word; readonly reason: DomainReason }[];
  /** Whether one host with bogus data holds the mail for all (the appliance does). */
  readonly bogusHoldsAll: boolean;
}

const bogus: ReadonlySet<DomainReason> = new Set(['mx-bogus', 'address-bogus', 'tlsa-bogus']);
const failed: ReadonlySet<DomainReason> = new Set(['mx-lookup-failed', 'address-lookup-failed', 'tlsa-lookup-failed']);
const dead: ReadonlySet<DomainReason> = new Set(['no-address', 'target-invalid']);

function decide({ word, hosts, bogusHoldsAll }: View, { mx }: DaneReport, policy: DanePolicy): Judged {
  const first = hosts[0]?.reason ?? 'no-address';
  const reasonOf = (fits: (host: View['hosts'][number]) => boolean) => hosts.find(fits)?.reason;
  if (word === 'verified' || word === 'fallback') return { outcome: word, reason: reasonOf((host) => host.word === word) ?? first };
  if (word === 'bounce') return { outcome: 'no-mail', reason: first };
  const spoilt = bogusHoldsAll ? reasonOf(({ reason }) => bogus.has(reason)) : undefined;
  if (spoilt) return { outcome: 'held', reason: spoilt };
  const unknown = reasonOf(({ reason }) => failed.has(reason));
  // No host of an insecure MX RRset satisfies mandatory DANE, whatever a lookup had said (RFC 7672 §2.2.1).
  if (unknown && !(policy === 'mandatory' && mx.proof === 'insecure')) return { outcome: 'cannot-tell', reason: unknown };
  const holding = reasonOf(({ reason }) => !dead.has(reason) && !failed.has(reason));
  if (holding) return { outcome: 'held', reason: holding };
  return unknown ? { outcome: 'held', reason: 'mx-insecure' } : { outcome: 'no-mail', reason: first };
}

function byAppliance({ mx, cisco, rfc7672 }: DaneReport, policy: 'opportunistic' | 'mandatory'): View {
  const views = mx.hosts.length > 0 ? mx.hosts : [{ cisco, rfc7672 }];
  return {
    word: ciscoWords[cisco[policy]],
    hosts: views.map((view) => ({ word: ciscoWords[view.cisco[policy]], reason: rowReasons[view.cisco.row] ?? view.rfc7672.reason })),
    bogusHoldsAll: true,
  };
}

function byRfc({ mx, rfc7672 }: DaneReport, policy: 'opportunistic' | 'mandatory'): View {
  const views = mx.hosts.length > 0 ? mx.hosts : [{ rfc7672 }];
  return {
    word: rfcWords[rfc7672[policy]],
    hosts: views.map((view) => ({ word: rfcWords[view.rfc7672[policy]], reason: view.rfc7672.reason })),
    bogusHoldsAll: false,
  };
}

const ciscoWords = {
  'dane-success': 'verified',
  'dane-success-if-certificate-matches': 'verified',
  'opportunistic-tls': 'fallback',
  'tls-required': 'fallback',
  'dane-fail': 'wait',
  delay: 'wait',
  bounce: 'bounce',
} as const satisfies Record<CiscoVerdict, Word>;

const rfcWords = {
  verified: 'verified',
  'verified-if-certificate-matches': 'verified',
  'tls-required': 'fallback',
  'opportunistic-tls': 'fallback',
  'opportunistic-tls-or-dane': 'fallback',
  'next-host-or-delay': 'wait',
  delay: 'wait',
  bounce: 'bounce',
} as const satisfies Record<RfcVerdict, Word>;

/** What each row of the appliance's tables says of the reason, which may be another than the RFC's: it lets a bogus TLSA hurt an insecure MX. */
const rowReasons: Readonly<Record<number, DomainReason>> & Readonly<Record<OwnRowName, DomainReason>> = {
  // Rows 1 and 2 differ by the certificate; the RFC's reason says whether anybody looked.
  3: 'tlsa-insecure',
  4: 'tlsa-denied',
  5: 'tlsa-bogus',
  6: 'address-insecure',
  7: 'address-bogus',
  8: 'mx-insecure',
  9: 'mx-insecure',
  10: 'mx-insecure',
  11: 'mx-insecure',
  12: 'tlsa-bogus',
  13: 'mx-insecure',
  14: 'address-bogus',
  15: 'mx-bogus',
  'unusable-tlsa': 'tlsa-unusable',
  'mx-lookup-error': 'mx-lookup-failed',
  'address-lookup-error': 'address-lookup-failed',
  'tlsa-lookup-error': 'tlsa-lookup-failed',
  'no-address': 'no-address',
  'host-unreachable': 'host-unreachable',
  'no-such-domain': 'no-such-domain',
  'null-mx': 'null-mx',
  'target-invalid': 'target-invalid',
};

/** The first bogus lookup, in words. */
function describeFault({ mx }: DaneReport): string | undefined {
  const fault = lookupsOf(mx).find((lookup) => lookup?.status === 'bogus');
  return fault?.reason === undefined ? undefined : `${fault.reason}${fault.zone === undefined ? '' : ` at ${fault.zone}`}`;
}

function lookupsOf(mx: DaneReport['mx']): readonly (LookupReport | undefined)[] {
  return [mx, ...mx.hosts.flatMap(({ a, aaaa, candidates }) => [a, aaaa, ...candidates])];
}
