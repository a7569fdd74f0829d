/**
 * Which addresses a probe may connect to: none that lead to this machine, into its own network, or nowhere. A name of the DNS may say any
 * address; with this, nobody makes a probe knock at a door that only we can reach.
 */

import { addressOctets } from '../base/address.ts';
import { createPrefixSet } from '../base/prefix.ts';

/** Addresses that are no mail server's in the Internet: the IANA special-purpose registries (RFC 6890), multicast, and IPv6 that carries IPv4. */
export const specialAddresses: readonly string[] = [
  ...['0.0.0.0/8', '10.0.0.0/8', '100.64.0.0/10', '127.0.0.0/8', '169.254.0.0/16', '172.16.0.0/12', '192.0.0.0/24', '192.0.2.0/24'],
  ...['192.88.99.0/24', '192.168.0.0/16', '198.18.0.0/15', '198.51.100.0/24', '203.0.113.0/24', '224.0.0.0/4', '240.0.0.0/4'],
  // All that is not global unicast, 2000::/3: local, multicast, mapped, translated, and what nobody was given (IANA's registry of IPv6 space).
  ...['::/3', '4000::/2', '8000::/1', '2001::/23', '2001:db8::/32', '2002::/16', '3fff::/20'],
];

export interface AddressFilterDeps {
  /** Prefixes that an operator named. */
  readonly allow: readonly string[];
  /** Addresses of this machine, asked anew each time. */
  readonly ownAddresses: () => readonly string[];
}

/** Whether an address, as RDATA said it, may be connected to. IPv4-mapped ones never. @throws {PrefixError} for a prefix that is none */
export function createAddressFilter({ allow, ownAddresses }: AddressFilterDeps): (address: string) => boolean {
  const allowed = createPrefixSet(allow);
  const special = createPrefixSet(specialAddresses);
  return (address) => {
    if (isMapped(address)) return false; // a prefix set would take it for IPv4, and an AAAA record that has it is a trick
    return allowed.has(address) || !(special.has(address) || ownAddresses().some((own) => isSame(own, address)));
  };
}

/** Zone indexes do not count. */
function isSame(a: string, b: string): boolean {
  return Buffer.compare(addressOctets(a), addressOctets(b)) === 0;
}

function isMapped(address: string): boolean {
  const octets = addressOctets(address);
  return octets.length === 16 && octets.subarray(0, 10).every((octet) => octet === 0) && octets[10] === 0xff && octets[11] === 0xff;
}
