/** Type bit maps of NSEC and NSEC3 (RFC 4034 §4.1.2, RFC 5155 §3.2.1): which RR types exist at a name. */

import { WireError } from '../error.ts';

const BLOCK_HEADER = 2;
const MAX_BITMAP_OCTETS = 32;

export interface TypeBitmap {
  /** Whether the name owns an RRset of this type. */
  has(type: number): boolean;
  /** All types, ascending. */
  listTypes(): number[];
}

/**
 * Reads the window blocks that fill `octets`; keeps a view of them.
 * Blocks of zero bits are tolerated, as everybody does; blocks out of order or twice are not, since they could say two things.
 * @throws {WireError} `rdata-length` where a block has no octets, over 32 of them, or runs over the end
 */
export function readTypeBitmap(octets: Uint8Array): TypeBitmap {
  let lastWindow = -1;
  for (let at = 0; at < octets.length; ) {
    const window = octets[at] as number;
    const length = octets[at + 1] ?? 0;
    if (window <= lastWindow || length === 0 || length > MAX_BITMAP_OCTETS) throw new WireError('rdata-length', at);
    lastWindow = window;
    at += BLOCK_HEADER + length;
    if (at > octets.length) throw new WireError('rdata-length', at);
  }
  return { has: (type) => hasType(octets, type), listTypes: () => listTypes(octets) };
}

function hasType(octets: Uint8Array, type: number): boolean {
  const window = type >> 8;
  const octet = (type & 0xff) >> 3;
  for (let at = 0; at < octets.length; at += BLOCK_HEADER + (octets[at + 1] as number)) {
    if (octets[at] !== window) continue;
    return octet < (octets[at + 1] as number) && ((octets[at + BLOCK_HEADER + octet] as number) & (0x80 >> (type & 7))) !== 0;
  }
  return false;
}

function listTypes(octets: Uint8Array): number[] {
  const types: number[] = [];
  for (let at = 0; at < octets.length; at += BLOCK_HEADER + (octets[at + 1] as number)) {
    const window = (octets[at] as number) << 8;
    for (let bit = 0; bit < (octets[at + 1] as number) * 8; bit++) {
      if (((octets[at + BLOCK_HEADER + (bit >> 3)] as number) & (0x80 >> (bit & 7))) !== 0) types.push(window | bit);
    }
  }
  return types;
}
