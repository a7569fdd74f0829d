/**
 * What is known of each server by its address: how long it takes (RFC 6298), whether it answers at all, what it makes of EDNS and of
 * mixed case, and for which zones it is lame. Everything here is a guess that costs time if wrong, never a verdict, and is forgotten
 * after a quarter of an hour.
 *
 * For callers: note a timeout only when nothing came back. A wait ended by forged replies says nothing of the server, and were it
 * counted, whoever forges could switch servers off (CVE-2023-26437).
 */

import { LRUCache } from 'lru-cache';
import type { Name } from '../base/name.ts';
import { CLOCK_SLACK } from './timed-store.ts';

/** Seconds. */
export const SERVER_TTL = 900;
/** Server cookies last an hour by RFC 9018 §4.3; then the client cookie changes too, so that nobody is followed by it (RFC 7873 §7.1). */
const COOKIE_TTL = 3_600;
const DEAD_TTL = 60;
const TIMEOUTS_UNTIL_DEAD = 3;
/** A near server is given 50 ms at first: three of those are a pause, not a death. */
/** Of a server that has given cookies. One is a loss on the way. */
const TIMEOUTS_UNTIL_COOKIELESS = 2;
const WAIT_UNTIL_DEAD_MS = 1_000;

/** Milliseconds. RFC 6298 begins with 1 s, which for a name server is long: most answer within 400 ms or never. */
export const UNKNOWN_TIMEOUT_MS = 400;
export const MIN_TIMEOUT_MS = 50;
export const MAX_TIMEOUT_MS = 3_000;
/** Better than a far server and worse than a near one: unknown servers are tried one after another until a near one is found. */
export const UNKNOWN_SCORE = 60;
/** Behind all others, and still asked when there is nobody else. */
export const DEAD_SCORE = 60_000;

const MAX_LAME_ZONES = 64;
/** What an entry costs in memory: the server, and a zone that it is lame for with its key. Estimates, meant to be on the high side. */
const SERVER_OCTETS = 900;
const LAME_ZONE_OCTETS = 200;

export type EdnsSupport = 'unknown' | 'works' | 'plain';

/** The cookies that go with a server (RFC 7873); without `server` it gives none. */
export interface ServerCookie {
  readonly client: Uint8Array;
  readonly server: Uint8Array | undefined;
}

/** Something noted at a moment, good until another. */
interface Noted {
  readonly since: number;
  readonly until: number;
}

interface Server {
  /** Milliseconds; undefined until the first response. */
  rtt: { readonly smoothed: number; readonly variance: number } | undefined;
  /** Timeouts since the last response. */
  timeouts: number;
  dead: Noted | undefined;
  edns: (Noted & { readonly support: 'works' | 'plain' }) | undefined;
  caseLost: Noted | undefined;
  cookie: (Noted & { readonly client: Uint8Array; server: Uint8Array | undefined }) | undefined;
  /** By the key of the zone. */
  readonly lame: Map<string, Noted>;
  noted: Noted;
}

export class ServerCache {
  readonly #servers: LRUCache<string, Server>;

  constructor({ maxServers = 50_000, maxOctets = 32_000_000 }: { readonly maxServers?: number; readonly maxOctets?: number } = {}) {
    this.#servers = new LRUCache({ max: maxServers, maxSize: maxOctets, sizeCalculation: octetsOf });
  }

  /** How long to wait for this server: smoothed RTT and four variances (RFC 6298 §2.3), doubled for each timeout in a row (§5.5). */
  timeoutMs(address: string, now: number): number {
    const server = this.#find(address, now);
    if (!server) return UNKNOWN_TIMEOUT_MS;
    const base = server.rtt ? Math.max(server.rtt.smoothed + 4 * server.rtt.variance, MIN_TIMEOUT_MS) : UNKNOWN_TIMEOUT_MS;
    return Math.min(base * 2 ** Math.min(server.timeouts, 8), MAX_TIMEOUT_MS);
  }

  /** A reply that matched came, whatever it said, after `rttMs`. */
  recordResponse(address: string, rttMs: number, now: number): void {
    const server = this.#note(address, now);
    const { rtt } = server;
    // RFC 6298 §2.2 and §2.3: alpha 1/8, beta 1/4; the variance is taken before the mean moves.
    server.rtt = rtt
      ? { variance: rtt.variance * 0.75 + Math.abs(rtt.smoothed - rttMs) * 0.25, smoothed: rtt.smoothed * 0.875 + rttMs * 0.125 }
      : { smoothed: rttMs, variance: rttMs / 2 };
    server.timeouts = 0;
    server.dead = undefined;
  }

  /**
   * Nothing came at all within `waitedMs`. Of questions that wait at the same time one counts: whoever waited less than the server is given
   * now was told nothing new. The third time in a row, if that was a wait worth the name, the server is dead for a minute; then one more
   * timeout is enough.
   */
  recordTimeout(address: string, now: number, waitedMs = Number.POSITIVE_INFINITY): void {
    if (waitedMs < this.timeoutMs(address, now)) return;
    const server = this.#note(address, now);
    if (++server.timeouts >= TIMEOUTS_UNTIL_DEAD && waitedMs >= WAIT_UNTIL_DEAD_MS) server.dead = note(now, DEAD_TTL);
  }

