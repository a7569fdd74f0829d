/** TLSA RDATA (RFC 6698 §2.1). Whether the values mean anything is for who uses them to say. */

import { WireError } from '../error.ts';

const FIXED_OCTETS = 3;

export interface Tlsa {
  readonly usage: number;
  readonly selector: number;
  readonly matchingType: number;
  /** Certificate association data. A view; may be empty, or of a length that the matching type does not have. */
  readonly data: Uint8Array;
}

/** @throws {WireError} when shorter than its fixed fields */
export function readTlsa(rdata: Uint8Array): Tlsa {
  if (rdata.length < FIXED_OCTETS) throw new WireError('rdata-length', rdata.length);
  return {
    usage: rdata[0] as number,
    selector: rdata[1] as number,
    matchingType: rdata[2] as number,
    data: rdata.subarray(FIXED_OCTETS),
  };
}
