/** SRV RDATA (RFC 2782). */

import type { Name } from '../../base/name.ts';
import { WireError } from '../error.ts';
import { readUint16 } from '../message-index.ts';
import { readNameToEnd } from './target.ts';

const FIXED_OCTETS = 6;

export interface Srv {
  readonly priority: number;
  readonly weight: number;
  readonly port: number;
  readonly target: Name;
}

/** @throws {WireError} when it is not three numbers and a name */
export function readSrv(rdata: Uint8Array): Srv {
  if (rdata.length < FIXED_OCTETS) throw new WireError('rdata-length', rdata.length);
  return {
    priority: readUint16(rdata, 0),
    weight: readUint16(rdata, 2),
    port: readUint16(rdata, 4),
    target: readNameToEnd(rdata, FIXED_OCTETS),
  };
}
