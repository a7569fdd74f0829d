/** Names where they stand in a message, with compression pointers (RFC 1035 §4.1.4), and copied out of it. */

import { MAX_LABELS, MAX_NAME_OCTETS, makeName, type Name } from '../base/name.ts';
import { WireError } from './error.ts';

function octetAt(message: Uint8Array, at: number): number {
  const octet = message[at];
  if (octet === undefined) throw new WireError('truncated', at);
  return octet;
}

const scratch = new Uint8Array(MAX_NAME_OCTETS);

/** Copies a name out of its message, pointers followed. @throws {WireError} at the octet that is wrong */
export function readName(message: Uint8Array, offset: number): Name {
  let used = 0;
  for (let hops = 0, at = offset, floor = offset; ; ) {
    const octet = octetAt(message, at);
    if (octet >= 0xc0) {
      const target = ((octet & 0x3f) << 8) | octetAt(message, at + 1);
      // Only to prior octets, so the walk ends (RFC 1035 §4.1.4); and soon, for a chain may be 8000 pointers long.
      if (target >= floor || ++hops > MAX_LABELS) throw new WireError('pointer', at);
      at = floor = target;
      continue;
    }
    const end = at + octet + 1;
    if (octet > 63) throw new WireError('label-type', at);
    if (end > message.length) throw new WireError('truncated', at);
    if (used + octet + 1 > MAX_NAME_OCTETS) throw new WireError('name-too-long', at);
    for (let i = at; i < end; i++) scratch[used++] = message[i] as number;
    if (octet === 0) return makeName(scratch.slice(0, used));
    at = end;
  }
}

/** The offset right behind a name, pointers not followed. @throws {WireError} where it leaves the message */
export function skipName(message: Uint8Array, offset: number): number {
  for (let at = offset; ; ) {
    const octet = octetAt(message, at);
    if (octet >= 0xc0) {
      octetAt(message, at + 1);
      return at + 2;
    }
    if (octet > 63) throw new WireError('label-type', at);
    at += octet + 1;
    if (octet === 0) return at;
    if (at - offset > MAX_NAME_OCTETS) throw new WireError('name-too-long', at);
  }
}

/** Reads an uncompressed name out of RDATA that was copied out of its message. @throws {WireError} on a pointer too */
export function readPlainName(rdata: Uint8Array, offset: number): { readonly name: Name; readonly end: number } {
  for (let at = offset; ; ) {
    const octet = octetAt(rdata, at);
    if (octet > 63) throw new WireError('label-type', at);
    at += octet + 1;
    if (at > rdata.length) throw new WireError('truncated', at);
    if (at - offset > MAX_NAME_OCTETS) throw new WireError('name-too-long', at);
    // `slice` of a Buffer would be a view.
    if (octet === 0) return { name: makeName(Uint8Array.prototype.slice.call(rdata, offset, at)), end: at };
  }
}
