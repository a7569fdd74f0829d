/** MX RDATA (RFC 1035 §3.3.9). The root as exchange is a null MX (RFC 7505). */

import type { Name } from '../../base/name.ts';
import { WireError } from '../error.ts';
import { readUint16 } from '../message-index.ts';
import { readNameToEnd } from './target.ts';

export interface Mx {
  readonly preference: number;
  readonly exchange: Name;
}

/** @throws {WireError} when it is not a number and a name */
export function readMx(rdata: Uint8Array): Mx {
  if (rdata.length < 2) throw new WireError('rdata-length', rdata.length);
  return { preference: readUint16(rdata, 0), exchange: readNameToEnd(rdata, 2) };
}
