/** Digests of DS records (RFC 3658 §2.4, RFC 4509, RFC 6605 §2) and hashed owner names (RFC 5155 §5). */

import { hash } from 'node:crypto';
import { type Name, toCanonical } from '../base/name.ts';
import { DigestType } from '../base/registry.ts';
import { sha1 } from './sha1.ts';

const digestNames = new Map<number, string>([
  [DigestType.SHA1, 'sha1'],
  [DigestType.SHA256, 'sha256'],
  [DigestType.SHA384, 'sha384'],
]);

/** Digest of a DS digest type; undefined for a type that is unknown. */
export function digest(digestType: number, data: Uint8Array): Buffer | undefined {
  const algorithm = digestNames.get(digestType);
  return algorithm === undefined ? undefined : hash(algorithm, data, 'buffer');
}

/** The one NSEC3 hash algorithm there is, SHA-1 (RFC 5155 §11), and the length of its hashes. */
export const NSEC3_SHA1 = 1;
export const NSEC3_HASH_OCTETS = 20;

/**
 * Hashed owner name: IH(salt, x, 0) = H(x || salt), IH(salt, x, k) = H(IH(salt, x, k-1) || salt) (RFC 5155 §5).
 * Costs `iterations` + 1 hash computations; the caller pays for them.
 */
export function nsec3Hash(name: Name, salt: Uint8Array, iterations: number): Buffer {
  const digested = Buffer.allocUnsafe(NSEC3_HASH_OCTETS + salt.length);
  digested.set(salt, NSEC3_HASH_OCTETS);
  sha1(Buffer.concat([toCanonical(name), salt]), digested);
  for (let i = 0; i < iterations; i++) sha1(digested, digested);
  return digested.subarray(0, NSEC3_HASH_OCTETS);
}
