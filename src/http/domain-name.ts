/** Names as people put them into a URL, with a sentence for each way in which they are none. */

import { makeName, type Name, NameError, parseName, toCanonical } from '../base/name.ts';
import { tryParseAddress } from '../wire/rdata/address.ts';
import { HttpError } from './errors.ts';

/** Reads any domain name. @throws {HttpError} 400 saying what is wrong */
export function readName(text: string): Name {
  if (/[^\x20-\x7e]/.test(text) && !/[\p{Cc}]/u.test(text))
    throw notAName('letters beyond ASCII must be given in A-label form, as in xn--bcher-kva.example');
  try {
    return parseName(text);
  } catch (error) {
    if (error instanceof NameError) throw notAName(error.message);
    throw error;
  }
}

/** Reads a mail domain, in lower case. @throws {HttpError} 400 saying what is wrong */
export function readMailDomain(text: string): Name {
  if (text.includes('@')) throw notAName('it is a mail address; ask for the part behind the @');
  if (tryParseAddress(text.replace(/^\[(?:IPv6:)?|\]$/gi, '')))
    throw notAName('it is an IP address, and DANE does not apply to addresses (RFC 7672 §2.2)');
  const name = readName(text);
  if (name.labels === 0) throw notAName('the root takes no mail');
  return makeName(Uint8Array.from(toCanonical(name)));
}

function notAName(why: string): HttpError {
  return new HttpError(400, 'not-a-domain-name', `This is not the name of a domain: ${why}.`);
}

/** For a name that is longer than the router reads. */
export const nameTooLong = notAName('a domain name has at most 255 octets');
