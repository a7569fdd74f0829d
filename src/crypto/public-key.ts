/**
 * The public key field of DNSKEY: RSA (RFC 3110 §2, limits RFC 5702 §2), ECDSA (RFC 6605 §4), Ed25519 and Ed448 (RFC 8080 §3).
 */

import { Algorithm } from '../base/registry.ts';

export type PublicKey =
  | { readonly kind: 'rsa'; readonly hash: 'sha1' | 'sha256' | 'sha512'; readonly modulus: Uint8Array; readonly exponent: Uint8Array }
  | {
      readonly kind: 'ecdsa';
      readonly hash: 'sha256' | 'sha384';
      readonly curve: 'P-256' | 'P-384';
      readonly x: Uint8Array;
      readonly y: Uint8Array;
    }
  | { readonly kind: 'eddsa'; readonly curve: 'Ed25519' | 'Ed448'; readonly point: Uint8Array };

const MAX_MODULUS_BITS = 4096;
/** The longest that OpenSSL takes for a long modulus too; keys in use have 65537. */
const MAX_EXPONENT_OCTETS = 8;
/** 4096 bits, the longest exponent, and room for leading zeros: so a key that is kept has a bounded size. */
const MAX_RSA_OCTETS = 560;

/** Reads a public key of an algorithm. `invalid` breaks the algorithm's format or limits; `unsupported` is an algorithm unknown here. */
export function readPublicKey(algorithm: number, field: Uint8Array): PublicKey | 'invalid' | 'unsupported' {
  switch (algorithm) {
    case Algorithm.RSASHA1:
    case Algorithm.RSASHA1_NSEC3_SHA1:
      return readRsa(field, 'sha1', 512);
    case Algorithm.RSASHA256:
      return readRsa(field, 'sha256', 512);
    case Algorithm.RSASHA512:
      return readRsa(field, 'sha512', 1024);
    case Algorithm.ECDSAP256SHA256:
      if (field.length !== 64) return 'invalid';
      return { kind: 'ecdsa', hash: 'sha256', curve: 'P-256', x: field.subarray(0, 32), y: field.subarray(32) };
    case Algorithm.ECDSAP384SHA384:
      if (field.length !== 96) return 'invalid';
      return { kind: 'ecdsa', hash: 'sha384', curve: 'P-384', x: field.subarray(0, 48), y: field.subarray(48) };
    case Algorithm.ED25519:
      return field.length === 32 ? { kind: 'eddsa', curve: 'Ed25519', point: field } : 'invalid';
    case Algorithm.ED448:
      return field.length === 57 ? { kind: 'eddsa', curve: 'Ed448', point: field } : 'invalid';
    default:
      return 'unsupported';
  }
}

function readRsa(field: Uint8Array, hash: 'sha1' | 'sha256' | 'sha512', minModulusBits: number): PublicKey | 'invalid' {
  // One octet of exponent length, or zero and two octets of it (RFC 3110 §2).
  const short = field[0] ?? 0;
  const start = short === 0 ? 3 : 1;
  const length = short === 0 ? ((field[1] ?? 0) << 8) | (field[2] ?? 0) : short;
  if (length === 0 || start + length >= field.length || field.length > MAX_RSA_OCTETS) return 'invalid';
  // RFC 3110 forbids leading zeros in both; keys that have them are in use, and every validator takes them.
  const exponent = withoutLeadingZeros(field.subarray(start, start + length));
  const modulus = withoutLeadingZeros(field.subarray(start + length));
  const bits = modulus.length * 8 - Math.clz32(modulus[0] ?? 0) + 24;
  if (modulus.length === 0 || bits < minModulusBits || bits > MAX_MODULUS_BITS) return 'invalid';
  if (exponent.length === 0 || exponent.length > MAX_EXPONENT_OCTETS) return 'invalid';
  return { kind: 'rsa', hash, modulus, exponent };
}

function withoutLeadingZeros(octets: Uint8Array): Uint8Array {
  let zeros = 0;
  while (octets[zeros] === 0) zeros++;
  return octets.subarray(zeros);
}
