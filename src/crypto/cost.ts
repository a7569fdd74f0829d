/**
 * What checking costs, in microseconds of `node:crypto` (OpenSSL 3.0) on the machine of `bench/README.md`, rounded up: what a budget is
 * charged. A wrong signature costs as much as a good one.
 *
 * Limits: where a platform refuses a curve, @noble/curves checks it, 8 to 36 times as slowly, at the same charge.
 */

import { Algorithm } from '../base/registry.ts';

/** One SHA-1 of NSEC3, whatever the salt. */
export const NSEC3_HASH_COST = 1.2;

const curveCosts: Readonly<Record<number, { readonly check: number; readonly import: number }>> = {
  [Algorithm.ECDSAP256SHA256]: { check: 70, import: 110 },
  [Algorithm.ECDSAP384SHA384]: { check: 600, import: 200 },
  [Algorithm.ED25519]: { check: 80, import: 15 },
  [Algorithm.ED448]: { check: 210, import: 15 },
};

/** By octets of the public key field: moduli of 1024, 2048 and 4096 bits. */
const rsaCosts = [
  { octets: 140, check: 15 },
  { octets: 270, check: 30 },
  { octets: Number.POSITIVE_INFINITY, check: 75 },
] as const;
const RSA_IMPORT = 20;
/** Exponents in use are 3 and 65537; one of 64 bits makes a check five times as dear. */
const USUAL_EXPONENT_OCTETS = 3;
const LONG_EXPONENT = 5;

/** Digests of long data; 60,000 octets take as long as a check. */
const COST_OF_OCTET = 0.001;

/** One digest of a few octets, SHA-384 too. */
const DIGEST = 3;

/** One digest of a key, to be held against a DS record. */
export function digestCost(octets: number): number {
  return DIGEST + octets * COST_OF_OCTET;
}

/** One record of an RRset put into canonical form and order, and put into the data that one signature is over. */
export const CANONICAL_RECORD_COST = 1.5;
export const SIGNED_RECORD_COST = 0.3;

/** One check with this key over so many octets. */
export function checkCost(algorithm: number, publicKey: Uint8Array, octets: number): number {
  return (curveCosts[algorithm]?.check ?? rsaCost(publicKey)) + octets * COST_OF_OCTET;
}

function rsaCost(publicKey: Uint8Array): number {
  const { check } = rsaCosts.find(({ octets }) => publicKey.length <= octets) as (typeof rsaCosts)[number];
  const exponentOctets = publicKey[0] ?? 0; // 0: its length takes two octets more (RFC 3110 §2)
  return exponentOctets >= 1 && exponentOctets <= USUAL_EXPONENT_OCTETS ? check : check * LONG_EXPONENT;
}

/** Making a key ready for its first check. */
export function importCost(algorithm: number): number {
  return curveCosts[algorithm]?.import ?? RSA_IMPORT;
}
