/**
 * The fields of RDATA, type by type, for presentation format in both directions (`rdata-text.ts`, `zone-text.ts`).
 * Types that are not here are written as RFC 3597 §5 says.
 */

import { Type } from '../../base/registry.ts';

/**
 * - `tag`: a character string of letters and digits, unquoted (RFC 8659 §4.1); `string`: one, quoted
 * - `type`: RR type mnemonic; `time`: YYYYMMDDHHmmSS (RFC 4034 §3.2); `salt`, `hash`: octets with a length octet (RFC 5155 §3.3)
 * - to the end of RDATA: `strings`, one or more; `text`, one string without a length; `hex`, `base64`, at least an octet; `types`, a bit map
 */
export type Field =
  | 'u8'
  | 'u16'
  | 'u32'
  | 'ipv4'
  | 'ipv6'
  | 'name'
  | 'tag'
  | 'string'
  | 'type'
  | 'time'
  | 'salt'
  | 'hash'
  | 'strings'
  | 'text'
  | 'hex'
  | 'base64'
  | 'types';

const target: readonly Field[] = ['name'];
const ranked: readonly Field[] = ['u16', 'name'];
const digest: readonly Field[] = ['u16', 'u8', 'u8', 'hex'];
const key: readonly Field[] = ['u16', 'u8', 'u8', 'base64'];
const certificate: readonly Field[] = ['u8', 'u8', 'u8', 'hex'];

const fields = new Map<number, readonly Field[]>([
  [Type.A, ['ipv4']],
  [Type.NS, target],
  [Type.CNAME, target],
  [Type.SOA, ['name', 'name', 'u32', 'u32', 'u32', 'u32', 'u32']],
  [Type.PTR, target],
  [Type.HINFO, ['string', 'string']],
  [Type.MX, ranked],
  [Type.TXT, ['strings']],
  [Type.RP, ['name', 'name']],
  [Type.AFSDB, ranked],
  [Type.AAAA, ['ipv6']],
  [Type.SRV, ['u16', 'u16', 'u16', 'name']],
  [Type.NAPTR, ['u16', 'u16', 'string', 'string', 'string', 'name']],
  [Type.KX, ranked],
  [Type.DNAME, target],
  [Type.DS, digest],
  [Type.SSHFP, ['u8', 'u8', 'hex']],
  [Type.RRSIG, ['type', 'u8', 'u8', 'u32', 'time', 'time', 'u16', 'name', 'base64']],
  [Type.NSEC, ['name', 'types']],
  [Type.DNSKEY, key],
  [Type.NSEC3, ['u8', 'u8', 'u16', 'salt', 'hash', 'types']],
  [Type.NSEC3PARAM, ['u8', 'u8', 'u16', 'salt']],
  [Type.TLSA, certificate],
  [Type.SMIMEA, certificate],
  [Type.CDS, digest],
  [Type.CDNSKEY, key],
  [Type.OPENPGPKEY, ['base64']],
  [Type.ZONEMD, ['u32', 'u8', 'u8', 'hex']],
  [Type.SPF, ['strings']],
  [Type.URI, ['u16', 'u16', 'text']],
  [Type.CAA, ['u8', 'tag', 'text']],
]);

/** The fields of a type in order; undefined for a type whose presentation format is not known here. */
export function fieldsOf(type: number): readonly Field[] | undefined {
  return fields.get(type);
}
