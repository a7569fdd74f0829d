/**
 * Reads records in presentation format, one a line, into RRsets with their RRSIGs: for vectors copied out of RFCs. Written apart from
 * src/wire, so that a mistake there is not made twice.
 */

import { parseName } from '../../src/base/name.ts';
import type { RRset } from '../../src/base/record.ts';
import { Type } from '../../src/base/registry.ts';

/** RRsets in order of first appearance. Line: owner ttl IN type rdata… ; blanks within base64 are joined. */
export function readRecords(text: string): RRset[] {
  const rrsets = new Map<string, { rdata: Uint8Array[]; signatures: Uint8Array[]; owner: string; type: number; ttl: number }>();
  for (const line of text.split('\n')) {
    const fields = line.trim().split(/\s+/);
    if (fields.length < 5) continue;
    const [owner, ttl, , typeName, ...rest] = fields as [string, string, string, string, ...string[]];
    const isRrsig = typeName === 'RRSIG';
    const type = typeNumber(isRrsig ? (rest[0] as string) : typeName);
    const key = `${owner.toLowerCase()}/${type}`;
    const rrset = rrsets.get(key) ?? { rdata: [], signatures: [], owner, type, ttl: Number(ttl) };
    rrsets.set(key, rrset);
    (isRrsig ? rrset.signatures : rrset.rdata).push(rdataOf(typeName, rest));
  }
  return [...rrsets.values()].map((rrset) => ({ ...rrset, owner: parseName(rrset.owner), class: 1 }));
}

/** The one RRset of that owner and type. */
export function rrsetOf(rrsets: readonly RRset[], owner: string, typeName: string): RRset {
  const { key } = parseName(owner);
  const found = rrsets.find((rrset) => rrset.owner.key === key && rrset.type === typeNumber(typeName));
  if (found === undefined) throw new Error(`no ${owner} ${typeName} among the vectors`);
  return found;
}

export function typeNumber(name: string): number {
  const number = (Type as Readonly<Record<string, number>>)[name] ?? Number(/^TYPE(\d+)$/.exec(name)?.[1]);
  if (Number.isNaN(number)) throw new Error(`unknown type ${name}`);
  return number;
}

export function rdataOf(typeName: string, fields: readonly string[]): Uint8Array {
  const at = (i: number): string => fields[i] as string;
  const name = (i: number): Uint8Array => parseName(at(i)).wire;
  const numbers = (...parts: readonly (readonly [value: string | undefined, octets: number])[]): Buffer =>
    Buffer.concat(parts.map(([value, octets]) => uint(Number(value), octets)));
  switch (typeName) {
    case 'A':
      return Uint8Array.from(at(0).split('.').map(Number));
    case 'AAAA':
      return ipv6(at(0));
    case 'NS':
    case 'CNAME':
    case 'DNAME':
    case 'PTR':
      return name(0);
    case 'MX':
      return Buffer.concat([numbers([at(0), 2]), name(1)]);
    case 'TXT':
      return Buffer.concat(fields.map((text) => Buffer.concat([uint(text.length, 1), Buffer.from(text, 'latin1')])));
    case 'SOA':
      return Buffer.concat([name(0), name(1), ...fields.slice(2).map((value) => uint(Number(value), 4))]);
    case 'DNSKEY':
      return Buffer.concat([numbers([at(0), 2], [at(1), 1], [at(2), 1]), Buffer.from(fields.slice(3).join(''), 'base64')]);
    case 'DS':
      return Buffer.concat([numbers([at(0), 2], [at(1), 1], [at(2), 1]), Buffer.from(fields.slice(3).join(''), 'hex')]);
    case 'RRSIG':
      return Buffer.concat([
        numbers([String(typeNumber(at(0))), 2], [at(1), 1], [at(2), 1], [at(3), 4]),
        uint(time(at(4)), 4),
        uint(time(at(5)), 4),
        uint(Number(at(6)), 2),
        name(7),
        Buffer.from(fields.slice(8).join(''), 'base64'),
      ]);
    case 'NSEC':
      return Buffer.concat([name(0), typeBitmap(fields.slice(1).map(typeNumber))]);
    case 'NSEC3': {
      const salt = at(3) === '-' ? Buffer.alloc(0) : Buffer.from(at(3), 'hex');
      const next = base32hex(at(4));
      return Buffer.concat([
        numbers([at(0), 1], [at(1), 1], [at(2), 2]),
        uint(salt.length, 1),
        salt,
        uint(next.length, 1),
        next,
        typeBitmap(fields.slice(5).map(typeNumber)),
      ]);
    }
    default:
      throw new Error(`no reader for ${typeName}`);
  }
}

export function uint(value: number, octets: number): Buffer {
  const buffer = Buffer.alloc(octets);
  buffer.writeUIntBE(value, 0, octets);
  return buffer;
}

/** `YYYYMMDDHHmmSS` or seconds since the epoch. */
export function time(text: string): number {
  const parts = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)$/.exec(text);
  if (parts === null) return Number(text);
  const [year, month, day, hour, minute, second] = parts.slice(1).map(Number) as [number, number, number, number, number, number];
  return Date.UTC(year, month - 1, day, hour, minute, second) / 1000;
}

export function typeBitmap(types: readonly number[]): Buffer {
  const windows = new Map<number, Buffer>();
  for (const type of types) {
    const bits = windows.get(type >> 8) ?? Buffer.alloc(32);
    windows.set(type >> 8, bits);
    bits[(type & 0xff) >> 3] = (bits[(type & 0xff) >> 3] as number) | (0x80 >> (type & 7));
  }
  const blocks = [...windows].toSorted(([a], [b]) => a - b);
  return Buffer.concat(
    blocks.map(([window, bits]) => {
      const used = bits.subarray(0, bits.findLastIndex((octet) => octet !== 0) + 1);
      return Buffer.concat([uint(window, 1), uint(used.length, 1), used]);
    }),
  );
}

function base32hex(text: string): Buffer {
  const value = [...text.toLowerCase()].reduce((sum, digit) => sum * 32n + BigInt(Number.parseInt(digit, 32)), 0n);
  return Buffer.from(value.toString(16).padStart((text.length * 5) / 4, '0'), 'hex');
}

function ipv6(text: string): Uint8Array {
  const [head = '', tail = ''] = text.split('::');
  const groups = (part: string): number[] => (part === '' ? [] : part.split(':').map((group) => Number.parseInt(group, 16)));
  const front = groups(head);
  const back = groups(tail);
  const all = [...front, ...new Array<number>(8 - front.length - back.length).fill(0), ...back];
  return Buffer.concat(all.map((group) => uint(group, 2)));
}
