/**
 * Zone keys: made fresh at each start, and the signature operation of each algorithm.
 *
 * RFCs: 4034 §2 and Appendix B (DNSKEY, key tag), 4034 §5 and 4509, 6605 (DS), 3110 and 5702 (RSA), 6605 (ECDSA), 8080 (EdDSA).
 * @noble/curves signs; RSA, which it has not, is signed by node:crypto. Algorithm 200 is unassigned: its keys and signatures are random.
 */

import { createHash, generateKeyPair, randomBytes, sign } from 'node:crypto';
import { promisify } from 'node:util';
import { ed448 } from '@noble/curves/ed448.js';
import { ed25519 } from '@noble/curves/ed25519.js';
import { p256, p384 } from '@noble/curves/nist.js';
import { type Labels, wireName } from './name.ts';
import { rdataOf } from './rdata.ts';

/** DNSKEY algorithm numbers that the sandbox signs with; 200 stands for one that no resolver knows. */
export type Algorithm = 8 | 13 | 14 | 15 | 16 | 200;

export interface ZoneKey {
  readonly algorithm: Algorithm;
  readonly tag: number;
  /** RDATA of the DNSKEY record. */
  readonly dnskey: Buffer;
  readonly sign: (data: Buffer) => Buffer;
}

/** Zone Key flag with and without Secure Entry Point (RFC 4034 §2.1.1). */
export type KeyFlags = 256 | 257;

export async function createKey(algorithm: Algorithm, flags: KeyFlags): Promise<ZoneKey> {
  const { publicKey, sign } = await createPair(algorithm);
  const dnskey = rdataOf({ name: '.', type: 'DNSKEY', data: { flags, algorithm, key: publicKey } });
  return { algorithm, tag: keyTag(dnskey), dnskey, sign };
}

interface Pair {
  readonly publicKey: Buffer;
  readonly sign: (data: Buffer) => Buffer;
}

async function createPair(algorithm: Algorithm): Promise<Pair> {
  switch (algorithm) {
    case 8:
      return createRsaPair();
    case 13:
      return createEcdsaPair(p256);
    case 14:
      return createEcdsaPair(p384);
    case 15:
      return createEddsaPair(ed25519);
    case 16:
      return createEddsaPair(ed448);
    case 200:
      return { publicKey: randomBytes(32), sign: () => randomBytes(64) };
  }
}

async function createRsaPair(): Promise<Pair> {
  const { publicKey, privateKey } = await promisify(generateKeyPair)('rsa', { modulusLength: 2048 });
  const { e = '', n = '' } = publicKey.export({ format: 'jwk' });
  const exponent = Buffer.from(e, 'base64url');
  return {
    publicKey: Buffer.concat([Buffer.of(exponent.length), exponent, Buffer.from(n, 'base64url')]), // RFC 3110 §2
    sign: (data) => sign('sha256', data, privateKey),
  };
}

function createEcdsaPair(curve: typeof p256): Pair {
  const { secretKey } = curve.keygen();
  return {
    publicKey: Buffer.from(curve.getPublicKey(secretKey, false).subarray(1)), // RFC 6605 §4: no prefix octet
    sign: (data) => Buffer.from(curve.sign(data, secretKey, { lowS: false })),
  };
}

function createEddsaPair(curve: typeof ed25519): Pair {
  const { secretKey, publicKey } = curve.keygen();
  return { publicKey: Buffer.from(publicKey), sign: (data) => Buffer.from(curve.sign(data, secretKey)) };
}

/** RFC 4034 Appendix B. */
function keyTag(dnskey: Buffer): number {
  let sum = 0;
  for (const [index, octet] of dnskey.entries()) sum += index % 2 === 0 ? octet << 8 : octet;
  return (sum + (sum >>> 16)) & 0xffff;
}

/** RDATA of the DS record for a key of the zone at `apex`: digest 4 for algorithm 14, 2 for the others. */
export function delegationSigner(apex: Labels, key: ZoneKey): Buffer {
  const digestType = key.algorithm === 14 ? 4 : 2;
  const digest = createHash(digestType === 4 ? 'sha384' : 'sha256')
    .update(wireName(apex))
    .update(key.dnskey)
    .digest();
  return rdataOf({ name: '.', type: 'DS', data: { keyTag: key.tag, algorithm: key.algorithm, digestType, digest } });
}
