/**
 * Where names stand in the RDATA of types that have any: which RDATA may come compressed (RFC 3597 §4), and which we compress
 * ourselves (only the types of RFC 1035 §3.3, for others would not expect it).
 * Limits: A6 and WKS stay octets; so do types newer than RFC 3597, in which names are never compressed.
 */

import { Type } from '../../base/registry.ts';

export interface NameLayout {
  /** Octets in front of what follows. */
  readonly before: number;
  /** Character strings (RFC 1035 §3.3) between those and the names. */
  readonly strings: number;
  readonly names: number;
  /** Octets behind the names; undefined where there may be any number. */
  readonly after: number | undefined;
  /** Whether senders may compress it. */
  readonly compressible: boolean;
}

const one = { before: 0, strings: 0, names: 1, after: 0, compressible: true } as const;
const uncompressed = { ...one, compressible: false } as const;
/** SIG and RRSIG: 18 octets, signer's name, signature (RFC 4034 §3.1). */
const signature = { ...uncompressed, before: 18, after: undefined } as const;
/** NXT and NSEC: next name, types (RFC 4034 §4.1). */
const next = { ...uncompressed, after: undefined } as const;

const layouts = new Map<number, NameLayout>([
  [Type.NS, one],
  [Type.MD, one],
  [Type.MF, one],
  [Type.CNAME, one],
  [Type.SOA, { ...one, names: 2, after: 20 }],
  [Type.MB, one],
  [Type.MG, one],
  [Type.MR, one],
  [Type.PTR, one],
  [Type.MINFO, { ...one, names: 2 }],
  [Type.MX, { ...one, before: 2 }],
  [Type.RP, { ...uncompressed, names: 2 }],
  [Type.AFSDB, { ...uncompressed, before: 2 }],
  [Type.RT, { ...uncompressed, before: 2 }],
  [Type.SIG, signature],
  [Type.PX, { ...uncompressed, before: 2, names: 2 }],
  [Type.NXT, next],
  [Type.SRV, { ...uncompressed, before: 6 }],
  [Type.NAPTR, { ...uncompressed, before: 4, strings: 3 }],
  [Type.KX, { ...uncompressed, before: 2 }],
  // These three must not come compressed; some servers did it, and nothing is lost by reading them.
  [Type.DNAME, uncompressed],
  [Type.RRSIG, signature],
  [Type.NSEC, next],
]);

/** The layout of a type with names in its RDATA; undefined where there are none that matter here. */
export function nameLayout(type: number): NameLayout | undefined {
  return layouts.get(type);
}
