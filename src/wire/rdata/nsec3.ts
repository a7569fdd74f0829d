/** NSEC3 RDATA (RFC 5155 §3.1). */

import { WireError } from '../error.ts';
import { readTypeBitmap, type TypeBitmap } from './type-bitmap.ts';

const FLAG_OPT_OUT = 0x01;
const FIXED_OCTETS = 5;

export interface Nsec3 {
  readonly hashAlgorithm: number;
  readonly flags: number;
  readonly optOut: boolean;
  /** Hash computations besides the first. */
  readonly iterations: number;
  readonly salt: Uint8Array;
  /** The next hashed owner in hash order, as octets. */
  readonly nextHash: Buffer;
  readonly types: TypeBitmap;
}

/** Reads the fields; octet fields are views. @throws {WireError} when a field runs over the end, the hash is empty, or the bit map is bad */
export function readNsec3(rdata: Uint8Array): Nsec3 {
  const saltLength = rdata[FIXED_OCTETS - 1];
  if (saltLength === undefined) throw new WireError('rdata-length', rdata.length);
  const saltEnd = FIXED_OCTETS + saltLength;
  const hashLength = rdata[saltEnd];
  if (hashLength === undefined || hashLength === 0) throw new WireError('rdata-length', saltEnd);
  const hashEnd = saltEnd + 1 + hashLength;
  if (hashEnd > rdata.length) throw new WireError('rdata-length', rdata.length);
  const flags = rdata[1] as number;
  return {
    hashAlgorithm: rdata[0] as number,
    flags,
    optOut: (flags & FLAG_OPT_OUT) !== 0,
    iterations: ((rdata[2] as number) << 8) | (rdata[3] as number),
    salt: rdata.subarray(FIXED_OCTETS, saltEnd),
    nextHash: Buffer.from(rdata.buffer, rdata.byteOffset + saltEnd + 1, hashLength),
    types: readTypeBitmap(rdata.subarray(hashEnd)),
  };
}
