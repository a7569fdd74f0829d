/** Single values of presentation format into octets: numbers, names, strings, times and the encodings of DNSSEC records. */

import { labelsOf, type Name, nameOfLabels, parseName } from '../base/name.ts';
import type { Token } from './zone-tokens.ts';

/** A value that is not what its place demands, as a sentence; who knows file and line adds them. */
export class ValueError extends Error {
  override readonly name = 'ValueError';
}

/** A token as an error may quote it: short, printable ASCII. */
export function show(token: Token | undefined): string {
  return token ? `"${token.text.slice(0, 40).replace(/[^\x20-\x7e]/g, '?')}"` : 'nothing';
}

/** A domain name, below `origin` unless it ends in a dot. @throws {NameError} */
export function parseOwner({ text }: Token, origin: Name): Name {
  if (text === '@') return origin;
  const name = parseName(text);
  // The last dot ends the name unless it is escaped: behind an odd number of backslashes.
  const absolute = /(?:^|[^\\])(?:\\\\)*\.$/.test(text);
  return absolute || origin.labels === 0 ? name : nameOfLabels([...labelsOf(name), ...labelsOf(origin)]);
}

/** @throws {ValueError} when it is no number, or over `max` */
export function parseNumber(token: Token, max: number): number {
  if (!/^\d{1,10}$/.test(token.text) || Number(token.text) > max) throw new ValueError(`${show(token)} is no number from 0 to ${max}`);
  return Number(token.text);
}

/** RRSIG time: YYYYMMDDHHmmSS in UTC, or seconds since the epoch (RFC 4034 §3.2). @throws {ValueError} */
export function parseTime(token: Token): number {
  const parts = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)$/.exec(token.text);
  if (!parts) return parseNumber(token, 0xffffffff);
  const [year, month, day, hour, minute, second] = parts.slice(1).map(Number) as [number, number, number, number, number, number];
  const seconds = Date.UTC(year, month - 1, day, hour, minute, second) / 1000;
  if (new Date(seconds * 1000).toISOString().replace(/\.\d+Z$|[-:T]/g, '') !== token.text)
    throw new ValueError(`${show(token)} is no time`);
  if (seconds < 0 || seconds > 0xffffffff) throw new ValueError(`${show(token)} is not between 1970 and 2106`);
  return seconds;
}

/** A character string without its length: escapes read, other characters as UTF-8. @throws {ValueError} over `max` octets */
export function parseString(token: Token, max: number): Uint8Array {
  const parts: Uint8Array[] = [];
  for (const [part, digits, escaped] of token.text.matchAll(/\\(\d{3})|\\([\s\S])|[^\\]+/g)) {
    if (digits === undefined) parts.push(Buffer.from(escaped ?? part, 'utf8'));
    else if (Number(digits) > 255) throw new ValueError(`\\${digits} is no octet`);
    else parts.push(Uint8Array.of(Number(digits)));
  }
  const octets = Buffer.concat(parts);
  if (octets.length > max) throw new ValueError(`a character string has at most ${max} octets`);
  return new Uint8Array(octets);
}

/** @throws {ValueError} when it is no even number of hexadecimal digits */
export function parseHex(text: string): Uint8Array {
  if (!/^([0-9a-f]{2})*$/i.test(text)) throw new ValueError('hexadecimal digits in pairs are expected');
  return new Uint8Array(Buffer.from(text, 'hex'));
}

/** @throws {ValueError} when it is not base 64 (RFC 4648 §4), padded */
export function parseBase64(text: string): Uint8Array {
  if (text.length % 4 !== 0 || !/^[0-9A-Za-z+/]+={0,2}$/.test(text))
    throw new ValueError('base 64 is expected, and its length a multiple of four');
  return new Uint8Array(Buffer.from(text, 'base64'));
}

/** Base 32 with the extended hex alphabet, without padding (RFC 4648 §7). @throws {ValueError} */
export function parseBase32Hex(text: string): Uint8Array {
  if (!/^[0-9a-v]+$/i.test(text)) throw new ValueError('base 32 with the extended hex alphabet is expected');
  const octets: number[] = [];
  let held = 0;
  let bits = 0;
  for (const digit of text) {
    held = ((held << 5) | Number.parseInt(digit, 32)) & 0xfff;
    bits += 5;
    if (bits < 8) continue;
    bits -= 8;
    octets.push((held >>> bits) & 0xff);
  }
  return Uint8Array.from(octets);
}
