/** The keys of a zone that may verify its RRsets (RFC 4034 §2.1, RFC 4035 §5.3.1, RFC 5011 §2.1). */

import { rrsetLimits } from '../base/budget.ts';
import type { Name } from '../base/name.ts';
import { supportsAlgorithm } from '../crypto/algorithm.ts';
import { WireError } from '../wire/error.ts';
import { type Dnskey, readDnskey } from '../wire/rdata/dnskey.ts';
import type { DnssecContext } from './context.ts';

/** The only value of the protocol field (RFC 4034 §2.1.2). */
const DNSSEC_PROTOCOL = 3;

export interface ZoneKey extends Dnskey {
  readonly rdata: Uint8Array;
}

/** Keys known to be the zone's: an authenticated DNSKEY RRset, or the part of it that a DS vouches for. */
export interface ZoneKeys {
  readonly zone: Name;
  /** Zone keys alone: of protocol 3, not revoked, of a supported algorithm. */
  readonly keys: readonly ZoneKey[];
  /** Whether the zone has more than are held. */
  readonly isCut?: boolean;
}

/** Reads DNSKEY RDATA; undefined when malformed. */
export function tryReadKey(rdata: Uint8Array): ZoneKey | undefined {
  try {
    return { ...readDnskey(rdata), rdata };
  } catch (error) {
    if (error instanceof WireError) return undefined;
    throw error;
  }
}

/** The keys among these DNSKEY records that can be read; `isCut` where there are more records than are looked at. */
export function readKeys(rdatas: readonly Uint8Array[]): { keys: ZoneKey[]; isCut: boolean } {
  const keys = rdatas.slice(0, rrsetLimits.keysRead).map(tryReadKey);
  return { keys: keys.filter((key) => key !== undefined), isCut: rdatas.length > rrsetLimits.keysRead };
}

/** Whether a key may verify the RRsets of its zone. */
export function mayVerify(key: Dnskey, { policy }: Pick<DnssecContext, 'policy'>): boolean {
  return key.isZoneKey && key.protocol === DNSSEC_PROTOCOL && !key.isRevoked && supportsAlgorithm(key.algorithm, policy);
}

/** The keys among these DNSKEY records that may verify. The caller has authenticated the records. */
export function readZoneKeys(zone: Name, rdatas: readonly Uint8Array[], context: Pick<DnssecContext, 'policy'>): ZoneKeys {
  const read = readKeys(rdatas);
  const keys = read.keys.filter((key) => mayVerify(key, context));
  const isCut = read.isCut || keys.length > rrsetLimits.zoneKeys;
  return { zone, keys: keys.slice(0, rrsetLimits.zoneKeys), ...(isCut ? { isCut } : {}) };
}
