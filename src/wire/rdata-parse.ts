/** RDATA out of presentation format, field by field (`rdata/fields.ts`), or as RFC 3597 §5 writes unknown types. */

import type { Name } from '../base/name.ts';
import { formatType, tryParseType } from '../base/registry.ts';
import { tryParseAddress } from './rdata/address.ts';
import { type Field, fieldsOf } from './rdata/fields.ts';
import { tryFormatFields } from './rdata-text.ts';
import type { Token } from './zone-tokens.ts';
import { parseBase32Hex, parseBase64, parseHex, parseNumber, parseOwner, parseString, parseTime, show, ValueError } from './zone-values.ts';

const MAX_RDATA_OCTETS = 0xffff;

/** @throws {ValueError} or {NameError} saying in a sentence what is wrong */
export function parseRdata(type: number, tokens: readonly Token[], origin: Name): Uint8Array {
  const fields = fieldsOf(type);
  const rdata = tokens[0]?.text === '\\#' && !tokens[0].quoted ? parseUnknown(type, tokens.slice(1)) : parseFields(type, tokens, origin);
  if (rdata.length > MAX_RDATA_OCTETS) throw new ValueError(`RDATA has at most ${MAX_RDATA_OCTETS} octets`);
  // What was given as octets, or as fields that do not fit together, must have the form of its type all the same.
  if (fields && tryFormatFields(type, rdata) === undefined) throw new ValueError(`this is no ${formatType(type)} record`);
  return rdata;
}

function parseUnknown(type: number, [length, ...chunks]: readonly Token[]): Uint8Array {
  if (!length) throw new ValueError(`\\# in a ${formatType(type)} record needs a length`);
  const rdata = parseHex(joined(chunks));
  if (parseNumber(length, MAX_RDATA_OCTETS) !== rdata.length)
    throw new ValueError(`\\# says ${length.text} octets, ${rdata.length} follow`);
  return rdata;
}

function parseFields(type: number, tokens: readonly Token[], origin: Name): Uint8Array {
  const fields = fieldsOf(type);
  if (!fields) throw new ValueError(`the fields of ${formatType(type)} are not known here; write it as \\# length hex`);
  const parts: Uint8Array[] = [];
  let at = 0;
  for (const field of fields) {
    if (isRest(field)) {
      parts.push(parseRest(field, type, tokens.slice(at)));
      at = tokens.length;
      continue;
    }
    const token = tokens[at++];
    if (!token) throw new ValueError(`a ${formatType(type)} record needs ${fields.length} fields, here are ${tokens.length}`);
    parts.push(parseField(field, token, origin));
  }
  if (at < tokens.length) throw new ValueError(`${show(tokens[at])} is too much in a ${formatType(type)} record`);
  return new Uint8Array(Buffer.concat(parts));
}

type RestField = 'strings' | 'text' | 'hex' | 'base64' | 'types';
const restFields: ReadonlySet<Field> = new Set<RestField>(['strings', 'text', 'hex', 'base64', 'types']);
const isRest = (field: Field): field is RestField => restFields.has(field);

function parseField(field: Exclude<Field, RestField>, token: Token, origin: Name): Uint8Array {
  switch (field) {
    case 'u8':
      return Uint8Array.of(parseNumber(token, 0xff));
    case 'u16':
      return bigEndian(parseNumber(token, 0xffff), 2);
    case 'u32':
      return bigEndian(parseNumber(token, 0xffffffff), 4);
    case 'time':
      return bigEndian(parseTime(token), 4);
    case 'ipv4':
      return parseIp(token, 4);
    case 'ipv6':
      return parseIp(token, 16);
    case 'name':
      return parseOwner(token, origin).wire;
    case 'type':
      return bigEndian(parseType(token), 2);
    case 'tag':
    case 'string':
      return counted(parseString(token, 255));
    case 'salt':
      return counted(token.text === '-' ? new Uint8Array(0) : parseHex(token.text));
    case 'hash':
      return counted(parseBase32Hex(token.text));
  }
}

function parseRest(field: RestField, type: number, tokens: readonly Token[]): Uint8Array {
  // An empty non-terminal's NSEC3 lists no types.
  if (tokens.length === 0 && field !== 'types') throw new ValueError(`a ${formatType(type)} record ends too soon`);
  switch (field) {
    case 'strings':
      return new Uint8Array(Buffer.concat(tokens.map((token) => counted(parseString(token, 255)))));
    case 'text':
      if (tokens.length > 1) throw new ValueError(`${show(tokens[1])} is too much in a ${formatType(type)} record`);
      return parseString(tokens[0] as Token, MAX_RDATA_OCTETS);
    case 'hex':
      return parseHex(joined(tokens));
    case 'base64':
      return parseBase64(joined(tokens));
    case 'types':
      return typeBitmap(tokens.map(parseType));
  }
}

const joined = (tokens: readonly Token[]) => tokens.map(({ text }) => text).join('');

function bigEndian(value: number, octets: number): Uint8Array {
  const buffer = new Uint8Array(octets);
  for (let i = octets - 1, rest = value; i >= 0; i--, rest = Math.floor(rest / 256)) buffer[i] = rest % 256;
  return buffer;
}

function counted(octets: Uint8Array): Uint8Array {
  if (octets.length > 255) throw new ValueError(`${octets.length} octets stand where at most 255 can`);
  return new Uint8Array(Buffer.concat([Uint8Array.of(octets.length), octets]));
}

function parseIp(token: Token, octets: number): Uint8Array {
  const address = tryParseAddress(token.text);
  if (address?.length !== octets) throw new ValueError(`${show(token)} is no ${octets === 4 ? 'IPv4' : 'IPv6'} address`);
  return address;
}

function parseType(token: Token): number {
  const type = tryParseType(token.text);
  if (type === undefined) throw new ValueError(`${show(token)} is no record type`);
  return type;
}

/** Window blocks of NSEC and NSEC3 (RFC 4034 §4.1.2). */
function typeBitmap(types: readonly number[]): Uint8Array {
  const windows = new Map<number, Uint8Array>();
  for (const type of [...types].sort((a, b) => a - b)) {
    const low = type & 0xff;
    const block = windows.get(type >> 8) ?? new Uint8Array(0);
    const grown = new Uint8Array((low >> 3) + 1); // ascending, so it never shrinks
    grown.set(block);
    grown[low >> 3] = (grown[low >> 3] as number) | (0x80 >> (low & 7));
    windows.set(type >> 8, grown);
  }
  return new Uint8Array(Buffer.concat([...windows].flatMap(([window, block]) => [Uint8Array.of(window, block.length), block])));
}
