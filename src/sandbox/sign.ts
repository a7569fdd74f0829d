/**
 * RRSIG records over RRsets in canonical form.
 *
 * RFCs: 4034 §3 (RRSIG), §6 (canonical form); 4035 §2.2. Content is written in lower case and uncompressed, so RDATA is canonical as it is.
 */

import type { ZoneKey } from './keys.ts';
import { type Labels, textOf, wireName } from './name.ts';
import { type RRset, rdataOf, typeName, typeNumbers } from './rdata.ts';

/** When signatures hold, relative to the sandbox's `now`. */
export type Window = 'current' | 'ended' | 'future';

const day = 86_400;
const windows: Record<Window, { readonly inception: number; readonly expiration: number }> = {
  current: { inception: -day, expiration: 14 * day },
  ended: { inception: -60 * day, expiration: -30 * day },
  future: { inception: 30 * day, expiration: 60 * day },
};

export interface SigningKeys {
  /** Signs the DNSKEY RRset; the parent's DS points to it. */
  readonly ksk: ZoneKey;
  /** Signs all else; the same key where the zone has one only. */
  readonly zsk: ZoneKey;
}

export interface SignatureOptions {
  readonly apex: Labels;
  readonly key: ZoneKey;
  readonly window: Window;
  readonly now: number;
}

/** RDATA of the RRSIG of `rrset` by `key`. */
export function signRRset(rrset: RRset, { apex, key, window, now }: SignatureOptions): Buffer {
  const { inception, expiration } = windows[window];
  const unsigned = rdataOf({
    name: '.',
    type: 'RRSIG',
    data: {
      typeCovered: typeName(rrset.type),
      algorithm: key.algorithm,
      labels: rrset.owner.length - (rrset.owner[0] === '*' ? 1 : 0), // RFC 4034 §3.1.3
      originalTTL: rrset.ttl,
      expiration: (now + expiration) >>> 0,
      inception: (now + inception) >>> 0,
      keyTag: key.tag,
      signersName: textOf(apex),
      signature: Buffer.alloc(0),
    },
  });
  const records = rrset.rdatas.toSorted(Buffer.compare).map((rdata) => recordOctets(rrset, rdata));
  return Buffer.concat([unsigned, key.sign(Buffer.concat([unsigned, ...records]))]);
}

/** One record as it goes on the wire, uncompressed. */
export function recordOctets({ owner, type, ttl }: Omit<RRset, 'rdatas'>, rdata: Buffer): Buffer {
  const fixed = Buffer.alloc(10);
  fixed.writeUInt16BE(type, 0);
  fixed.writeUInt16BE(1, 2); // class IN
  fixed.writeUInt32BE(ttl, 4);
  fixed.writeUInt16BE(rdata.length, 8);
  return Buffer.concat([wireName(owner), fixed, rdata]);
}

/** A signature that does not verify: one bit of its last octet turned. */
export function breakSignature(rrsig: Buffer): Buffer {
  const broken = Buffer.from(rrsig);
  broken[broken.length - 1] = (broken[broken.length - 1] ?? 0) ^ 1;
  return broken;
}

/** The RRSIG RRset that goes with `rrset`. */
export function rrsigSet(rrset: RRset, rdata: Buffer): RRset {
  return { owner: rrset.owner, type: typeNumbers.RRSIG, ttl: rrset.ttl, rdatas: [rdata] };
}
