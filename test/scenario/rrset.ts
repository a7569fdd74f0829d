/** RRsets and names as text and back, for tests. */

import { type Name, parseName } from '../../src/base/name.ts';
import type { RRset } from '../../src/base/record.ts';
import { rdataOf, typeNumber } from '../vectors/read-records.ts';

/** An unsigned RRset. */
export function rrset(owner: string, type: string, lines: readonly string[], ttl = 3600): RRset {
  return {
    owner: parseName(owner),
    type: typeNumber(type),
    class: 1,
    ttl,
    rdata: lines.map((line) => rdataOf(type, line.split(' '))),
    signatures: [],
  };
}

/** Lower case with the final dot; test names need no escapes. */
export function textOf(name: Name): string {
  let text = '';
  for (let at = 0; name.wire[at] !== 0; at += (name.wire[at] as number) + 1) {
    text += `${Buffer.from(name.key, 'latin1').toString('latin1', at + 1, at + 1 + (name.wire[at] as number))}.`;
  }
  return text || '.';
}

/** The name that is the RDATA of a CNAME, DNAME or NS RRset. */
export function textAt(rrset: RRset): string {
  const wire = rrset.rdata[0] as Uint8Array;
  let text = '';
  for (let at = 0; wire[at] !== 0; at += (wire[at] as number) + 1) {
    text += `${Buffer.from(wire.subarray(at + 1, at + 1 + (wire[at] as number))).toString('latin1')}.`;
  }
  return text || '.';
}
