/** Questions as people type them, into a URL or on a command line: names and types, with a sentence for each way in which they are none. */

import { isIP } from 'node:net';
import { makeName, type Name, NameError, parseName, toCanonical } from './name.ts';
import { isMetaType, tryParseType } from './registry.ts';

/** Text that is no question. `message` is a sentence for whoever typed it, `fault` a word for programs. */
export class QuestionError extends Error {
  override readonly name = 'QuestionError';
  readonly fault: 'not-a-domain-name' | 'not-a-type';
  constructor(fault: QuestionError['fault'], message: string) {
    super(message);
    this.fault = fault;
  }
}

/** The sentence for a text that is no name. */
export function notAName(why: string): QuestionError {
  return new QuestionError('not-a-domain-name', `This is not the name of a domain: ${why}.`);
}

/** Reads any domain name. @throws {QuestionError} */
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

/** Reads a mail domain, in lower case. @throws {QuestionError} */
export function readMailDomain(text: string): Name {
  if (text.includes('@')) throw notAName('it is a mail address; ask for the part behind the @');
  if (isIP(text.replace(/^\[(?:IPv6:)?|\]$/gi, '')) !== 0)
    throw notAName('it is an IP address, and DANE does not apply to addresses (RFC 7672 §2.2)');
  const name = readName(text);
  if (name.labels === 0) throw notAName('the root takes no mail');
  return makeName(Uint8Array.from(toCanonical(name)));
}

/** Reads a type of data. @throws {QuestionError} */
export function readType(text: string): number {
  const type = tryParseType(text);
  if (type === undefined)
    throw new QuestionError('not-a-type', 'This is no RR type: give a mnemonic such as MX, or TYPE and a number to 65535.');
  if (isMetaType(type)) throw new QuestionError('not-a-type', 'This type is no data that a zone can hold: give one such as MX or TLSA.');
  return type;
}
