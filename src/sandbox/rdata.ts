/**
 * RRsets of the sandbox, and their RDATA, which dns-packet encodes from zone file lines and from the fields of DNSSEC records.
 *
 * Limits: the types below and no others; no escapes, no `$` directives, one line a record.
 */

import { type Answer, encode } from 'dns-packet';
import { keyOf, type Labels, nameOf } from './name.ts';

/** Numbers of the types that the sandbox knows (IANA DNS parameters). */
export const typeNumbers = {
  A: 1,
  NS: 2,
  CNAME: 5,
  SOA: 6,
  MX: 15,
  TXT: 16,
  AAAA: 28,
  DNAME: 39,
  DS: 43,
  RRSIG: 46,
  NSEC: 47,
  DNSKEY: 48,
  NSEC3: 50,
  NSEC3PARAM: 51,
  TLSA: 52,
  ANY: 255,
} as const;

/** Records of one owner and type. `owner` and names in RDATA are in lower case, which is their canonical form. */
export interface RRset {
  readonly owner: Labels;
  readonly type: number;
  readonly ttl: number;
  readonly rdatas: readonly Buffer[];
}

/** Octets before RDATA in a message of one record at the root: header 12, owner 1, type, class, TTL and RDLENGTH 10. */
const octetsBeforeRdata = 23;

/** RDATA as dns-packet writes it, without the record around it. */
export function rdataOf(record: Answer): Buffer {
  return encode({ type: 'response', answers: [record] }).subarray(octetsBeforeRdata);
}

/** dns-packet's name for a type, which for those it does not know is made of the number. */
export function typeName(type: number): string {
  return Object.entries(typeNumbers).find(([, value]) => value === type)?.[0] ?? `UNKNOWN_${type}`;
}

/** Reads zone file lines `owner TYPE rdata`; owners and names without final dot are relative to `apex`, `@` is the apex. */
export function parseRecords(lines: readonly string[], apex: Labels, ttl: number): RRset[] {
  const rrsets = new Map<string, RRset & { readonly rdatas: Buffer[] }>();
  for (const line of lines) {
    const [ownerText = '', type = '', ...fields] = (line.match(/"[^"]*"|\S+/g) ?? []).map((field) => field.replaceAll('"', ''));
    const owner = absolute(ownerText, apex);
    const key = `${keyOf(owner)} ${type}`;
    const rrset = rrsets.get(key) ?? { owner, type: numberOf(type, line), ttl, rdatas: [] };
    rrset.rdatas.push(parseRdata(type, fields, apex, line));
    rrsets.set(key, rrset);
  }
  return [...rrsets.values()];
}

function numberOf(type: string, line: string): number {
  const known = Object.entries(typeNumbers).find(([name]) => name === type);
  if (!known) throw new Error(`the sandbox does not know the type in: ${line}`);
  return known[1];
}

function absolute(text: string, apex: Labels): Labels {
  if (text === '@') return apex;
  return text.endsWith('.') ? nameOf(text) : [...nameOf(text), ...apex];
}

function parseRdata(type: string, fields: readonly string[], apex: Labels, line: string): Buffer {
  const [first = '', second = '', third = '', fourth = ''] = fields;
  const name = '.';
  const nameText = (text: string) => absolute(text, apex).join('.') || '.';
  switch (type) {
    case 'A':
    case 'AAAA':
      return rdataOf({ name, type, data: first });
    case 'NS':
    case 'CNAME':
    case 'DNAME':
      return rdataOf({ name, type, data: nameText(first) });
    case 'MX':
      return rdataOf({ name, type, data: { preference: Number(first), exchange: nameText(second) } });
    case 'TXT':
      return rdataOf({ name, type, data: fields.map((field) => Buffer.from(field)) });
    case 'TLSA':
      return rdataOf({
        name,
        type,
        data: {
          usage: Number(first),
          selector: Number(second),
          matchingType: Number(third),
          certificate: Buffer.from(fourth, 'hex'),
        },
      });
    default:
      throw new Error(`the sandbox writes no such record: ${line}`);
  }
}
