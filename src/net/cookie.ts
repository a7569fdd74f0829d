/**
 * DNS cookies towards servers (RFC 7873 §5.1 and §5.3): who cannot see our queries cannot know the client cookie either. Pure.
 * A server that has given a server cookie is expected to go on doing so; a reply over UDP without one may be forged.
 */

import type { Edns, EdnsOption, Message } from '../base/record.ts';
import { EdnsCode } from '../base/registry.ts';

export const CLIENT_COOKIE_OCTETS = 8;
const MIN_SERVER_OCTETS = 8;
const MAX_SERVER_OCTETS = 32;

/** What is sent to a server. */
export interface UpstreamCookie {
  /** 8 octets, other ones for each server. */
  readonly client: Uint8Array;
  /** 8 to 32 octets, as the server gave them last; undefined until it did. */
  readonly server: Uint8Array | undefined;
}

/** For the OPT record of the query. */
export function cookieOption({ client, server }: UpstreamCookie): EdnsOption {
  return { code: EdnsCode.COOKIE, data: server ? Buffer.concat([client, server]) : client };
}

/**
 * Whether a reply's COOKIE option is what was asked for: `wrong` where its client cookie is not ours or its length is none that RFC 7873
 * §4 allows, so that the reply is to be discarded; `missing` where it has none of the server's, and the server has given one before.
 */
export function judgeReplyCookie({ edns }: Message, sent: UpstreamCookie): 'good' | 'wrong' | 'missing' {
  const cookie = findCookie(edns);
  const isOurs = cookie !== undefined && sent.client.every((octet, at) => octet === cookie[at]);
  // Servers that know nothing of cookies may send the option back as it came.
  const isEcho = isOurs && cookie.length === CLIENT_COOKIE_OCTETS;
  if (!cookie || isEcho) return sent.server ? 'missing' : 'good';
  const serverOctets = cookie.length - CLIENT_COOKIE_OCTETS;
  if (serverOctets < MIN_SERVER_OCTETS || serverOctets > MAX_SERVER_OCTETS) return 'wrong';
  return isOurs ? 'good' : 'wrong';
}

/** The server cookie of a reply that was judged good; undefined where there is none. */
export function serverCookie({ edns }: Message): Uint8Array | undefined {
  const cookie = findCookie(edns);
  if (!cookie || cookie.length <= CLIENT_COOKIE_OCTETS) return undefined;
  return Uint8Array.from(cookie.subarray(CLIENT_COOKIE_OCTETS)); // not a view that keeps the message
}

function findCookie(edns: Edns | undefined): Uint8Array | undefined {
  return edns?.options.find(({ code }) => code === EdnsCode.COOKIE)?.data;
}
