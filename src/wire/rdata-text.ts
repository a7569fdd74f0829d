/**
 * Records in presentation format (RFC 1035 §5.1, RFC 3597 §5), for logs, transcripts and reports. Whatever the octets, the text is
 * one line of printable ASCII: what does not have the form of its type is written as `\# length hex`.
 */

import { formatName } from '../base/name.ts';
import type { RRset } from '../base/record.ts';
import { Class, formatType, Type } from '../base/registry.ts';
import { WireError } from './error.ts';
import { readUint16, readUint32 } from './message-index.ts';
import { readPlainName } from './name-ref.ts';
import { formatAddress } from './rdata/address.ts';
import { type Field, fieldsOf } from './rdata/fields.ts';
import { readTypeBitmap } from './rdata/type-bitmap.ts';

/** RDATA in presentation format; names in it must be uncompressed. */
export function formatRdata(type: number, rdata: Uint8Array): string {
  return tryFormatFields(type, rdata) ?? formatUnknown(rdata);
}

/** RDATA field by field; undefined where the type is not known, or the octets do not have its form. */
export function tryFormatFields(type: number, rdata: Uint8Array): string | undefined {
  const fields = fieldsOf(type);
  if (!fields) return undefined;
  try {
    let at = 0;
    const texts = fields.map((field) => {
      const { text, end } = formatField(field, rdata, at);
      at = end;
      return text;
    });
    return at === rdata.length ? texts.filter((text) => text !== '').join(' ') : undefined;
  } catch (error) {
    if (error instanceof WireError) return undefined;
    throw error;
  }
}

function formatUnknown(rdata: Uint8Array): string {
  return rdata.length === 0 ? '\\# 0' : `\\# ${rdata.length} ${encode(rdata, 'hex').toUpperCase()}`;
}

/** The records of an RRset, then its RRSIGs: owner, TTL, class, type, RDATA. */
export function formatRRset({ owner, ttl, class: klass, type, rdata, signatures }: RRset): string[] {
  const line = (recordType: number, data: Uint8Array) =>
    `${formatName(owner)} ${ttl} ${formatClass(klass)} ${formatType(recordType)} ${formatRdata(recordType, data)}`;
  return [...rdata.map((data) => line(type, data)), ...signatures.map((data) => line(Type.RRSIG, data))];
}

const classNames = new Map<number, string>(Object.entries(Class).map(([name, number]) => [number, name]));

/** Mnemonic of a class, or `CLASS123` (RFC 3597 §5). */
export function formatClass(klass: number): string {
  return classNames.get(klass) ?? `CLASS${klass}`;
}

interface Formatted {
  readonly text: string;
  readonly end: number;
}

function formatField(field: Field, rdata: Uint8Array, at: number): Formatted {
  switch (field) {
    case 'u8':
      return { text: String(take(rdata, at, 1)[0]), end: at + 1 };
    case 'u16':
      return { text: String(readUint16(take(rdata, at, 2), 0)), end: at + 2 };
    case 'u32':
      return { text: String(readUint32(take(rdata, at, 4), 0)), end: at + 4 };
    case 'ipv4':
      return { text: formatAddress(take(rdata, at, 4)), end: at + 4 };
    case 'ipv6':
      return { text: formatAddress(take(rdata, at, 16)), end: at + 16 };
    case 'type':
      return { text: formatType(readUint16(take(rdata, at, 2), 0)), end: at + 2 };
    case 'time':
      return { text: formatTime(readUint32(take(rdata, at, 4), 0)), end: at + 4 };
    case 'name': {
      const { name, end } = readPlainName(rdata, at);
      return { text: formatName(name), end };
    }
    case 'tag':
    case 'string':
    case 'salt':
    case 'hash': {
      const octets = takeCounted(rdata, at);
      return { text: formatCounted(field, octets, at), end: at + 1 + octets.length };
    }
    default:
      return { text: formatRest(field, rdata, at), end: rdata.length };
  }
}

function formatCounted(field: 'tag' | 'string' | 'salt' | 'hash', octets: Uint8Array, at: number): string {
  switch (field) {
    case 'tag': {
      const text = encode(octets, 'latin1');
      if (!/^[0-9A-Za-z]+$/.test(text)) throw new WireError('rdata-length', at);
      return text;
    }
    case 'string':
      return formatString(octets);
    case 'salt':
      return octets.length === 0 ? '-' : encode(octets, 'hex').toUpperCase();
    case 'hash':
      return formatBase32Hex(nonEmpty(octets, at));
  }
}

function formatRest(field: 'strings' | 'text' | 'hex' | 'base64' | 'types', rdata: Uint8Array, at: number): string {
  const rest = rdata.subarray(at);
  switch (field) {
    case 'strings': {
      nonEmpty(rest, at);
      const strings: string[] = [];
      for (let next = at; next < rdata.length; ) {
        const octets = takeCounted(rdata, next);
        strings.push(formatString(octets));
        next += 1 + octets.length;
      }
      return strings.join(' ');
    }
    case 'text':
      return formatString(rest);
    case 'hex':
      return encode(nonEmpty(rest, at), 'hex').toUpperCase();
    case 'base64':
      return encode(nonEmpty(rest, at), 'base64');
    case 'types':
      return readTypeBitmap(rest).listTypes().map(formatType).join(' ');
  }
}

function take(rdata: Uint8Array, at: number, octets: number): Uint8Array {
  if (at + octets > rdata.length) throw new WireError('rdata-length', rdata.length);
  return rdata.subarray(at, at + octets);
}

/** Octets behind a length octet. */
function takeCounted(rdata: Uint8Array, at: number): Uint8Array {
  return take(rdata, at + 1, take(rdata, at, 1)[0] as number);
}

function nonEmpty(octets: Uint8Array, at: number): Uint8Array {
  if (octets.length === 0) throw new WireError('rdata-length', at);
  return octets;
}

const encode = (octets: Uint8Array, encoding: 'hex' | 'base64' | 'latin1') =>
  Buffer.from(octets.buffer, octets.byteOffset, octets.length).toString(encoding);

/** A character string in quotes (RFC 1035 §5.1). */
function formatString(octets: Uint8Array): string {
  let text = '"';
  for (const octet of octets) {
    if (octet < 0x20 || octet > 0x7e) text += `\\${String(octet).padStart(3, '0')}`;
    else text += octet === 0x22 || octet === 0x5c ? `\\${String.fromCharCode(octet)}` : String.fromCharCode(octet);
  }
  return `${text}"`;
}

/** RRSIG times as UTC (RFC 4034 §3.2). */
function formatTime(seconds: number): string {
  return new Date(seconds * 1000).toISOString().replace(/\.\d+Z$|[-:T]/g, '');
}

const BASE32_HEX = '0123456789ABCDEFGHIJKLMNOPQRSTUV';

/** Base 32 with the extended hex alphabet, without padding (RFC 4648 §7, RFC 5155 §3.3). */
function formatBase32Hex(octets: Uint8Array): string {
  let text = '';
  let bits = 0;
  let held = 0;
  for (const octet of octets) {
    held = (held << 8) | octet;
    for (bits += 8; bits >= 5; bits -= 5) text += BASE32_HEX[(held >>> (bits - 5)) & 31];
    held &= 31;
  }
  return bits === 0 ? text : text + BASE32_HEX[(held << (5 - bits)) & 31];
}
