/** Messages put together by hand, octet by octet, for tests of what no library would write. */

import { parseName } from '../../src/base/name.ts';

export const u16 = (...values: number[]) => Buffer.from(values.flatMap((value) => [value >> 8, value & 0xff]));
export const u32 = (...values: number[]) => Buffer.from(values.flatMap((value) => [24, 16, 8, 0].map((shift) => (value >>> shift) & 0xff)));
export const name = (text: string) => Buffer.from(parseName(text).wire);
export const pointer = (offset: number) => u16(0xc000 | offset);
export const label = (text: string) => Buffer.concat([Buffer.of(text.length), Buffer.from(text, 'latin1')]);

export interface Parts {
  readonly id?: number;
  readonly flags?: number;
  readonly question?: readonly Buffer[];
  readonly answer?: readonly Buffer[];
  readonly authority?: readonly Buffer[];
  readonly additional?: readonly Buffer[];
  /** Octets behind everything. */
  readonly behind?: Buffer;
}

export function message({
  id = 0x1234,
  flags = 0x8180,
  question = [],
  answer = [],
  authority = [],
  additional = [],
  behind = Buffer.alloc(0),
}: Parts) {
  const sections = [question, answer, authority, additional];
  return Buffer.concat([u16(id, flags, ...sections.map((section) => section.length)), ...sections.flat(), behind]);
}

export const question = (qname: Buffer, qtype = 1, qclass = 1) => Buffer.concat([qname, u16(qtype, qclass)]);

export interface RecordFields {
  readonly owner?: Buffer;
  readonly type?: number;
  readonly class?: number;
  readonly ttl?: number;
  readonly rdata?: Buffer;
  /** RDLENGTH where it shall lie. */
  readonly rdlength?: number;
}

export function record(fields: RecordFields) {
  const { owner = name('example.'), type = 1, ttl = 300, rdata = Buffer.from([192, 0, 2, 1]) } = fields;
  return Buffer.concat([owner, u16(type, fields.class ?? 1), u32(ttl), u16(fields.rdlength ?? rdata.length), rdata]);
}

export const opt = (fields: RecordFields = {}) =>
  record({ owner: Buffer.of(0), type: 41, class: 1232, ttl: 0, rdata: Buffer.alloc(0), ...fields });

/** RRSIG RDATA with nothing in it but what grouping looks at. */
export const rrsig = (typeCovered: number, signature = 'signature', signer = name('example.')) =>
  Buffer.concat([u16(typeCovered), Buffer.alloc(16), signer, Buffer.from(signature)]);
