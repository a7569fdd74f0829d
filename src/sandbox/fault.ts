/**
 * How a server of the sandbox misbehaves, each way one that real servers have shown.
 *
 * - `silent`: no reply at all
 * - `refused`, `servfail`: that RCODE to all questions
 * - `unsigned`: its data without RRSIG, NSEC and NSEC3, as from a server that knows no DNSSEC
 * - `stale`: signatures that ended a month ago, as from a secondary that takes no transfers any more
 * - `cut`: the first half of the octets
 * - `always-truncated`: TC over UDP and TCP alike
 * - `wrong-id`, `wrong-question`: a reply to something else
 * - `garbage`: octets that are no message
 * - `slow`: the right reply, 3 s late
 * - `wrong-address`: over UDP the right reply from an address that was not asked; over TCP none
 * - `half-over-tcp`: truncated over UDP; over TCP half of the right reply, and the end of the stream
 * - `slow-over-tcp`: truncated over UDP; over TCP the right reply, an octet at a time
 */

import type { Reply } from './lookup.ts';
import { emptyReply, type Query } from './message.ts';
import { type RRset, typeNumbers } from './rdata.ts';

export const faults = [
  'silent',
  'refused',
  'servfail',
  'unsigned',
  'stale',
  'cut',
  'always-truncated',
  'wrong-id',
  'wrong-question',
  'garbage',
  'slow',
  'wrong-address',
  'half-over-tcp',
  'slow-over-tcp',
] as const;
export type Fault = (typeof faults)[number];

/** What a fault works on: the right reply, and how it is written. */
export interface Replying {
  readonly reply: (window?: 'ended') => Reply;
  readonly write: (reply: Reply) => Buffer;
}

const slowMs = 3000;
const headerOctets = 12;

/** How a reply goes out. */
export type Sending = 'at-once' | 'from-another-address' | 'half' | 'octet-by-octet';

export function sendingOf(fault: Fault | undefined, transport: 'udp' | 'tcp'): Sending {
  if (fault === 'wrong-address') return 'from-another-address';
  if (fault === 'half-over-tcp' && transport === 'tcp') return 'half';
  if (fault === 'slow-over-tcp' && transport === 'tcp') return 'octet-by-octet';
  return 'at-once';
}

/** Milliseconds that a reply is held back. */
export function delayOf(fault: Fault | undefined): number {
  return fault === 'slow' ? slowMs : 0;
}

/** Octets that the server sends, if any. */
export function replyOctets(
  fault: Fault | undefined,
  transport: 'udp' | 'tcp',
  query: Query,
  { reply, write }: Replying,
): Buffer | undefined {
  switch (fault) {
    case undefined:
    case 'slow':
      return write(reply());
    case 'wrong-address':
      return transport === 'udp' ? write(reply()) : undefined;
    case 'half-over-tcp':
    case 'slow-over-tcp':
      return transport === 'udp' ? truncated(write) : write(reply());
    case 'silent':
      return undefined;
    case 'refused':
      return write(emptyReply('REFUSED'));
    case 'servfail':
      return write(emptyReply('SERVFAIL'));
    case 'unsigned':
      return write(withoutDnssec(reply(), query.qtype));
    case 'stale':
      return write(reply('ended'));
    case 'cut': {
      const octets = write(reply());
      return octets.subarray(0, octets.length >> 1);
    }
    case 'always-truncated':
      return truncated(write);
    case 'wrong-id':
      return withOctet(write(reply()), 1, (octet) => octet ^ 0xff);
    case 'wrong-question': // the first letter of QNAME is another
      return withOctet(write(reply()), headerOctets + 1, (octet) => octet + 1);
    case 'garbage':
      return Buffer.alloc(64, 0xc0);
  }
}

function truncated(write: Replying['write']): Buffer {
  return withOctet(write(emptyReply('NOERROR')), 2, (octet) => octet | 0x02);
}

function withoutDnssec(reply: Reply, qtype: number): Reply {
  const dropped: readonly number[] = [typeNumbers.RRSIG, typeNumbers.NSEC, typeNumbers.NSEC3];
  const keep = (rrsets: readonly RRset[]) => rrsets.filter(({ type }) => type === qtype || !dropped.includes(type));
  return { ...reply, answer: keep(reply.answer), authority: keep(reply.authority) };
}

function withOctet(octets: Buffer, at: number, change: (octet: number) => number): Buffer {
  const changed = Buffer.from(octets);
  changed[at] = change(changed[at] ?? 0) & 0xff;
  return changed;
}
