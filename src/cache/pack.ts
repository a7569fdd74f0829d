/**
 * Copies of RRsets that cost less memory and pin none: all octets of an entry lie in one buffer of its own, and keys of names are flat.
 * Measured on Node 20: a typed array with a buffer of its own costs 200 octets besides its content, a view of a shared one 100; a key
 * that was put together letter by letter costs 20 octets a letter for as long as it lives, a flat one costs 1.
 */

import type { Name } from '../base/name.ts';
import type { RRset } from '../base/record.ts';

/** Copies RRsets, equal in all they say, into one new buffer; a Name object they share is shared by the copies. */
export function packRRsets(rrsets: readonly RRset[]): RRset[] {
  const owners = new Map<Name, Name>();
  let total = 0;
  for (const { owner, rdata, signatures } of rrsets) {
    if (!owners.has(owner)) total += owner.wire.length;
    owners.set(owner, owner);
    total += octetsIn(rdata) + octetsIn(signatures);
  }
  const copy = copier(total);
  for (const owner of owners.keys()) owners.set(owner, { wire: copy(owner.wire), key: flatten(owner.key), labels: owner.labels });
  return rrsets.map((rrset) => ({
    owner: owners.get(rrset.owner) as Name,
    type: rrset.type,
    class: rrset.class,
    ttl: rrset.ttl,
    rdata: rrset.rdata.map(copy),
    signatures: rrset.signatures.map(copy),
  }));
}

/** A name of its own, with a flat key. */
export function packName({ wire, key, labels }: Name): Name {
  return { wire: new Uint8Array(wire), key: flatten(key), labels };
}

function octetsIn(arrays: readonly Uint8Array[]): number {
  let octets = 0;
  for (const array of arrays) octets += array.length;
  return octets;
}

/** Puts octets one behind the other into a buffer and returns where they are. */
function copier(total: number): (octets: Uint8Array) => Uint8Array {
  const buffer = new Uint8Array(total);
  let at = 0;
  return (octets) => {
    buffer.set(octets, at);
    at += octets.length;
    return buffer.subarray(at - octets.length, at);
  };
}

/** The same string in one piece: the engine keeps what was concatenated as a tree. */
export function flatten(key: string): string {
  return Buffer.from(key, 'latin1').toString('latin1');
}
