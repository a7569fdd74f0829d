/** RDATA that is one name: NS, CNAME, PTR (RFC 1035 §3.3), DNAME (RFC 6672 §2.1). Uncompressed, as RDATA is above the wire layer. */

import type { Name } from '../../base/name.ts';
import { WireError } from '../error.ts';
import { readPlainName } from '../name-ref.ts';

/** @throws {WireError} when it is not one name and nothing more */
export function readTarget(rdata: Uint8Array): Name {
  return readNameToEnd(rdata, 0);
}

/** The name that starts at `offset` and ends with the RDATA. @throws {WireError} when it ends elsewhere */
export function readNameToEnd(rdata: Uint8Array, offset: number): Name {
  const { name, end } = readPlainName(rdata, offset);
  if (end !== rdata.length) throw new WireError('rdata-length', end);
  return name;
}

/** RDATA that names `name`; shares its octets. */
export function targetRdata(name: Name): Uint8Array {
  return name.wire;
}
