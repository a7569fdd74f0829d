/** Values that a configuration writes as text: addresses with ports, prefixes, moments, amounts of memory. Nothing else is read here. */

import { isIP } from 'node:net';

/** An IP address and a port. */
export interface Endpoint {
  readonly address: string;
  readonly port: number;
}

/** Whether a text is an IP address literal; a zone index (`fe80::1%eth0`) is not accepted. */
export function isAddress(text: string): boolean {
  return isIP(text) !== 0 && !text.includes('%');
}

function tryParsePort(text: string): number | undefined {
  return /^\d{1,5}$/.test(text) && Number(text) <= 0xffff ? Number(text) : undefined;
}

/** Reads `192.0.2.1:53` or `[2001:db8::1]:53`; port 0 lets the system choose. */
export function tryParseEndpoint(text: string): Endpoint | undefined {
  const [, six, four, digits] = /^(?:\[([0-9A-Fa-f:.]+)\]|([0-9.]+)):(\d+)$/.exec(text) ?? [];
  const address = six ?? four;
  const port = tryParsePort(digits ?? '');
  if (address === undefined || port === undefined) return undefined;
  return isIP(address) === (six === undefined ? 4 : 6) ? { address, port } : undefined;
}

/** As `tryParseEndpoint`, or an address alone, in brackets or not, with the port that is given. Port 0 is no server's. */
export function tryParseServer(text: string, defaultPort: number): Endpoint | undefined {
  const bare = /^\[(.*)\]$/.exec(text)?.[1] ?? text;
  if (isAddress(bare)) return { address: bare, port: defaultPort };
  const endpoint = tryParseEndpoint(text);
  return endpoint?.port === 0 ? undefined : endpoint;
}

/** Writes what `tryParseEndpoint` reads. */
export function formatEndpoint({ address, port }: Endpoint): string {
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}

/** Seconds since the epoch of `2026-11-24` or `2026-11-24T06:41:00Z` (RFC 3339, with `Z` or an offset). */
export function tryParseMoment(text: string): number | undefined {
  if (!/^\d{4}-\d{2}-\d{2}(?:[Tt]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:[Zz]|[+-]\d{2}:\d{2}))?$/.test(text)) return undefined;
  const milliseconds = Date.parse(text.toUpperCase());
  return Number.isNaN(milliseconds) ? undefined : Math.floor(milliseconds / 1000);
}

const units: Readonly<Record<string, number>> = {
  '': 1,
  B: 1,
  kB: 1e3,
  KB: 1e3,
  MB: 1e6,
  GB: 1e9,
  KiB: 2 ** 10,
  MiB: 2 ** 20,
  GiB: 2 ** 30,
};

/** Octets of `256MB`, `256 MiB` or a number of octets: decimal and binary units as they are named. */
export function tryParseOctets(value: string | number): number | undefined {
  if (typeof value === 'number') return Number.isSafeInteger(value) && value >= 0 ? value : undefined;
  const [, digits, unit] = /^(\d{1,12}) ?([A-Za-z]*)$/.exec(value) ?? [];
  const factor = unit === undefined ? undefined : units[unit];
  const octets = factor === undefined ? Number.NaN : Number(digits) * factor;
  return Number.isSafeInteger(octets) ? octets : undefined;
}

/** Whether a text is a prefix such as `192.0.2.0/24`, or an address alone, which means all its bits. Bits behind the length do not count. */
export function isPrefix(text: string): boolean {
  const [address = '', length, ...more] = text.split('/');
  if (!isAddress(address) || more.length > 0) return false;
  return length === undefined || (/^\d{1,3}$/.test(length) && Number(length) <= (address.includes(':') ? 128 : 32));
}
