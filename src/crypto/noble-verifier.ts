/**
 * The second engine: ECDSA and EdDSA by @noble/curves, some thirty times slower than node:crypto. It serves where the platform has not
 * got a curve, and the tests hold the first engine against it. **Limits**: no RSA.
 */

import { ed448 } from '@noble/curves/ed448.js';
import { ed25519 } from '@noble/curves/ed25519.js';
import { p256, p384 } from '@noble/curves/nist.js';
import { checkCost } from './cost.ts';
import { type PublicKey, readPublicKey } from './public-key.ts';
import type { Verifier } from './signature-check.ts';

/** Makes a verifier that needs nothing of the platform's cryptography. It keeps nothing. */
export function createNobleVerifier(): Verifier {
  return {
    costOf: checkCost,
    verifySignature(algorithm, publicKey, signature, data) {
      const key = readPublicKey(algorithm, publicKey);
      if (typeof key === 'string') return key;
      if (key.kind === 'rsa') return 'unsupported';
      try {
        return check(key, signature, data) ? 'valid' : 'invalid';
      } catch {
        return 'invalid'; // noble throws for a key that is no point of its curve
      }
    },
  };
}

const UNCOMPRESSED_POINT = Uint8Array.of(4);

function check(key: Exclude<PublicKey, { kind: 'rsa' }>, signature: Uint8Array, data: Uint8Array): boolean {
  if (key.kind === 'ecdsa') {
    const curve = key.curve === 'P-256' ? p256 : p384;
    const point = Uint8Array.from([...UNCOMPRESSED_POINT, ...key.x, ...key.y]);
    // DNSSEC signers make s of either half, which noble refuses unless told.
    return curve.verify(plain(signature), plain(data), point, { lowS: false });
  }
  const curve = key.curve === 'Ed25519' ? ed25519 : ed448;
  // RFC 8032, as OpenSSL does it, rather than the laxer encodings of ZIP 215.
  return curve.verify(plain(signature), plain(data), plain(key.point), { zip215: false });
}

/** noble takes no Buffer where it compares constructors. */
function plain(octets: Uint8Array): Uint8Array {
  return new Uint8Array(octets.buffer, octets.byteOffset, octets.byteLength);
}
