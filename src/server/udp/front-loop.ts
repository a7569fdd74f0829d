/**
 * What a front thread does with a batch of datagrams: answers what the table has, turns away who may not ask or asks too much, and sets the
 * rest aside for the resolver thread. No sockets and no clock: they are arguments.
 */

import { type CookieSecrets, judgeCookieData } from '../../service/cookie.ts';
import { HEADER_OCTETS } from '../../wire/message-index.ts';
import type { Batch } from './batch.ts';
import type { AddressRanges, QueryRate } from './clients.ts';
import { Mark } from './layout.ts';
import { Socket } from './libc.ts';
import { QueryKind, QueryReader } from './query-reader.ts';
import { ReplyWriter, type ReplyWriterSettings } from './reply-writer.ts';
import type { TableReader } from './table-reader.ts';

/** What front threads count, one array of doubles for each: only its thread writes it. */
export const Count = { SECURE: 0, INSECURE: 1, NXDOMAIN: 2, REFUSED: 3, RATE_LIMITED: 4, OVERLOADED: 5, LENGTH: 6 } as const;

export interface FrontLoopDeps extends ReplyWriterSettings {
  readonly table: TableReader;
  /** Who may ask. */
  readonly allowed: AddressRanges;
  /** Whose rate is not limited. */
  readonly trusted: AddressRanges;
  readonly rate: QueryRate;
  readonly cookies: { readonly secrets: CookieSecrets; readonly require: boolean } | undefined;
  readonly counts: Float64Array;
  /** Asks leave to hand a query to the resolver thread; false where it has too many already. */
  readonly mayHandOver: () => boolean;
}

export class FrontLoop {
  /** Places of the batch last served that the resolver thread is to answer; the first `misses` of them. */
  readonly missPlaces: number[];
  misses = 0;
  readonly #deps: FrontLoopDeps;
  readonly #query = new QueryReader();
  readonly #out: Batch;
  readonly #replies: ReplyWriter;
  #replyCount = 0;
  #now = 0;
  /** Of the query at hand: a cookie for its answer, and whether it showed a valid one. */
  #cookie: Uint8Array | undefined;
  #isProven = false;

  constructor(deps: FrontLoopDeps, out: Batch) {
    this.#deps = deps;
    this.#out = out;
    this.#replies = new ReplyWriter(out.memory, deps);
    this.missPlaces = new Array<number>(out.count).fill(0);
  }

  /** Nothing came for a while: the table is to know how late it is all the same. */
  idle(now: number): void {
    this.#deps.table.begin(now);
  }

  /** Serves the first `got` places of `batch`, at `now` in seconds. @returns how many places of the other batch are replies to send */
  serve(batch: Batch, got: number, now: number): number {
    this.misses = 0;
    this.#replyCount = 0;
    this.#now = now;
    this.#deps.table.begin(now);
    for (let place = 0; place < got; place++) this.#serveOne(batch, place);
    return this.#replyCount;
  }

  #serveOne(batch: Batch, place: number): void {
    const { octets } = batch.memory;
    const at = batch.payloadAt(place);
    const name = batch.nameAt(place);
    // Nothing can be sent to port 0; and what was longer than any query is none.
    if ((octets[name + 2] === 0 && octets[name + 3] === 0) || (batch.flags(place) & Socket.MSG_TRUNC) !== 0) return;
    const query = this.#query;
    const kind = query.read(octets, at, batch.received(place));
    if (kind === QueryKind.SILENCE) return;
    const ipv6 = octets[name] === Socket.AF_INET6;
    const addressAt = name + (ipv6 ? 8 : 4);
    const addressOctets = ipv6 ? 16 : 4;
    const isRead = kind === QueryKind.PLAIN;
    this.#cookie = undefined;
    this.#isProven = false;
    const isOurs = isRead && this.#heedCookie(octets, addressAt, addressOctets);
    const { allowed, trusted, rate } = this.#deps;
    if (isRead && !allowed.has(octets, addressAt, addressOctets)) {
      this.#count(Count.REFUSED);
      this.#send(batch, place, this.#replies.refused(query, octets, at, this.#cookie, this.#to));
    } else if (
      !this.#isProven &&
      !rate.take(octets, addressAt, addressOctets, this.#now) &&
      !trusted.has(octets, addressAt, addressOctets)
    ) {
      this.#turnAway(batch, place, isRead, Count.RATE_LIMITED);
    } else if (!isOurs || !this.#hit(batch, place)) {
      this.#handOver(batch, place, isRead);
    }
  }

  /** Where the next reply goes. */
  get #to(): number {
    return this.#out.payloadAt(this.#replyCount);
  }

  #hit(batch: Batch, place: number): boolean {
    const { table } = this.#deps;
    const query = this.#query;
    const { octets } = batch.memory;
    const at = batch.payloadAt(place);
    if (!table.read(octets, at + HEADER_OCTETS, query.questionEnd, query.marks, this.#out.memory, this.#replies.bodyWord(this.#to)))
      return false;
    const length = this.#replies.hit(query, octets, at, table, this.#cookie, this.#to);
    if (length === 0) return false;
    this.#count((table.kind & Mark.DENIAL) !== 0 ? Count.NXDOMAIN : (table.kind & Mark.SECURE) !== 0 ? Count.SECURE : Count.INSECURE);
    this.#send(batch, place, length);
    return true;
  }

  /** Makes the cookie for the answer. False where it is for others to say what is wrong with the client's. */
  #heedCookie(octets: Uint8Array, addressAt: number, addressOctets: number): boolean {
    const { cookies } = this.#deps;
    const { cookieAt, cookieOctets } = this.#query;
    if (!cookies || cookieOctets < 0) return true;
    const ip = octets.subarray(addressAt, addressAt + addressOctets);
    const judged = judgeCookieData(octets.subarray(cookieAt, cookieAt + cookieOctets), ip, this.#now, cookies.secrets);
    this.#cookie = judged.option?.data;
    this.#isProven = judged.state === 'valid';
    return judged.state !== 'malformed' && (this.#isProven || !cookies.require);
  }

  #handOver(batch: Batch, place: number, isRead: boolean): void {
    if (this.#deps.mayHandOver()) this.missPlaces[this.misses++] = place;
    else this.#turnAway(batch, place, isRead, Count.OVERLOADED);
  }

  /** Whoever asked really comes over TCP (RFC 7766 §5); an answer this small makes nothing of us for who forges addresses. */
  #turnAway(batch: Batch, place: number, isRead: boolean, why: number): void {
    this.#count(why);
    if (!isRead) return;
    const at = batch.payloadAt(place);
    this.#send(batch, place, this.#replies.truncated(this.#query, batch.memory.octets, at, this.#cookie, this.#to));
  }

  #send(batch: Batch, place: number, length: number): void {
    this.#out.address(this.#replyCount++, length, batch, place);
  }

  #count(which: number): void {
    const { counts } = this.#deps;
    counts[which] = (counts[which] as number) + 1;
  }
}
