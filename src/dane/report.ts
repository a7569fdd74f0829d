/** The report on one domain: the JSON of `/dane/:domain`. Names stand without the last dot, escaped as in a zone file. */

import type { BogusReason, IndeterminateReason, InsecureReason, ValidationState } from '../base/validation.ts';
import type {
  AliasRule,
  CertificateState,
  CiscoVerdict,
  ConnectionFault,
  DomainReason,
  HostReason,
  LookupStatus,
  OwnRowName,
  RfcVerdict,
  SmtpWarning,
  UsabilityReason,
} from './verdicts.ts';

/** Why a lookup is not secure; `malformed-data`: what came was no answer to the question, or no data of its type. */
export type LookupReason = InsecureReason | BogusReason | IndeterminateReason | 'malformed-data';

/** What one lookup came to, and why. */
export interface LookupReport {
  readonly status: LookupStatus;
  /** State of the answer, or of the denial where the status is nxdomain. */
  readonly proof: ValidationState;
  /** Where the status is nxdomain: whether the name does not exist or the type alone. */
  readonly denial?: 'nxdomain' | 'nodata';
  /** Seconds for which it still holds. */
  readonly ttl: number;
  /** Whether it came out of the cache. */
  readonly cached: boolean;
  /** Where the proof is secure: when the first of the signatures of the answer or denial begins and ends to hold, ISO 8601. */
  readonly signed?: { readonly from: string; readonly until: string };
  readonly reason?: LookupReason;
  /** INFO-CODE of the reason (RFC 8914). */
  readonly ede?: number;
  /** The zone where validation ended. */
  readonly zone?: string;
  readonly detail?: string;
}

export interface AddressReport extends LookupReport {
  /** Empty where they did not resolve or did not validate. */
  readonly addresses: readonly string[];
}

export interface AliasReport {
  readonly owner: string;
  readonly target: string;
  readonly status: ValidationState;
}

export interface TlsaRecordReport {
  readonly usage: number;
  readonly selector: number;
  readonly matching: number;
  /** Hexadecimal. */
  readonly data: string;
  readonly usable: boolean;
  readonly why: UsabilityReason;
}

export interface CandidateReport extends LookupReport {
  /** Owner of the TLSA records. */
  readonly owner: string;
  /** The TLSA base domain: the name for SNI (RFC 7672 §3.2, §8.1). */
  readonly base: string;
  readonly records: readonly TlsaRecordReport[];
}

/** One connection to a host. Without a probe there is none, and the certificate is `not-checked`. */
export interface SmtpReport {
  readonly ip: string;
  readonly connected: boolean;
  /** Address of ours that the connection was made from. */
  readonly interface?: string;
  /** Whether the server offers STARTTLS. */
  readonly starttls: boolean;
  /** Of TLS, once its handshake was whole. */
  readonly protocol?: string;
  readonly cipher?: string;
  /** The server's own certificate; names escaped, times in ISO 8601. */
  readonly cert?: { readonly names: readonly string[]; readonly notAfter: string; readonly spkiSha256: string };
  /** The record that matched: where it stands among those of the last candidate, and how many certificates above the server's own. */
  readonly match?: { readonly record: number; readonly rule: string; readonly depth: number };
  readonly error?: ConnectionFault;
  /** Code of the error, where the system or OpenSSL gave one. */
  readonly detail?: string;
  readonly warnings: readonly SmtpWarning[];
}

export interface CiscoReport {
  /** Row of the mandatory table, or the name of a row that the appliance's tables do not have. */
  readonly row: number | OwnRowName;
  readonly mandatory: CiscoVerdict;
  readonly opportunistic: CiscoVerdict;
}

export interface RfcReport<Reason> {
  readonly mandatory: RfcVerdict;
  readonly opportunistic: RfcVerdict;
  readonly reason: Reason;
}

export interface HostReport {
  readonly name: string;
  readonly preference: number;
  /** Absent where the name is no host name, so that nothing was looked up. */
  readonly a?: AddressReport;
  readonly aaaa?: AddressReport;
  /** CNAMEs from the name to its addresses. */
  readonly cname: readonly AliasReport[];
  readonly aliasRule: AliasRule;
  readonly candidates: readonly CandidateReport[];
  readonly certificate: CertificateState;
  readonly smtp: readonly SmtpReport[];
  readonly cisco: CiscoReport;
  readonly rfc7672: RfcReport<HostReason>;
}

export interface MxReport extends LookupReport {
  /** `implicit`: no MX record, the domain is its own host (RFC 5321 §5.1); `null`: takes no mail (RFC 7505); `none`: nothing known. */
  readonly kind: 'records' | 'implicit' | 'null' | 'none';
  readonly cname: readonly AliasReport[];
  /** In order of preference. */
  readonly hosts: readonly HostReport[];
}

export interface DaneReport {
  readonly domain: string;
  readonly port: number;
  /** ISO 8601. */
  readonly checkedAt: string;
  /** When the first of the lookups ends, ISO 8601. */
  readonly validUntil: string;
  readonly mx: MxReport;
  /** By the appliance's rules, where one bogus host fails the domain; the row is that of the host which decides the opportunistic verdict. */
  readonly cisco: CiscoReport;
  /** By RFC 7672, where the first host that may be delivered to decides. */
  readonly rfc7672: RfcReport<DomainReason>;
  /** Whether mail can be delivered by RFC 7672 without mandatory DANE, if the certificates match. */
  readonly deliverable: boolean;
  readonly reasons: readonly DomainReason[];
  /** What can be done about them: sentences for the operator. */
  readonly advice: readonly string[];
  readonly mtaSts: 'not-checked';
  readonly tlsrpt: 'not-checked';
}
