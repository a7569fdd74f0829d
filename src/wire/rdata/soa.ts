/** SOA RDATA (RFC 1035 §3.3.13). */

import type { Name } from '../../base/name.ts';
import { WireError } from '../error.ts';
import { readUint32 } from '../message-index.ts';
import { readPlainName } from '../name-ref.ts';

const FIXED_OCTETS = 20;

export interface Soa {
  readonly mname: Name;
  readonly rname: Name;
  readonly serial: number;
  readonly refresh: number;
  readonly retry: number;
  readonly expire: number;
  /** Seconds; bounds the TTL of denials (RFC 2308 §4). */
  readonly minimum: number;
}

/** @throws {WireError} when it is not two names and five numbers */
export function readSoa(rdata: Uint8Array): Soa {
  const { name: mname, end } = readPlainName(rdata, 0);
  const { name: rname, end: at } = readPlainName(rdata, end);
  if (at + FIXED_OCTETS !== rdata.length) throw new WireError('rdata-length', at);
  return {
    mname,
    rname,
    serial: readUint32(rdata, at),
    refresh: readUint32(rdata, at + 4),
    retry: readUint32(rdata, at + 8),
    expire: readUint32(rdata, at + 12),
    minimum: readUint32(rdata, at + 16),
  };
}
