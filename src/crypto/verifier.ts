/**
 * Signature checks by `node:crypto`, with imported keys kept and what verified by them known again; by @noble/curves for the curves that a
 * platform refuses.
 * Algorithms: RSA (RFC 3110, RFC 5702), ECDSA (RFC 6605), EdDSA (RFC 8080).
 */

import { createPublicKey, generateKeyPairSync, type KeyObject, verify } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import { Algorithm } from '../base/registry.ts';
import { checkCost, importCost } from './cost.ts';
import { createNobleVerifier } from './noble-verifier.ts';
import { type PublicKey, readPublicKey } from './public-key.ts';
import type { SignatureCheck, Verifier } from './signature-check.ts';

export type { SignatureCheck, Verifier } from './signature-check.ts';

export interface VerifierOptions {
  /** `node` unless told: node:crypto, and noble where the platform has not got a curve. `noble` has no RSA. */
  readonly engine?: 'node' | 'noble';
  /** Imported keys kept; a key costs about 1 kB. */
  readonly maxKeys?: number;
}

const DEFAULT_MAX_KEYS = 4096;
/** Signatures that verified, kept to be known again; one costs about 0.5 kB with its data. */
const MAX_VERIFIED = 4096;
/** Of longer data nothing is kept. SOA, NSEC and NSEC3, which come again and again, have some 200 octets. */
const MAX_VERIFIED_OCTETS = 512;

/** What a signature was over, and whose it was. */
interface Verified {
  readonly key: ImportedKey;
  readonly data: Uint8Array;
}

interface ImportedKey {
  readonly key: KeyObject;
  readonly hash: string | null;
  readonly signatureOctets: number;
  readonly isEcdsa: boolean;
}

/** Makes a verifier with a cache of keys of its own. */
export function createVerifier({ engine = 'node', maxKeys = DEFAULT_MAX_KEYS }: VerifierOptions = {}): Verifier {
  const noble = createNobleVerifier();
  if (engine === 'noble') return noble;
  const refused = refusedCurves();
  // A key that does not import is kept too: trying again would cost as much as a check (CVE-2025-8677).
  const keys = new LRUCache<string, ImportedKey | 'invalid'>({ max: maxKeys });

  // Every denial of a zone brings the same SOA, and every opt-out denial of a parent the same NSEC3, for another check of the same octets.
  const verified = new LRUCache<string, Verified>({ max: MAX_VERIFIED });

  function checkOnce(key: ImportedKey, signature: Uint8Array, data: Uint8Array): SignatureCheck {
    const id = latin1(signature);
    const known = verified.get(id);
    if (known?.key === key && Buffer.compare(known.data, data) === 0) return 'valid';
    const result = check(key, signature, data);
    if (result === 'valid' && data.length <= MAX_VERIFIED_OCTETS) verified.set(id, { key, data: new Uint8Array(data) });
    return result;
  }

  function importedKey(algorithm: number, field: Uint8Array, parsed: PublicKey): ImportedKey | 'invalid' {
    const id = keyId(algorithm, field);
    const known = keys.get(id);
    if (known !== undefined) return known;
    const imported = importKey(parsed);
    keys.set(id, imported);
    return imported;
  }

  return {
    costOf: (algorithm, publicKey, octets) =>
      checkCost(algorithm, publicKey, octets) + (keys.has(keyId(algorithm, publicKey)) ? 0 : importCost(algorithm)),
    verifySignature(algorithm, publicKey, signature, data) {
      if (refused.has(algorithm)) return noble.verifySignature(algorithm, publicKey, signature, data);
      const parsed = readPublicKey(algorithm, publicKey);
      if (typeof parsed === 'string') return parsed;
      const imported = importedKey(algorithm, publicKey, parsed);
      return imported === 'invalid' ? 'invalid' : checkOnce(imported, signature, data);
    },
  };
}

function keyId(algorithm: number, field: Uint8Array): string {
  return `${algorithm}/${latin1(field)}`;
}

function latin1(octets: Uint8Array): string {
  return Buffer.from(octets.buffer, octets.byteOffset, octets.byteLength).toString('latin1');
}

function check({ key, hash, signatureOctets, isEcdsa }: ImportedKey, signature: Uint8Array, data: Uint8Array): SignatureCheck {
  if (signature.length !== signatureOctets) return 'invalid';
  try {
    return verify(hash, data, isEcdsa ? { key, dsaEncoding: 'ieee-p1363' } : key, signature) ? 'valid' : 'invalid';
  } catch {
    return 'invalid'; // OpenSSL reports some malformed signatures, and keys it does not like, as errors
  }
}

function importKey(parsed: PublicKey): ImportedKey | 'invalid' {
  try {
    switch (parsed.kind) {
      case 'rsa': {
        const key = jwk({ kty: 'RSA', n: base64url(parsed.modulus), e: base64url(parsed.exponent) });
        return { key, hash: parsed.hash, signatureOctets: parsed.modulus.length, isEcdsa: false };
      }
      case 'ecdsa': {
        const key =
          parsed.curve === 'P-384'
            ? p384Key(parsed)
            : jwk({ kty: 'EC', crv: parsed.curve, x: base64url(parsed.x), y: base64url(parsed.y) });
        return { key, hash: parsed.hash, signatureOctets: parsed.x.length * 2, isEcdsa: true };
      }
      case 'eddsa': {
        const key = jwk({ kty: 'OKP', crv: parsed.curve, x: base64url(parsed.point) });
        return { key, hash: null, signatureOctets: parsed.point.length * 2, isEcdsa: false };
      }
    }
  } catch {
    return 'invalid';
  }
}

/** SubjectPublicKeyInfo (RFC 5480 §2) of a P-384 key, up to the point. */
const P384_SPKI = Buffer.from('3076301006072a8648ce3d020106052b8104002203620004', 'hex');

/** As DER, for OpenSSL then looks whether the point lies on the curve, and no more need be: as JWK its order is tried too, at the cost of a check. */
function p384Key({ x, y }: { readonly x: Uint8Array; readonly y: Uint8Array }): KeyObject {
  return createPublicKey({ key: Buffer.concat([P384_SPKI, x, y]), format: 'der', type: 'spki' });
}

function jwk(key: Record<string, string>): KeyObject {
  return createPublicKey({ key, format: 'jwk' });
}

function base64url(octets: Uint8Array): string {
  return Buffer.from(octets.buffer, octets.byteOffset, octets.byteLength).toString('base64url');
}

/** Algorithms whose curve this build of OpenSSL does not have, as some distributions' do not. */
function refusedCurves(): ReadonlySet<number> {
  const probes: readonly (readonly [algorithm: number, make: () => unknown])[] = [
    [Algorithm.ECDSAP256SHA256, () => generateKeyPairSync('ec', { namedCurve: 'P-256' })],
    [Algorithm.ECDSAP384SHA384, () => generateKeyPairSync('ec', { namedCurve: 'P-384' })],
    [Algorithm.ED25519, () => generateKeyPairSync('ed25519')],
    [Algorithm.ED448, () => generateKeyPairSync('ed448')],
  ];
  const refused = probes.filter(([, make]) => {
    try {
      make();
      return false;
    } catch {
      return true;
    }
  });
  return new Set(refused.map(([algorithm]) => algorithm));
}
