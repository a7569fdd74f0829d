/**
 * The cookies of one question to one server (RFC 7873 §5.3), and what servers make of them: those that give none, that mind the option in
 * whatever way, or are silent to it, are asked without. What is seen is kept by server, so that it costs a try and not every time.
 */

import type { Message } from '../base/record.ts';
import { Rcode } from '../base/registry.ts';
import type { ServerCache } from '../cache/server-cache.ts';
import { CLIENT_COOKIE_OCTETS, serverCookie, type UpstreamCookie } from '../net/cookie.ts';

export interface CookieDeps {
  readonly servers: ServerCache;
  readonly now: () => number;
  /** Send DNS cookies. */
  readonly cookies: boolean;
  /** Uniform in 0 … bound - 1, from a cryptographic source; bound at most 2^24. */
  readonly randomInt: (bound: number) => number;
}

/** What to do with a message: take it as it is, ask again with the cookie there is now, or over TCP, or not at all. */
export type CookieAdvice = 'take' | 'again' | 'over-tcp' | 'give-up';

export class CookieDialogue {
  readonly #key: string;
  readonly #deps: CookieDeps;
  #cookie: UpstreamCookie | undefined;
  /** The server was silent when it was sent one: an answer now says that it minds. */
  #isWithheld = false;
  /** The server gave one before, and a reply came without. */
  #isMissed = false;

  /** @param edns false: there is no OPT record to put a cookie into */
  constructor(key: string, edns: boolean, deps: CookieDeps) {
    this.#key = key;
    this.#deps = deps;
    const known = deps.cookies && edns ? deps.servers.cookie(key, deps.now()) : 'none';
    if (known === 'silent') this.#isWithheld = true;
    else if (known === 'unknown') this.#cookie = { client: newClientCookie(deps), server: undefined };
    else if (known !== 'none') this.#cookie = known;
  }

  /** For the next query. */
  get cookie(): UpstreamCookie | undefined {
    return this.#cookie;
  }

  /** A reply over UDP came without the cookie that is due: siblings of an anycast server may have none, and whoever forges knows none. */
  miss(): void {
    this.#isMissed = true;
  }

  /** Nothing that can be used came. Where TCP does not get through either, the next question must do without. */
  fail(): void {
    if (this.#isMissed) this.#keep(undefined);
  }

  /** Over TCP nobody else speaks: what is wrong with its cookie is the server's. True where it is worth a try without one. */
  drop(): boolean {
    if (!this.#cookie) return false;
    this.#keep(undefined);
    this.#cookie = undefined;
    return true;
  }

  hear(message: Message, transport: 'udp' | 'tcp'): CookieAdvice {
    const sent = this.#cookie;
    if (!sent) {
      if (this.#isWithheld && isAnswer(message)) this.#keep(undefined);
      return 'take';
    }
    const given = serverCookie(message);
    if (message.rcode === Rcode.BADCOOKIE) {
      // Once more with what it gave, then over TCP, where no cookie is needed.
      if (transport === 'tcp') return this.drop() ? 'again' : 'give-up';
      this.#keep(given);
      this.#cookie = given && { client: sent.client, server: given };
      return !given || sent.server ? 'over-tcp' : 'again';
    }
    // FORMERR, REFUSED and others, with OPT or without: servers are known that say any of them to an option they do not know.
    const minds = given === undefined && !isAnswer(message) && !message.flags.truncated;
    this.#keep(given);
    if (!minds) return 'take';
    this.#cookie = undefined;
    return 'again';
  }

  #keep(server: Uint8Array | undefined): void {
    const { servers, now } = this.#deps;
    servers.recordCookie(this.#key, { client: this.#cookie?.client ?? NO_COOKIE, server }, now());
  }
}

const NO_COOKIE = new Uint8Array(0);

function newClientCookie({ randomInt }: CookieDeps): Uint8Array {
  return Uint8Array.from({ length: CLIENT_COOKIE_OCTETS }, () => randomInt(256));
}

/** Whether the server has answered the question, be it that there is nothing. */
export function isAnswer({ rcode }: Message): boolean {
  return rcode === Rcode.NOERROR || rcode === Rcode.NXDOMAIN;
}
