/** IP addresses as RDATA of A and AAAA (RFC 1035 §3.4.1, RFC 3596 §2.2) and as text, IPv6 in the form of RFC 5952. */

import { WireError } from '../error.ts';

const IPV4_OCTETS = 4;
const IPV6_GROUPS = 8;

/** Text that is no IP address, with a sentence for whoever typed it. */
export class AddressError extends Error {
  override readonly name = 'AddressError';
}

/** Writes the address in RDATA of A (4 octets) or AAAA (16). @throws {WireError} for any other length */
export function formatAddress(rdata: Uint8Array): string {
  if (rdata.length === IPV4_OCTETS) return rdata.join('.');
  if (rdata.length !== 2 * IPV6_GROUPS) throw new WireError('rdata-length', rdata.length);
  const groups = Array.from({ length: IPV6_GROUPS }, (_, i) => ((rdata[2 * i] as number) << 8) | (rdata[2 * i + 1] as number));
  // Mapped addresses end as IPv4 does (RFC 5952 §5).
  if (groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff) return `::ffff:${rdata.subarray(12).join('.')}`;
  const { start, length } = longestZeroRun(groups);
  const text = (part: readonly number[]) => part.map((group) => group.toString(16)).join(':');
  return length < 2 ? text(groups) : `${text(groups.slice(0, start))}::${text(groups.slice(start + length))}`;
}

/** The longest run of zero groups, the first of equals (RFC 5952 §4.2.3). */
function longestZeroRun(groups: readonly number[]): { readonly start: number; readonly length: number } {
  let best = { start: 0, length: 0 };
  let length = 0;
  groups.forEach((group, i) => {
    length = group === 0 ? length + 1 : 0;
    if (length > best.length) best = { start: i - length + 1, length };
  });
  return best;
}

/** Reads an IPv4 or IPv6 address into 4 or 16 octets. No zone index, no leading zeros in IPv4. @throws {AddressError} */
export function parseAddress(text: string): Uint8Array {
  const octets = tryParseAddress(text);
  if (!octets) throw new AddressError('an IP address is four numbers with dots, as 192.0.2.1, or groups with colons, as 2001:db8::1');
  return octets;
}

/** As `parseAddress`, but undefined for what is no address. */
export function tryParseAddress(text: string): Uint8Array | undefined {
  return text.includes(':') ? tryParseIpv6(text) : tryParseIpv4(text);
}

function tryParseIpv4(text: string): Uint8Array | undefined {
  const parts = text.length > 15 ? [] : text.split('.');
  if (parts.length !== IPV4_OCTETS) return undefined;
  if (!parts.every((part) => /^(0|[1-9]\d{0,2})$/.test(part) && Number(part) < 256)) return undefined;
  return Uint8Array.from(parts, Number);
}

function tryParseIpv6(text: string): Uint8Array | undefined {
  if (text.length > 45) return undefined;
  const halves = text.split('::');
  if (halves.length > 2) return undefined;
  const [head, tail] = halves.map((half, i) => tryParseGroups(half, i === halves.length - 1)) as [
    head: number[] | undefined,
    tail?: number[] | undefined,
  ];
  if (!head || (halves.length === 2 && !tail)) return undefined;
  const missing = IPV6_GROUPS - head.length - (tail?.length ?? 0);
  if (halves.length === 2 ? missing < 1 : missing !== 0) return undefined; // `::` stands for one group at least
  const groups = [...head, ...new Array<number>(missing).fill(0), ...(tail ?? [])];
  return Uint8Array.from(groups.flatMap((group) => [group >> 8, group & 0xff]));
}

/** Groups between colons, the last two perhaps as an IPv4 address (RFC 4291 §2.2). */
function tryParseGroups(text: string, isLast: boolean): number[] | undefined {
  if (text === '') return [];
  const groups: number[] = [];
  const parts = text.split(':');
  for (const [i, part] of parts.entries()) {
    const ipv4 = isLast && i === parts.length - 1 && part.includes('.') ? tryParseIpv4(part) : undefined;
    if (ipv4) groups.push(((ipv4[0] as number) << 8) | (ipv4[1] as number), ((ipv4[2] as number) << 8) | (ipv4[3] as number));
    else if (/^[0-9a-f]{1,4}$/i.test(part)) groups.push(Number.parseInt(part, 16));
    else return undefined;
  }
  return groups;
}
