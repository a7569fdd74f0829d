/**
 * What cached data costs in memory, in octets: what the bound of a cache counts.
 * The constants stand for object headers, map slots and typed array headers, for data packed as in pack.ts. They were compared with heap
 * growth under Node 20 and are on the high side, so that a cache rather stays under its limit than passes it.
 */

import type { Name } from '../base/name.ts';
import type { RRset } from '../base/record.ts';

/** An entry's objects, its buffer, its key and its place in the map and in the list of recency. */
export const ENTRY_OVERHEAD = 600;
const RRSET_OVERHEAD = 200;
const NAME_OVERHEAD = 160;
const ARRAY_OVERHEAD = 110;

/** A name: its octets and its key. */
export function octetsOfName(name: Name): number {
  return NAME_OVERHEAD + 2 * name.wire.length;
}

function octetsOfArrays(arrays: readonly Uint8Array[]): number {
  let octets = 0;
  for (const array of arrays) octets += ARRAY_OVERHEAD + array.length;
  return octets;
}

/** An RRset with its signatures. */
export function octetsOfRRset(rrset: RRset): number {
  return RRSET_OVERHEAD + octetsOfName(rrset.owner) + octetsOfArrays(rrset.rdata) + octetsOfArrays(rrset.signatures);
}

export function octetsOfRRsets(rrsets: readonly RRset[]): number {
  return rrsets.reduce((sum, rrset) => sum + octetsOfRRset(rrset), 0);
}
