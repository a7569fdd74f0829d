/** What an operator can do about each reason of a report. */

import type { DomainReason } from './verdicts.ts';

/** A sentence for each reason; undefined where nothing is wrong. */
const sentences = {
  'tlsa-usable': undefined,
  'certificate-matches': undefined,
  'certificate-mismatch':
    'The certificate of a host matches none of its TLSA records: its operator has to publish the record of the new key.',
  'starttls-missing':
    'A host with TLSA records offers no STARTTLS, so mail to it waits: its operator has to switch TLS on, or see who strips it.',
  'tls-failed': 'A host was connected to, and it came to no TLS: its operator should look at its log.',
  'host-unreachable':
    'No address of a host could be connected to from here: see whether it is down, or whether outgoing port 25 is closed on the way.',
  'tlsa-unusable':
    'A host publishes TLSA records that no mail sender can use: its operator should publish "3 1 1" or "2 0 1" records (RFC 7672 §3.1).',
  'tlsa-insecure': 'TLSA records of a host lie in an unsigned zone and do not count: its operator has to sign that zone.',
  'tlsa-denied': 'A host has no TLSA records: under mandatory DANE mail to it waits until its operator publishes them.',
  'tlsa-bogus': 'The TLSA records of a host fail validation: mail waits until the operator of that zone repairs its signatures.',
  'tlsa-lookup-failed': 'The TLSA records of a host cannot be fetched: its name servers have to answer TLSA queries (RFC 7672 §2.1.2).',
  'address-insecure': 'The addresses of a host lie in an unsigned zone, so DANE does not apply to it: do not make DANE mandatory here.',
  'address-bogus': 'The addresses of a host fail validation: mail waits until the operator of that zone repairs its signatures.',
  'address-lookup-failed': 'The addresses of a host cannot be fetched: see whether its name servers answer.',
  'no-address': 'A host has no address: its operator has to add one or withdraw the MX record.',
  'mx-insecure': 'The MX records are not signed, so nobody can tell whether these are the right hosts: do not make DANE mandatory here.',
  'target-invalid': 'An MX record names no host: it has to hold a host name, not an address.',
  'mx-bogus': 'The MX records fail validation: mail waits until the operator of the domain repairs its signatures.',
  'mx-lookup-failed': 'The MX records cannot be fetched: see whether the name servers of the domain answer.',
  'no-such-domain': 'The domain does not exist: look for a spelling mistake.',
  'null-mx': undefined,
  'implicit-mx': undefined,
  'address-families-differ': 'The IPv4 and IPv6 addresses of a host differ in DNSSEC status; the appliance judges by IPv4 alone.',
  'too-many-hosts': 'The domain has more mail hosts than are looked at; those of the worst preference were left out.',
  'some-addresses-unverified':
    'A host is verified at one of its addresses and not at another: mail takes longer, and waits when the good one is away.',
  'certificate-expires-soon':
    'The certificate of a host expires soon or has expired: a new one must come with TLSA records that match it beforehand.',
  'no-spare-tlsa':
    'Every TLSA record of a host is for the key in use: before that key changes, a record of the next one has to be published for two TTLs (RFC 7671 §8.1).',
} as const satisfies Record<DomainReason, string | undefined>;

/** The sentences for these reasons, in their order. */
export function adviceFor(reasons: readonly DomainReason[]): readonly string[] {
  return reasons.map((reason) => sentences[reason]).filter((sentence) => sentence !== undefined);
}
