/** Every word a DANE report may use for a status, a verdict or a reason: the published schema is made of these lists. */

import { smtpFaults } from '../smtp/starttls.ts';

/** What one lookup came to (RFC 7672 §2.1), in the words of the appliance: `nxdomain` is any validated or insecure denial. */
export const lookupStatuses = ['secure', 'insecure', 'bogus', 'nxdomain', 'indeterminate'] as const;
export type LookupStatus = (typeof lookupStatuses)[number];

/**
 * - `not-checked`: nobody connected to the host, or it has no TLSA record that may be used; the verdict says what holds if it matches
 * - `success`: an address of the host sent certificates that match its TLSA records
 * - `failed`: none did, and one at least could be connected to
 * - `unreachable`: none could be connected to
 */
export const certificateStates = ['not-checked', 'success', 'failed', 'unreachable'] as const;
export type CertificateState = (typeof certificateStates)[number];

/**
 * What the appliance does. The first four are its own words; the others stand in rows that its tables do not have.
 * - `opportunistic-tls`: "Fallback to opportunistic TLS flow"
 * - `tls-required`: TLS without authentication, for there are TLSA records and none is usable (RFC 7672 §2.2)
 * - `delay`: a lookup failed, the message waits
 * - `bounce`: the domain takes no mail
 */
export const ciscoVerdicts = [
  'dane-success',
  'dane-success-if-certificate-matches',
  'dane-fail',
  'opportunistic-tls',
  'tls-required',
  'delay',
  'bounce',
] as const;
export type CiscoVerdict = (typeof ciscoVerdicts)[number];

/**
 * What RFC 7672 has a sender do.
 * - `verified`: deliver, the host is authenticated
 * - `tls-required`: deliver over TLS without authentication
 * - `opportunistic-tls`: deliver as without DANE, clear text included
 * - `opportunistic-tls-or-dane`: as before, and TLSA records MAY be used (§2.2.1: the MX RRset is insecure)
 * - `next-host-or-delay`: not through this host; delay where there is no other
 * - `delay`: the domain cannot be delivered to now under this policy
 * - `bounce`: the domain takes no mail
 */
export const rfcVerdicts = [
  'verified',
  'verified-if-certificate-matches',
  'tls-required',
  'opportunistic-tls',
  'opportunistic-tls-or-dane',
  'next-host-or-delay',
  'delay',
  'bounce',
] as const;
export type RfcVerdict = (typeof rfcVerdicts)[number];

/** Why a host's RFC 7672 verdict is what it is. */
export const hostReasons = [
  'tlsa-usable',
  'certificate-matches',
  'certificate-mismatch',
  'starttls-missing',
  'tls-failed',
  'host-unreachable',
  'tlsa-unusable',
  'tlsa-insecure',
  'tlsa-denied',
  'tlsa-bogus',
  'tlsa-lookup-failed',
  'address-insecure',
  'address-bogus',
  'address-lookup-failed',
  'no-address',
  'mx-insecure',
  'target-invalid',
] as const;
export type HostReason = (typeof hostReasons)[number];

/** Why the domain's verdict is what it is; the reasons of its hosts stand with them. */
export const domainReasons = [
  ...hostReasons,
  'mx-bogus',
  'mx-lookup-failed',
  'no-such-domain',
  'null-mx',
  'implicit-mx',
  'address-families-differ',
  'too-many-hosts',
  'some-addresses-unverified',
  'certificate-expires-soon',
  'no-spare-tlsa',
] as const;
export type DomainReason = (typeof domainReasons)[number];

/** Whether and why a TLSA record may be used (RFC 7672 §3.1.3, RFC 7671 §9). */
export const usabilityReasons = [
  'usable',
  'malformed',
  'usage-not-for-smtp',
  'usage-unknown',
  'selector-unknown',
  'matching-type-unknown',
  'digest-length',
  'not-der',
  'stronger-digest-published',
] as const;
export type UsabilityReason = (typeof usabilityReasons)[number];

/** Why certificates do not match the TLSA records (RFC 7672 §3.1, §3.2). */
export const certificateFaults = [
  'certificate-missing',
  'certificate-unreadable',
  'no-record-matches',
  'chain-broken',
  'chain-too-long',
  'chain-too-complex',
  'certificate-expired',
  'certificate-not-yet-valid',
  'certificate-name-mismatch',
  'issuer-not-ca',
  'not-for-servers',
  'critical-extension',
  'signature-weak',
  'key-weak',
] as const;
export type CertificateFault = (typeof certificateFaults)[number];

/** Why an address was not connected to: it is no public one, or all that one check may connect to was spent. */
export const probeRefusals = ['address-not-allowed', 'limit-spent'] as const;

/** What went wrong with one address of a mail host. */
export const connectionFaults = [...probeRefusals, ...smtpFaults, ...certificateFaults] as const;
export type ConnectionFault = (typeof connectionFaults)[number];

/** What will go wrong soon. Expired is a warning where DANE-EE matched, which does not care (RFC 7672 §3.1.1). */
export const smtpWarnings = ['certificate-expires-soon', 'certificate-expired', 'no-spare-record'] as const;
export type SmtpWarning = (typeof smtpWarnings)[number];

/** Where TLSA records are looked for (RFC 7672 §2.2.2): by the alias of the host, if it is one. */
export const aliasRules = ['no-alias', 'chain-secure', 'first-link-secure', 'first-link-insecure', 'chain-failed'] as const;
export type AliasRule = (typeof aliasRules)[number];

/** Rows that the appliance's tables do not have. */
export const ownRowNames = [
  'unusable-tlsa',
  'mx-lookup-error',
  'address-lookup-error',
  'tlsa-lookup-error',
  'no-address',
  'no-such-domain',
  'null-mx',
  'target-invalid',
  'host-unreachable',
] as const;
export type OwnRowName = (typeof ownRowNames)[number];
