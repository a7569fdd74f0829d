/** Questions, RRsets and messages as data (RFC 1035 §4, RFC 2181 §5). RDATA stays octets until someone needs a value (RFC 3597). */

import type { Name } from './name.ts';

export interface Question {
  readonly qname: Name;
  readonly qtype: number;
  readonly qclass: number;
}

/** All records of one owner, type and class (RFC 2181 §5), with the RRSIGs that cover them. */
export interface RRset {
  readonly owner: Name;
  readonly type: number;
  readonly class: number;
  /** Seconds; the least of its records' (RFC 2181 §5.2), and of its RRSIGs'. */
  readonly ttl: number;
  /** RDATA of each record, names in it uncompressed, no two equal. */
  readonly rdata: readonly Uint8Array[];
  /** RDATA of each RRSIG that covers this RRset (RFC 4034 §3.1), in the order received. */
  readonly signatures: readonly Uint8Array[];
}

/** EDNS(0) as carried by the OPT pseudo-RR (RFC 6891 §6.1). */
export interface Edns {
  /** The sender's UDP payload size, in octets. */
  readonly udpSize: number;
  readonly version: number;
  readonly dnssecOk: boolean;
  readonly options: readonly EdnsOption[];
}

export interface EdnsOption {
  readonly code: number;
  readonly data: Uint8Array;
}

/** Header flags (RFC 1035 §4.1.1, RFC 4035 §3). */
export interface Flags {
  readonly response: boolean;
  readonly authoritative: boolean;
  readonly truncated: boolean;
  readonly recursionDesired: boolean;
  readonly recursionAvailable: boolean;
  readonly authenticData: boolean;
  readonly checkingDisabled: boolean;
}

/** A whole message. RRSIGs stand with the RRset they cover; the OPT record stands in `edns`. */
export interface Message {
  readonly id: number;
  readonly opcode: number;
  /** With the upper eight bits of EDNS where there is an OPT record. */
  readonly rcode: number;
  readonly flags: Flags;
  readonly question: readonly Question[];
  readonly answer: readonly RRset[];
  readonly authority: readonly RRset[];
  readonly additional: readonly RRset[];
  readonly edns: Edns | undefined;
}

let lastName = '';
let lastType = 0;
let lastKey = '0/';

/** The key of a name and a type, for maps. One after another ask for the same, and a string that was made once is hashed once. */
export function rrKey({ key }: Name, type: number): string {
  if (type === lastType && key === lastName) return lastKey;
  lastName = key;
  lastType = type;
  lastKey = `${type}/${key}`;
  return lastKey;
}

/** The same RRset with another TTL; no copy where it is the same already. */
export function withTtl(rrset: RRset, ttl: number): RRset {
  return rrset.ttl === ttl ? rrset : { ...rrset, ttl };
}
