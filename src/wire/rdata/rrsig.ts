/** RRSIG RDATA (RFC 4034 §3.1). */

import type { Name } from '../../base/name.ts';
import { WireError } from '../error.ts';
import { readPlainName } from '../name-ref.ts';

const FIXED_OCTETS = 18;

export interface Rrsig {
  readonly typeCovered: number;
  readonly algorithm: number;
  /** Labels of the original owner, neither root nor asterisk counted. */
  readonly labels: number;
  readonly originalTtl: number;
  /** Seconds since the epoch modulo 2^32, to be compared by serial arithmetic (RFC 4034 §3.1.5). */
  readonly expiration: number;
  readonly inception: number;
  readonly keyTag: number;
  readonly signer: Name;
  readonly signature: Uint8Array;
  /** RDATA up to the signature, as it came: the signer's name may hold upper case. */
  readonly signedPart: Uint8Array;
}

/** As `readRrsig`; undefined for what is none, which is as good as no signature. */
export function tryReadRrsig(rdata: Uint8Array): Rrsig | undefined {
  try {
    return readRrsig(rdata);
  } catch (error) {
    if (error instanceof WireError) return undefined;
    throw error;
  }
}

/** Serial number arithmetic (RFC 1982 §3.2, RFC 4034 §3.1.5): how far `to` lies behind `from`, in seconds. */
export function serialDistance(from: number, to: number): number {
  return (to - from) | 0;
}

/** Reads the fields; octet fields are views. @throws {WireError} when a field runs over the end, or nothing is left for a signature */
export function readRrsig(rdata: Uint8Array): Rrsig {
  if (rdata.length < FIXED_OCTETS) throw new WireError('rdata-length', rdata.length);
  const view = new DataView(rdata.buffer, rdata.byteOffset, rdata.byteLength);
  const { name: signer, end } = readPlainName(rdata, FIXED_OCTETS);
  if (end >= rdata.length) throw new WireError('rdata-length', end);
  return {
    typeCovered: view.getUint16(0),
    algorithm: view.getUint8(2),
    labels: view.getUint8(3),
    originalTtl: view.getUint32(4),
    expiration: view.getUint32(8),
    inception: view.getUint32(12),
    keyTag: view.getUint16(16),
    signer,
    signature: rdata.subarray(end),
    signedPart: rdata.subarray(0, end),
  };
}
