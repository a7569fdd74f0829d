/**
 * DNS cookies for clients (RFC 7873 §5.2), made so that other servers with the same secret know them (RFC 9018 §4). Pure.
 * The answer has a new server cookie each time, always 24 octets with the client's: nothing else of the option is echoed.
 */

import { timingSafeEqual } from 'node:crypto';
import { addressOctets } from '../base/address.ts';
import type { Edns, EdnsOption } from '../base/record.ts';
import { EdnsCode } from '../base/registry.ts';
import { sipHash24 } from '../crypto/siphash.ts';

/** What a client's COOKIE option is worth: `valid` shows that it has had an answer of ours at this address lately. */
export type CookieState = 'absent' | 'malformed' | 'unproven' | 'valid';

export interface JudgedCookie {
  readonly state: CookieState;
  /** For the answer. */
  readonly option: EdnsOption | undefined;
}

export interface CookieSecrets {
  /** 16 octets; cookies are made with it. */
  readonly current: Uint8Array;
  /** 16 octets; cookies made with it are still known (RFC 9018 §5). */
  readonly previous?: Uint8Array | undefined;
}

const CLIENT_OCTETS = 8;
const COOKIE_OCTETS = 24;
const VERSION = 1;
/** Seconds (RFC 9018 §4.3). */
const MAX_AGE = 3_600;
const MAX_AHEAD = 300;

/** Judges the first COOKIE option, for others are ignored (RFC 7873 §5.2). `now` in seconds. */
export function judgeCookie(edns: Edns | undefined, address: string, now: number, secrets: CookieSecrets): JudgedCookie {
  const cookie = edns?.options.find(({ code }) => code === EdnsCode.COOKIE)?.data;
  return cookie ? judgeCookieData(cookie, addressOctets(address), now, secrets) : { state: 'absent', option: undefined };
}

/** The same for the data of the option, from a client at an address of 4 or 16 octets. */
export function judgeCookieData(cookie: Uint8Array, ip: Uint8Array, now: number, secrets: CookieSecrets): JudgedCookie {
  // RFC 7873 §5.2.2: 8 octets, or 16 to 40 with a server cookie.
  if (cookie.length !== CLIENT_OCTETS && (cookie.length < 16 || cookie.length > 40)) return { state: 'malformed', option: undefined };
  const state = isValid(cookie, ip, now, secrets) ? 'valid' : 'unproven';
  return { state, option: { code: EdnsCode.COOKIE, data: makeCookie(cookie.subarray(0, CLIENT_OCTETS), ip, now, secrets.current) } };
}

function makeCookie(client: Uint8Array, ip: Uint8Array, now: number, secret: Uint8Array): Buffer {
  const cookie = Buffer.alloc(COOKIE_OCTETS);
  cookie.set(client);
  cookie.writeUInt8(VERSION, CLIENT_OCTETS);
  cookie.writeUInt32BE(Math.floor(now) >>> 0, 12);
  cookie.set(hashOf(cookie, ip, secret), 16);
  return cookie;
}

/** SipHash of client cookie, version, reserved octets as they came, timestamp and address (RFC 9018 §4.4). */
function hashOf(cookie: Uint8Array, ip: Uint8Array, secret: Uint8Array): Buffer {
  return sipHash24(secret, Buffer.concat([cookie.subarray(0, 16), ip]));
}

function isValid(cookie: Uint8Array, ip: Uint8Array, now: number, { current, previous }: CookieSecrets): boolean {
  if (cookie.length !== COOKIE_OCTETS || cookie[CLIENT_OCTETS] !== VERSION) return false;
  // In serial number arithmetic (RFC 1982), so that it holds in 2106 too.
  const age = (Math.floor(now) - Buffer.from(cookie).readUInt32BE(12)) | 0;
  if (age > MAX_AGE || age < -MAX_AHEAD) return false;
  const hash = cookie.subarray(16);
  return [current, previous].some((secret) => secret !== undefined && timingSafeEqual(hash, hashOf(cookie, ip, secret)));
}
