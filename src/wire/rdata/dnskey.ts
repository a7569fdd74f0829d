/** DNSKEY RDATA (RFC 4034 §2), the REVOKE flag (RFC 5011 §2.1) and key tags (RFC 4034 Appendix B). */

import { WireError } from '../error.ts';

const FLAG_ZONE_KEY = 0x0100;
const FLAG_REVOKE = 0x0080;
const FLAG_SECURE_ENTRY_POINT = 0x0001;
const FIXED_OCTETS = 4;

export interface Dnskey {
  readonly flags: number;
  readonly protocol: number;
  readonly algorithm: number;
  /** The public key field, in the format of its algorithm. A view. */
  readonly publicKey: Uint8Array;
  readonly keyTag: number;
  readonly isZoneKey: boolean;
  readonly isSecureEntryPoint: boolean;
  readonly isRevoked: boolean;
}

/** @throws {WireError} when shorter than its fixed fields */
export function readDnskey(rdata: Uint8Array): Dnskey {
  if (rdata.length < FIXED_OCTETS) throw new WireError('rdata-length', rdata.length);
  const flags = ((rdata[0] as number) << 8) | (rdata[1] as number);
  return {
    flags,
    protocol: rdata[2] as number,
    algorithm: rdata[3] as number,
    publicKey: rdata.subarray(FIXED_OCTETS),
    keyTag: keyTag(rdata),
    isZoneKey: (flags & FLAG_ZONE_KEY) !== 0,
    isSecureEntryPoint: (flags & FLAG_SECURE_ENTRY_POINT) !== 0,
    isRevoked: (flags & FLAG_REVOKE) !== 0,
  };
}

/** Key tag of DNSKEY RDATA (RFC 4034 Appendix B). That of algorithm 1 (B.1) is left out: RSA/MD5 is never verified (RFC 6725). */
export function keyTag(rdata: Uint8Array): number {
  let sum = 0;
  for (let i = 0; i < rdata.length; i++) sum += i & 1 ? (rdata[i] as number) : (rdata[i] as number) << 8;
  return (sum + (sum >>> 16)) & 0xffff;
}
