/** The octets that an RRSIG signs (RFC 4034 §3.1.8.1, RFC 4035 §5.3.2). */

import { ancestor, isWildcard, type Name, toCanonical, wildcardOf } from '../base/name.ts';
import type { RRset } from '../base/record.ts';
import { canonicalOrder, canonicalRdata } from '../wire/canonical.ts';
import type { Rrsig } from '../wire/rdata/rrsig.ts';

const RR_HEADER_OCTETS = 10;

/** Labels of an owner as the RRSIG Labels field counts them: neither the root nor a leading asterisk (RFC 4034 §3.1.3). */
export function countLabels(owner: Name): number {
  return isWildcard(owner) ? owner.labels - 1 : owner.labels;
}

/** RDATA in canonical form and order: the same for every signature over an RRset. */
export function canonicalRecords({ type, rdata }: RRset): Uint8Array[] {
  return canonicalOrder(rdata.map((octets) => canonicalRdata(type, octets)));
}

/**
 * RRSIG_RDATA | RR(1) | RR(2) … with RR(i) = owner | type | class | original TTL | RDATA length | RDATA.
 * @param records as `canonicalRecords` made them
 * @returns undefined where the wildcard that the labels field tells of would be no name
 */
export function signedData({ owner, type, class: rrClass }: RRset, records: readonly Uint8Array[], rrsig: Rrsig): Uint8Array | undefined {
  const signedOwner = rrsig.labels < countLabels(owner) ? wildcardOf(ancestor(owner, rrsig.labels)) : owner;
  if (signedOwner === undefined) return undefined;
  const ownerOctets = toCanonical(signedOwner);
  const perRecord = ownerOctets.length + RR_HEADER_OCTETS;
  const data = Buffer.allocUnsafe(records.reduce((sum, rdata) => sum + perRecord + rdata.length, rrsig.signedPart.length));
  data.set(rrsig.signedPart);
  // The signer's name, the last field before the signature, is in canonical form too.
  data.set(toCanonical(rrsig.signer), rrsig.signedPart.length - rrsig.signer.wire.length);
  let at = rrsig.signedPart.length;
  for (const rdata of records) {
    data.set(ownerOctets, at);
    at += ownerOctets.length;
    at = data.writeUInt16BE(type, at);
    at = data.writeUInt16BE(rrClass, at);
    at = data.writeUInt32BE(rrsig.originalTtl, at);
    at = data.writeUInt16BE(rdata.length, at);
    data.set(rdata, at);
    at += rdata.length;
  }
  return data;
}
