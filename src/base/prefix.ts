/**
 * Address prefixes (RFC 4632 §3.1, RFC 4291 §2.3) as lists of who may ask or be asked, and endpoints (`address:port`, `[address]:port`).
 * An IPv4-mapped IPv6 address is judged as the IPv4 address that it is (RFC 4291 §2.5.5.2), so no list is passed by writing it otherwise.
 */

import { BlockList, isIP, isIPv4, isIPv6, SocketAddress } from 'node:net';
import { addressOctets } from './address.ts';

/** Text that is no prefix, with a sentence for whoever typed it. */
export class PrefixError extends Error {
  override readonly name = 'PrefixError';
}

/** Text that is no endpoint, with a sentence for whoever typed it. */
export class EndpointError extends Error {
  override readonly name = 'EndpointError';
}

export interface PrefixSet {
  /** Whether the address stands in one of the prefixes; a zone index (`%eth0`) is ignored, and what is no address stands in none. */
  has(address: string): boolean;
}

export interface Endpoint {
  /** IP address literal; an IPv6 one may have a zone index. */
  readonly address: string;
  readonly port: number;
}

interface Prefix {
  readonly family: 4 | 6;
  readonly address: string;
  readonly length: number;
}

/** A prefix as octets, 4 or 16 of them. */
export interface PrefixOctets {
  readonly octets: Uint8Array;
  /** Leading bits that count. */
  readonly length: number;
}

/** Addresses whose judgement is remembered: a look into BlockList costs a microsecond. */
const MAX_REMEMBERED = 1_024;

/** Reads prefixes such as `10.0.0.0/8`, `::1/128` or `192.0.2.1`. @throws {PrefixError} for the first that is none */
export function createPrefixSet(prefixes: readonly string[]): PrefixSet {
  // Two lists, for BlockList takes ::/0 to hold IPv4 too, where an operator means IPv6 alone.
  const lists = { 4: new BlockList(), 6: new BlockList() };
  for (const { family, address, length } of prefixes.map(parsePrefix)) lists[family].addSubnet(address, length, `ipv${family}`);
  const remembered = new Map<string, boolean>();
  return {
    has(address) {
      const known = remembered.get(address);
      if (known !== undefined) return known;
      const plain = toPlainAddress(address);
      const found = plain !== undefined && lists[plain.family].check(plain.address, `ipv${plain.family}`);
      if (remembered.size >= MAX_REMEMBERED) remembered.clear();
      remembered.set(address, found);
      return found;
    },
  };
}

/** Reads a prefix for whoever compares octets. @throws {PrefixError} */
export function parsePrefixOctets(text: string): PrefixOctets {
  const { address, length } = parsePrefix(text);
  return { octets: addressOctets(address), length };
}

function parsePrefix(text: string): Prefix {
  const [address = '', length, ...more] = text.split('/');
  if (address.includes('%')) throw new PrefixError(`'${text}' is no address prefix: a zone index has no place in it`);
  const plain = toPlainAddress(address);
  if (!plain) throw new PrefixError(`'${text}' is no address prefix: '${address}' is no IPv4 or IPv6 address`);
  const written = isIPv4(address) ? 32 : 128;
  if (length === undefined) return { ...plain, length: plain.family === 4 ? 32 : 128 };
  const bits = /^\d{1,3}$/.test(length) ? Number(length) : Number.NaN;
  if (more.length > 0 || !(bits <= written))
    throw new PrefixError(`'${text}' is no address prefix: the length is a number from 0 to ${written}`);
  const dropped = plain.family === 4 ? written - 32 : 0;
  if (bits < dropped) throw new PrefixError(`'${text}' is no address prefix: an IPv4-mapped one has a length of 96 or more`);
  const prefix: Prefix = { ...plain, length: bits - dropped };
  if (hasHostBits(prefix)) throw new PrefixError(`'${text}' is no address prefix: bits are set behind the first ${bits}`);
  return prefix;
}

/** An address without its zone index, in its usual form, mapped ones as IPv4; undefined for what is none. */
function toPlainAddress(text: string): { readonly family: 4 | 6; readonly address: string } | undefined {
  if (isIPv4(text)) return { family: 4, address: text };
  const [address = ''] = text.split('%');
  if (!isIPv6(address)) return undefined;
  const usual = new SocketAddress({ address, family: 'ipv6' }).address;
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/.exec(usual)?.[1];
  return mapped === undefined ? { family: 6, address: usual } : { family: 4, address: mapped };
}

/** Whether a bit behind the prefix is set: most often a slip, where `10.1.0.0/8` was meant to be `/16`. */
function hasHostBits(prefix: Prefix): boolean {
  return addressOctets(prefix.address).some((octet, i) => (octet & (0xff >> Math.min(8, Math.max(0, prefix.length - i * 8)))) !== 0);
}

/**
 * Reads `192.0.2.1:53`, `[2001:db8::1]:53` and, where there is a default port, the address alone, in brackets or not.
 * Port 0 lets the system choose. @throws {EndpointError} saying in a sentence what is wrong
 */
export function parseEndpoint(text: string, defaultPort?: number): Endpoint {
  if (isIP(text) !== 0) {
    if (defaultPort !== undefined) return { address: text, port: defaultPort };
    throw new EndpointError(`'${text}' has no port: write ${isIPv6(text) ? `[${text}]` : text}:PORT`);
  }
  const parts = /^(?:\[([^\]]*)\]|([^:[\]]*))(?::(.*))?$/.exec(text);
  const [, bracketed, plain, port] = parts ?? [];
  const address = bracketed ?? plain ?? '';
  if (!parts || (bracketed === undefined ? !isIPv4(address) : !isIPv6(address)))
    throw new EndpointError(`'${text}' is no endpoint: write address:port, an IPv6 address in brackets`);
  if (port === undefined && defaultPort !== undefined) return { address, port: defaultPort };
  if (port === undefined || !/^\d{1,5}$/.test(port) || Number(port) > 0xffff)
    throw new EndpointError(`'${text}' is no endpoint: the port is a number from 0 to 65535`);
  return { address, port: Number(port) };
}

/** `address:port`, an IPv6 address in brackets. */
export function formatEndpoint({ address, port }: Endpoint): string {
  return isIPv6(address) ? `[${address}]:${port}` : `${address}:${port}`;
}
