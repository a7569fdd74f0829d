/**
 * Canonical form and order of RDATA (RFC 4034 §6.2-6.3), as amended by RFC 6840 §5.1: the next name of NSEC keeps its case, the
 * signer of RRSIG does not; HINFO, listed by mistake, holds no name. Types not listed here are left alone (RFC 3597 §7).
 * RDATA that does not have its type's format is left as it is: no octet outside it is read or written (CVE-2026-56416).
 */

import { Type } from '../base/registry.ts';

/** Fields up to the last name: a number of octets, a `name`, a `string` with its length octet, or the address part of `a6`. */
type Field = number | 'name' | 'string' | 'a6';

const layouts = new Map<number, readonly Field[]>([
  ...[Type.NS, Type.MD, Type.MF, Type.CNAME, Type.MB, Type.MG, Type.MR, Type.PTR, Type.NXT, Type.DNAME].map(
    (type) => [type, ['name']] as const,
  ),
  ...[Type.SOA, Type.MINFO, Type.RP].map((type) => [type, ['name', 'name']] as const),
  ...[Type.MX, Type.AFSDB, Type.RT, Type.KX].map((type) => [type, [2, 'name']] as const),
  ...[Type.SIG, Type.RRSIG].map((type) => [type, [18, 'name']] as const),
  [Type.PX, [2, 'name', 'name']],
  [Type.SRV, [6, 'name']],
  [Type.NAPTR, [4, 'string', 'string', 'string', 'name']],
  [Type.A6, ['a6', 'name']],
]);

/** RDATA in canonical form: the same octets where nothing changes, else a copy with the names in it lowered. */
export function canonicalRdata(type: number, rdata: Uint8Array): Uint8Array {
  const layout = layouts.get(type);
  if (layout === undefined) return rdata;
  const copy = new Uint8Array(rdata);
  let at = 0;
  for (const field of layout) {
    // An A6 record of prefix length 0 ends with its address (RFC 2874 §3.1).
    if (field === 'name' && type === Type.A6 && at === copy.length && copy[0] === 0) return copy;
    at = endOfField(copy, at, field);
    if (at > copy.length) return rdata;
  }
  return copy;
}

const MALFORMED = Number.POSITIVE_INFINITY;

function endOfField(rdata: Uint8Array, at: number, field: Field): number {
  switch (field) {
    case 'name':
      return lowerName(rdata, at);
    case 'string':
      return at + 1 + (rdata[at] ?? MALFORMED);
    case 'a6': {
      const prefixLength = rdata[at] ?? MALFORMED;
      return prefixLength > 128 ? MALFORMED : at + 1 + Math.ceil((128 - prefixLength) / 8);
    }
    default:
      return at + field;
  }
}

/** Lowers an uncompressed name in place. Returns the offset behind it. */
function lowerName(rdata: Uint8Array, start: number): number {
  for (let at = start; ; ) {
    const length = rdata[at];
    if (length === undefined || length > 63) return MALFORMED;
    if (length === 0) return at + 1;
    const end = at + 1 + length;
    if (end > rdata.length) return MALFORMED;
    for (let i = at + 1; i < end; i++) {
      const octet = rdata[i] as number;
      if (octet >= 0x41 && octet <= 0x5a) rdata[i] = octet | 0x20;
    }
    at = end;
  }
}

/** Sorts canonical RDATA as left-justified octet strings and drops what stands twice (RFC 4034 §6.3). */
export function canonicalOrder(rdatas: readonly Uint8Array[]): Uint8Array[] {
  if (rdatas.length < 2) return [...rdatas];
  const sorted = rdatas.toSorted(Buffer.compare);
  return sorted.filter((rdata, i) => i === 0 || Buffer.compare(sorted[i - 1] as Uint8Array, rdata) !== 0);
}