  /** The network said that nobody is there. */
  recordUnreachable(address: string, now: number): void {
    this.#note(address, now).dead = note(now, DEAD_TTL);
  }

  /** False for a minute after the server was found dead; then it is worth another try. */
  isReachable(address: string, now: number): boolean {
    return !holds(this.#find(address, now)?.dead, now);
  }

  edns(address: string, now: number): EdnsSupport {
    const noted = this.#find(address, now)?.edns;
    return noted && holds(noted, now) ? noted.support : 'unknown';
  }

  /**
   * A reply with OPT came (`works`), or a FORMERR without OPT that went away without EDNS (`plain`). Where EDNS was seen to work,
   * `plain` is not believed: a forged FORMERR would take the signatures away (CVE-2026-52690).
   * @returns whether it was noted
   */
  recordEdns(address: string, support: 'works' | 'plain', now: number): boolean {
    if (support === 'plain' && this.edns(address, now) === 'works') return false;
    this.#note(address, now).edns = { support, ...note(now, SERVER_TTL) };
    return true;
  }

  /** Forgets that a server seemed to lack EDNS: what it gave without signatures did not validate, so that may have been a forgery. */
  forgetPlain(address: string): void {
    const server = this.#servers.get(address);
    if (server?.edns?.support === 'plain') server.edns = undefined;
  }

  /** Whether to mix the case of QNAME for this server: false for a while after it gave another case back. */
  caseKept(address: string, now: number): boolean {
    return !holds(this.#find(address, now)?.caseLost, now);
  }

  recordCaseMismatch(address: string, now: number): void {
    this.#note(address, now).caseLost = note(now, SERVER_TTL);
  }

  /**
   * The cookies for a server. `unknown`: worth a try, with a client cookie of its own. `none`: it gave none, or minded. `silent`: it does not
   * answer just now, and some do not answer what they do not know, or what stands before them does not let through; so ask without.
   */
  cookie(address: string, now: number): ServerCookie | 'unknown' | 'none' | 'silent' {
    const server = this.#find(address, now);
    if (!server || !holds(server.cookie, now)) return server && server.timeouts > 0 ? 'silent' : 'unknown';
    if (!server.cookie?.server) return 'none';
    return server.timeouts >= TIMEOUTS_UNTIL_COOKIELESS ? 'silent' : server.cookie;
  }

  /** What a server gave; the client cookie ends with its hour, however often it is confirmed. */
  recordCookie(address: string, cookie: ServerCookie, now: number): void {
    const server = this.#note(address, now);
    const known = server.cookie;
    if (known && holds(known, now) && known.client === cookie.client) known.server = cookie.server;
    else server.cookie = { ...cookie, ...note(now, COOKIE_TTL) };
  }

  /** Whether the server does not speak for a zone that was delegated to it (RFC 9499 §7, lame delegation). */
  isLame(address: string, zone: Name, now: number): boolean {
    return holds(this.#find(address, now)?.lame.get(zone.key), now);
  }

  recordLame(address: string, zone: Name, now: number): void {
    const server = this.#note(address, now);
    const { lame } = server;
    lame.delete(zone.key); // so that it comes last: a map keeps the order of insertion
    lame.set(zone.key, note(now, SERVER_TTL));
    if (lame.size > MAX_LAME_ZONES) lame.delete(lame.keys().next().value as string); // the oldest; the map is not empty
    this.#servers.delete(address); // a value that stays the same is not measured anew
    this.#servers.set(address, server);
  }

  /** Milliseconds that a reply is expected to take, for choosing: the less the better. */
  score(address: string, now: number): number {
    const server = this.#find(address, now);
    if (!server) return UNKNOWN_SCORE;
    if (holds(server.dead, now)) return DEAD_SCORE;
    if (server.timeouts > 0) return this.timeoutMs(address, now);
    return server.rtt?.smoothed ?? UNKNOWN_SCORE;
  }

  delete(address: string): void {
    this.#servers.delete(address);
  }

  clear(): void {
    this.#servers.clear();
  }

  get size(): number {
    return this.#servers.size;
  }

  get octets(): number {
    return this.#servers.calculatedSize;
  }

  #find(address: string, now: number): Server | undefined {
    const server = this.#servers.get(address);
    return server && holds(server.noted, now) ? server : undefined;
  }

  /** The server to write to; known anew for a quarter of an hour. */
  #note(address: string, now: number): Server {
    const noted = note(now, SERVER_TTL);
    const known = this.#find(address, now);
    if (known) {
      known.noted = noted;
      return known;
    }
    const server: Server = {
      rtt: undefined,
      timeouts: 0,
      dead: undefined,
      edns: undefined,
      caseLost: undefined,
      cookie: undefined,
      lame: new Map(),
      noted,
    };
    this.#servers.set(address, server);
    return server;
  }
}

function octetsOf({ lame }: Server): number {
  let octets = SERVER_OCTETS;
  for (const zone of lame.keys()) octets += LAME_ZONE_OCTETS + zone.length;
  return octets;
}

function note(since: number, ttl: number): Noted {
  return { since, until: since + ttl };
}

/** A clock that was set back to before `since` prolongs nothing. */
function holds(noted: Noted | undefined, now: number): boolean {
  return noted !== undefined && now < noted.until && now >= noted.since - CLOCK_SLACK;
}
