/** What RFC 7672 has a sender do with one host, from what the lookups came to; and what all hosts come to for the domain. Pure. */

import type { AddressOutcome } from './address-matrix.ts';
import type { CiscoReport, HostReport, RfcReport } from './report.ts';
import type { TlsaColumn } from './tables.ts';
import type { CertificateState, CiscoVerdict, DomainReason, HostReason, RfcVerdict } from './verdicts.ts';

export interface HostFacts {
  /** State of the MX RRset, or of the denial that makes the MX implicit. */
  readonly mx: 'secure' | 'insecure';
  /** `target-invalid`: the MX record names no host. */
  readonly address: AddressOutcome | 'target-invalid';
  /** Undefined where nothing was looked up, for the addresses are insecure (§2.2.2). */
  readonly tlsa: TlsaColumn | undefined;
  readonly certificate: CertificateState;
  /** Where the certificate is `failed`: what failed. */
  readonly failure?: HostReason | undefined;
}

/** The verdict on one host (RFC 7672 §2.1.2, §2.2, §2.2.1, §6). */
export function judgeHost(facts: HostFacts): RfcReport<HostReason> {
  const failure = addressFailure(facts.address);
  // Mandatory DANE is not met by any host of an insecure MX RRset, however it is named (§2.2.1, §6).
  if (failure)
    return { mandatory: facts.mx === 'secure' ? 'next-host-or-delay' : 'delay', opportunistic: 'next-host-or-delay', reason: failure };
  return facts.mx === 'secure' ? judgeSecureMx(facts) : judgeInsecureMx(facts.tlsa);
}

function addressFailure(address: HostFacts['address']): HostReason | undefined {
  switch (address) {
    case 'target-invalid':
    case 'no-address':
      return address;
    case 'bogus':
      return 'address-bogus';
    case 'indeterminate':
      return 'address-lookup-failed';
    case 'secure':
    case 'insecure':
      return undefined;
  }
}

function judgeSecureMx({ tlsa, certificate, failure }: HostFacts): RfcReport<HostReason> {
  switch (tlsa) {
    case undefined:
      return { mandatory: 'delay', opportunistic: 'opportunistic-tls', reason: 'address-insecure' };
    case 'insecure':
      return { mandatory: 'delay', opportunistic: 'opportunistic-tls', reason: 'tlsa-insecure' };
    case 'nxdomain':
      return { mandatory: 'delay', opportunistic: 'opportunistic-tls', reason: 'tlsa-denied' };
    case 'unusable':
      // Encryption is a must here, whoever the server is (§2.2).
      if (certificate === 'failed' || certificate === 'unreachable')
        return {
          mandatory: 'delay',
          opportunistic: 'next-host-or-delay',
          reason: certificate === 'failed' ? (failure ?? 'tls-failed') : 'host-unreachable',
        };
      return { mandatory: 'delay', opportunistic: 'tls-required', reason: 'tlsa-unusable' };
    case 'bogus':
      return { mandatory: 'next-host-or-delay', opportunistic: 'next-host-or-delay', reason: 'tlsa-bogus' };
    case 'indeterminate':
      return { mandatory: 'next-host-or-delay', opportunistic: 'next-host-or-delay', reason: 'tlsa-lookup-failed' };
    case 'secure': {
      const verdict = certificateVerdicts[certificate];
      return certificate === 'failed' && failure ? { ...verdict, reason: failure } : verdict;
    }
  }
}

const certificateVerdicts = {
  'not-checked': {
    mandatory: 'verified-if-certificate-matches',
    opportunistic: 'verified-if-certificate-matches',
    reason: 'tlsa-usable',
  },
  success: { mandatory: 'verified', opportunistic: 'verified', reason: 'certificate-matches' },
  failed: { mandatory: 'next-host-or-delay', opportunistic: 'next-host-or-delay', reason: 'certificate-mismatch' },
  unreachable: { mandatory: 'next-host-or-delay', opportunistic: 'next-host-or-delay', reason: 'host-unreachable' },
} as const satisfies Record<CertificateState, RfcReport<HostReason>>;

/** TLSA records MAY be used, so neither they nor a failure to get them stops delivery (§2.2.1). */
function judgeInsecureMx(tlsa: TlsaColumn | undefined): RfcReport<HostReason> {
  const nothingToUse = tlsa === undefined || tlsa === 'insecure' || tlsa === 'nxdomain';
  return { mandatory: 'delay', opportunistic: nothingToUse ? 'opportunistic-tls' : 'opportunistic-tls-or-dane', reason: 'mx-insecure' };
}

const delivering: ReadonlySet<RfcVerdict> = new Set([
  'verified',
  'verified-if-certificate-matches',
  'tls-required',
  'opportunistic-tls',
  'opportunistic-tls-or-dane',
]);

/** Whether a message leaves under this verdict. */
export function delivers(verdict: RfcVerdict): boolean {
  return delivering.has(verdict);
}

/** RFC 7672 for the domain: the first host in order of preference that may be delivered to decides (§2.2.1). */
export function rollUpRfc(hosts: readonly HostReport[], complete: boolean): RfcReport<DomainReason> {
  const verified = hosts.find(({ rfc7672 }) => delivers(rfc7672.mandatory));
  const chosen = hosts.find(({ rfc7672 }) => delivers(rfc7672.opportunistic));
  if (chosen)
    return {
      mandatory: verified?.rfc7672.mandatory ?? 'delay',
      opportunistic: chosen.rfc7672.opportunistic,
      reason: chosen.rfc7672.reason,
    };
  // All hosts known to have no address is a permanent error (RFC 5321 §5.1); a failed lookup is not.
  if (complete && hosts.every(({ rfc7672 }) => rfc7672.reason === 'no-address'))
    return { mandatory: 'bounce', opportunistic: 'bounce', reason: 'no-address' };
  return { mandatory: 'delay', opportunistic: 'delay', reason: hosts[0]?.rfc7672.reason ?? 'no-address' };
}

/** Rows whose A or TLSA column is bogus: one such host fails the domain at the appliance. */
const bogusRows: ReadonlySet<CiscoReport['row']> = new Set([5, 7, 12, 14]);
const ciscoDelivering: ReadonlySet<CiscoVerdict> = new Set([
  'dane-success',
  'dane-success-if-certificate-matches',
  'opportunistic-tls',
  'tls-required',
]);

/** The appliance's verdict on the domain: any bogus host fails it, else the first host that delivers decides. @param hosts not empty */
export function rollUpCisco(hosts: readonly [HostReport, ...HostReport[]]): CiscoReport {
  const bogus = hosts.find(({ cisco }) => bogusRows.has(cisco.row));
  if (bogus) return bogus.cisco;
  const mandatory = hosts.find(({ cisco }) => ciscoDelivering.has(cisco.mandatory)) ?? hosts[0];
  const opportunistic = hosts.find(({ cisco }) => ciscoDelivering.has(cisco.opportunistic)) ?? hosts[0];
  return { row: opportunistic.cisco.row, mandatory: mandatory.cisco.mandatory, opportunistic: opportunistic.cisco.opportunistic };
}
