/** NSEC RDATA (RFC 4034 §4.1). */

import type { Name } from '../../base/name.ts';
import { readPlainName } from '../name-ref.ts';
import { readTypeBitmap, type TypeBitmap } from './type-bitmap.ts';

export interface Nsec {
  /** The next owner in canonical order; the apex behind the last. */
  readonly next: Name;
  readonly types: TypeBitmap;
}

/** @throws {WireError} on a bad name or bit map */
export function readNsec(rdata: Uint8Array): Nsec {
  const { name, end } = readPlainName(rdata, 0);
  return { next: name, types: readTypeBitmap(rdata.subarray(end)) };
}
