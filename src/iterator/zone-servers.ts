/** The servers of one zone: named by a referral, by the hints, or by the operator. */

import { isWithin, type Name, ROOT } from '../base/name.ts';
import type { RRset } from '../base/record.ts';
import { Type } from '../base/registry.ts';
import type { Delegation } from '../cache/delegation-cache.ts';
import type { UpstreamServer } from '../net/exchange.ts';
import { WireError } from '../wire/error.ts';
import { formatAddress } from '../wire/rdata/address.ts';
import { readTarget } from '../wire/rdata/target.ts';

/** A referral may name more; nobody needs them (NXNSAttack, CVE-2020-12662). */
const MAX_SERVERS = 16;
const MAX_ADDRESSES_OF_ONE = 4;

/** What the iterator needs to know of a zone to ask its servers. */
export interface ZoneServers {
  readonly zone: Name;
  /** Addresses known from the start; a server without any must be looked up by name. */
  readonly servers: readonly { readonly name: Name; readonly addresses: readonly UpstreamServer[] }[];
  /** These servers recurse for us. */
  readonly recursive: boolean;
  /** Named by the operator; with `fallback`, recursion may take over. */
  readonly fallback: boolean;
}

export interface AddressFilter {
  readonly ipv4: boolean;
  readonly ipv6: boolean;
  readonly mayQuery: (address: string) => boolean;
}

/** Whether an address learned from the network may be asked. */
export function isUsable(address: string, filter: AddressFilter): boolean {
  return (address.includes(':') ? filter.ipv6 : filter.ipv4) && filter.mayQuery(address);
}

/** The delegation that a referral makes. Glue counts where it lies within the zone whose servers sent it, and nowhere else (RFC 2181 §5.4.1). */
export function delegationOf(ns: RRset, additional: readonly RRset[], parentZone: Name, now: number): Delegation {
  let ttl = ns.ttl;
  const servers = readTargets(ns)
    .slice(0, MAX_SERVERS)
    .map((name) => {
      const glue = additional.filter((rrset) => isAddress(rrset) && rrset.owner.key === name.key && isWithin(name, parentZone));
      for (const rrset of glue) ttl = Math.min(ttl, rrset.ttl);
      return { name, addresses: glue.flatMap(addressesIn).slice(0, MAX_ADDRESSES_OF_ONE) };
    });
  return { zone: ns.owner, parent: parentZone, servers, received: now, expires: now + ttl, source: 'referral' };
}

function isAddress(rrset: RRset): boolean {
  return rrset.type === Type.A || rrset.type === Type.AAAA;
}

/** The addresses of an A or AAAA RRset, as text. */
export function addressesIn(rrset: RRset): string[] {
  return rrset.rdata.map((rdata) => formatAddress(rdata));
}

/** Server names of an NS RRset, malformed ones left out. */
export function readTargets(ns: RRset): Name[] {
  return ns.rdata.flatMap((rdata) => {
    try {
      return [readTarget(rdata)];
    } catch (error) {
      if (error instanceof WireError) return [];
      throw error;
    }
  });
}

/** The servers of a delegation, with those of its addresses that may be asked. */
export function serversOf(delegation: Delegation, port: number, filter: AddressFilter): ZoneServers {
  const learned = delegation.source === 'referral' || delegation.source === 'priming';
  return {
    zone: delegation.zone,
    servers: delegation.servers.map(({ name, addresses }) => ({
      name,
      addresses: addresses
        .filter((address) => (learned ? isUsable(address, filter) : address.includes(':') ? filter.ipv6 : filter.ipv4))
        .map((address) => ({ address, port })),
    })),
    recursive: false,
    fallback: false,
  };
}

/** The servers of a zone that the operator configured; they need no name. */
export function configuredServers(zone: Name, servers: readonly UpstreamServer[], recursive: boolean, fallback: boolean): ZoneServers {
  return { zone, servers: [{ name: ROOT, addresses: servers }], recursive, fallback };
}
