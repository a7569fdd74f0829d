/** DS RDATA (RFC 4034 §5). */

import { WireError } from '../error.ts';

const FIXED_OCTETS = 4;

export interface Ds {
  readonly keyTag: number;
  readonly algorithm: number;
  readonly digestType: number;
  /** A view; its length may disagree with the digest type. */
  readonly digest: Uint8Array;
}

/** @throws {WireError} when shorter than its fixed fields, or without a digest */
export function readDs(rdata: Uint8Array): Ds {
  if (rdata.length <= FIXED_OCTETS) throw new WireError('rdata-length', rdata.length);
  return {
    keyTag: ((rdata[0] as number) << 8) | (rdata[1] as number),
    algorithm: rdata[2] as number,
    digestType: rdata[3] as number,
    digest: rdata.subarray(FIXED_OCTETS),
  };
}
