/**
 * Trust anchors in presentation format (RFC 4034 §2.2, §5.3): DS and DNSKEY records of any owner names, several, mixed.
 * Limits: BIND's `trust-anchors { … }` and Unbound's `trust-anchor:` forms are not read, only records.
 */

import type { Name } from '../base/name.ts';
import { Class, DigestType, formatType, Type } from '../base/registry.ts';
import type { TrustAnchor } from '../base/trust-anchor.ts';
import { WireError } from '../wire/error.ts';
import { readDnskey } from '../wire/rdata/dnskey.ts';
import { readDs } from '../wire/rdata/ds.ts';
import { ZoneTextError } from '../wire/zone-text.ts';
import { type LinedRecord, parseLinedRecords } from './lined-records.ts';

const digestOctets = new Map<number, number>([
  [DigestType.SHA1, 20],
  [DigestType.SHA256, 32],
  [DigestType.SHA384, 48],
]);

/** Why a record is no anchor; undefined when it is one. Unknown algorithms and digests are anchors: their zones are insecure. */
export function faultOfAnchor(type: number, rrClass: number, rdata: Uint8Array): string | undefined {
  if (rrClass !== Class.IN) return 'an anchor is of class IN';
  if (type === Type.DS) {
    const { digestType, digest } = readDs(rdata);
    const expected = digestOctets.get(digestType);
    if (expected !== undefined && digest.length !== expected)
      return `a digest of type ${digestType} has ${expected} octets, this one ${digest.length}`;
    return undefined;
  }
  if (type !== Type.DNSKEY) return `an anchor is a DS or a DNSKEY record, not ${formatType(type)}`;
  const { protocol, isZoneKey, isRevoked, publicKey } = readDnskey(rdata);
  if (protocol !== 3) return 'the protocol of a DNSKEY is 3 (RFC 4034 §2.1.2)';
  if (!isZoneKey) return 'the key is no zone key (RFC 4034 §2.1.1)';
  if (isRevoked) return 'the key is revoked (RFC 5011 §2.1)';
  return publicKey.length === 0 ? 'the key is empty' : undefined;
}

/** Reads anchors, those of one owner together. None at all is no fault. @param source names the text in errors @throws {ZoneTextError} with file and line */
export function parseAnchors(text: string, source: string): TrustAnchor[] {
  const zones = new Map<string, { readonly zone: Name; readonly ds: Uint8Array[]; readonly dnskeys: Uint8Array[] }>();
  for (const record of parseLinedRecords(text, source)) {
    const fault = tryFaultOf(record);
    if (fault !== undefined) throw new ZoneTextError(source, record.line, fault);
    const { owner, type, rdata } = record;
    const anchor = zones.get(owner.key) ?? { zone: owner, ds: [], dnskeys: [] };
    zones.set(owner.key, anchor);
    const known = type === Type.DS ? anchor.ds : anchor.dnskeys;
    if (!known.some((other) => Buffer.compare(other, rdata) === 0)) known.push(rdata);
  }
  return [...zones.values()];
}

function tryFaultOf(record: LinedRecord): string | undefined {
  try {
    return faultOfAnchor(record.type, record.class, record.rdata);
  } catch (error) {
    if (error instanceof WireError) return `the ${formatType(record.type)} record is malformed: ${error.message}`;
    throw error;
  }
}
