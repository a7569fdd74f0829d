/**
 * What a front thread answers by itself: the stored body with a header, the question and an OPT record as this client is to have them.
 * The same octets that service/reply.ts and wire/compose.ts make of the same query, but that an answer too long goes out as TC=1 without
 * records, for the client comes over TCP anyway.
 */

import { Ede, EdnsCode, Rcode, Type } from '../../base/registry.ts';
import { HEADER_OCTETS } from '../../wire/message-index.ts';
import { Mark } from './layout.ts';
import type { QueryReader } from './query-reader.ts';
import type { MessageMemory, TableReader } from './table-reader.ts';

export interface ReplyWriterSettings {
  /** Our UDP payload size. */
  readonly udpSize: number;
  /** Told to whoever asks (RFC 5001). */
  readonly nsid: Uint8Array | undefined;
}

/** What every client takes. */
const MIN_UDP_SIZE = 512;
const OPT_OCTETS = 11;
const OPTION_HEAD_OCTETS = 4;

const Flag = { QR: 0x80, TC: 0x02, RD: 0x01, RA: 0x80, AD: 0x20, CD: 0x10 } as const;

/** Writes into the memory that datagrams are sent from, each message at a multiple of four octets. */
export class ReplyWriter {
  readonly #out: MessageMemory;
  readonly #settings: ReplyWriterSettings;
  readonly #prohibited = Uint8Array.of(0, EdnsCode.EDE, 0, 2, 0, Ede.PROHIBITED);
  readonly #nothing = new Uint8Array(0);

  constructor(out: MessageMemory, settings: ReplyWriterSettings) {
    this.#out = out;
    this.#settings = settings;
  }

  /** Where `TableReader.read` is to put the body of the message at `at`: a word. */
  bodyWord(at: number): number {
    return (at + HEADER_OCTETS) / 4;
  }

  /**
   * Completes the message at `at`, whose body `entry` has just read. @returns its octets; 0 where it fits only without its extended errors,
   * which is for others to decide
   */
  hit(query: QueryReader, octets: Uint8Array, queryAt: number, entry: TableReader, cookie: Uint8Array | undefined, at: number): number {
    const { kind, bodyOctets, edeOctets } = entry;
    const limit = Math.min(Math.max(query.udpSize, MIN_UDP_SIZE), this.#settings.udpSize);
    const optOctets = query.hasEdns ? OPT_OCTETS + this.#nsidOctets(query) + cookieOctets(cookie) : 0;
    const needed = HEADER_OCTETS + bodyOctets + optOctets;
    if (needed > limit) return this.#answer(query, octets, queryAt, Flag.TC, kind & 0xf, at, this.#nothing, 0, cookie);
    const extended = query.hasEdns ? edeOctets : 0;
    if (needed + extended > limit) return 0;
    const out = this.#out.octets;
    copyQuestion(octets, queryAt, query.questionEnd, out, at);
    this.#header(query, octets, queryAt, 0, kind & 0xf, at);
    if (query.wantsAd && (kind & Mark.SECURE) !== 0) out[at + 3] = (out[at + 3] as number) | Flag.AD;
    out[at + 7] = (kind >>> 16) & 0xff;
    out[at + 9] = kind >>> 24;
    const end = at + HEADER_OCTETS + bodyOctets;
    return (query.hasEdns ? this.#opt(query, end, entry.extendedErrors, extended, cookie) : end) - at;
  }

  /** TC=1, no records: the client is to come over TCP. */
  truncated(query: QueryReader, octets: Uint8Array, queryAt: number, cookie: Uint8Array | undefined, at: number): number {
    return this.#answer(query, octets, queryAt, Flag.TC, Rcode.NOERROR, at, this.#nothing, 0, cookie);
  }

  /** For a client that is not on the access list. */
  refused(query: QueryReader, octets: Uint8Array, queryAt: number, cookie: Uint8Array | undefined, at: number): number {
    return this.#answer(query, octets, queryAt, 0, Rcode.REFUSED, at, this.#prohibited, this.#prohibited.length, cookie);
  }

  #answer(
    query: QueryReader,
    octets: Uint8Array,
    queryAt: number,
    flags: number,
    rcode: number,
    at: number,
    extended: Uint8Array,
    extendedOctets: number,
    cookie: Uint8Array | undefined,
  ): number {
    copyQuestion(octets, queryAt, query.questionEnd, this.#out.octets, at);
    this.#header(query, octets, queryAt, flags, rcode, at);
    const end = at + query.questionEnd - queryAt;
    return (query.hasEdns ? this.#opt(query, end, extended, extendedOctets, cookie) : end) - at;
  }

  #header(query: QueryReader, octets: Uint8Array, queryAt: number, flags: number, rcode: number, at: number): void {
    const out = this.#out.octets;
    out[at] = octets[queryAt] as number;
    out[at + 1] = octets[queryAt + 1] as number;
    out[at + 2] = Flag.QR | Flag.RD | flags;
    out[at + 3] = Flag.RA | ((query.marks & Mark.CHECKING_DISABLED) !== 0 ? Flag.CD : 0) | rcode;
    out[at + 4] = 0;
    out[at + 5] = 1;
    out[at + 6] = out[at + 7] = out[at + 8] = out[at + 9] = out[at + 10] = 0;
    out[at + 11] = query.hasEdns ? 1 : 0;
  }

  /** The OPT record at `at`, its options in the order of service/answer.ts. @returns the octet behind it */
  #opt(query: QueryReader, at: number, extended: Uint8Array, extendedOctets: number, cookie: Uint8Array | undefined): number {
    const out = this.#out.octets;
    const { nsid, udpSize } = this.#settings;
    const options = this.#nsidOctets(query) + extendedOctets + cookieOctets(cookie);
    out[at] = 0;
    uint16(out, at + 1, Type.OPT);
    uint16(out, at + 3, udpSize);
    uint16(out, at + 5, 0); // upper RCODE, version
    uint16(out, at + 7, (query.marks & Mark.DNSSEC_OK) !== 0 ? 0x8000 : 0);
    uint16(out, at + 9, options);
    let next = at + OPT_OCTETS;
    if (query.wantsNsid && nsid) next = option(out, next, EdnsCode.NSID, nsid);
    for (let i = 0; i < extendedOctets; i++) out[next++] = extended[i] as number;
    return cookie ? option(out, next, EdnsCode.COOKIE, cookie) : next;
  }

  #nsidOctets(query: QueryReader): number {
    return query.wantsNsid && this.#settings.nsid ? OPTION_HEAD_OCTETS + this.#settings.nsid.length : 0;
  }
}

/** The question as the client wrote it: some compare its case (0x20). */
function copyQuestion(octets: Uint8Array, queryAt: number, questionEnd: number, out: Uint8Array, at: number): void {
  const shift = at - queryAt;
  for (let i = queryAt + HEADER_OCTETS; i < questionEnd; i++) out[i + shift] = octets[i] as number;
}

function cookieOctets(cookie: Uint8Array | undefined): number {
  return cookie ? OPTION_HEAD_OCTETS + cookie.length : 0;
}

function option(out: Uint8Array, at: number, code: number, data: Uint8Array): number {
  uint16(out, at, code);
  uint16(out, at + 2, data.length);
  out.set(data, at + 4);
  return at + 4 + data.length;
}

function uint16(out: Uint8Array, at: number, value: number): void {
  out[at] = value >>> 8;
  out[at + 1] = value;
}
