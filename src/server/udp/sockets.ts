/**
 * Datagram sockets made by the system's own calls, so that front threads share their descriptors. A wildcard address is one socket, which
 * hears with each datagram what address it was sent to, and answers from there (IP_PKTINFO, RFC 3542 §6.1); so it follows addresses that
 * come and go.
 */

import { SocketAddress } from 'node:net';
import { networkInterfaces } from 'node:os';
import { addressOctets } from '../../base/address.ts';
import type { Endpoint } from '../../base/prefix.ts';
import { BindError } from '../bind-error.ts';
import { NAME_OCTETS } from './batch.ts';
import { type Libc, Socket, systemError } from './libc.ts';

export interface BoundSocket {
  readonly fd: number;
  readonly port: number;
}

/** Milliseconds after which a thread that waits looks up, whatever comes: how soon it sees that it is to stop. */
export const LOOK_UP_MS = 200;

/** @throws {BindError} */
export function bindSocket(libc: Libc, endpoint: Endpoint, bufferOctets: number): BoundSocket {
  const ipv6 = endpoint.address.includes(':');
  const fd = libc.socket(ipv6 ? Socket.AF_INET6 : Socket.AF_INET, Socket.SOCK_DGRAM | Socket.SOCK_CLOEXEC, 0);
  if (fd < 0) throw new BindError(endpoint, 'UDP', systemError(libc, 'socket'));
  try {
    const set = (level: number, option: number, value: Uint8Array) => libc.setsockopt(fd, level, option, value, value.length) === 0;
    // The system gives what it allows.
    set(Socket.SOL_SOCKET, Socket.SO_RCVBUF, int32(bufferOctets));
    set(Socket.SOL_SOCKET, Socket.SO_SNDBUF, int32(bufferOctets));
    const demand = (level: number, option: number, value: Uint8Array) => {
      if (!set(level, option, value)) throw systemError(libc, 'setsockopt');
    };
    if (ipv6) demand(Socket.SOL_IPV6, Socket.IPV6_V6ONLY, int32(1));
    if (isWildcard(endpoint.address)) {
      if (ipv6) demand(Socket.SOL_IPV6, Socket.IPV6_RECVPKTINFO, int32(1));
      else demand(Socket.SOL_IP, Socket.IP_PKTINFO, int32(1));
    }
    demand(Socket.SOL_SOCKET, Socket.SO_RCVTIMEO, timeval(LOOK_UP_MS));
    // A forged "fragmentation needed" must not have us send fragments (RFC 9715 §3.1).
    if (ipv6) set(Socket.SOL_IPV6, Socket.IPV6_MTU_DISCOVER, int32(Socket.IP_PMTUDISC_OMIT));
    else set(Socket.SOL_IP, Socket.IP_MTU_DISCOVER, int32(Socket.IP_PMTUDISC_OMIT));
    const address = toSocketAddress(endpoint);
    if (libc.bind(fd, address, ipv6 ? 28 : 16) !== 0) throw systemError(libc, 'bind');
    const length = int32(NAME_OCTETS);
    const name = Buffer.alloc(NAME_OCTETS);
    if (libc.getsockname(fd, name, length) !== 0) throw systemError(libc, 'getsockname');
    return { fd, port: name.readUInt16BE(2) };
  } catch (error) {
    libc.close(fd);
    throw error instanceof BindError ? error : new BindError(endpoint, 'UDP', error);
  }
}

function isWildcard(address: string): boolean {
  return addressOctets(address).every((octet) => octet === 0);
}

function int32(value: number): Buffer {
  const octets = Buffer.alloc(4);
  octets.writeInt32LE(value);
  return octets;
}

/** struct timeval. */
function timeval(ms: number): Buffer {
  const octets = Buffer.alloc(16);
  octets.writeBigInt64LE(BigInt(Math.floor(ms / 1000)), 0);
  octets.writeBigInt64LE(BigInt((ms % 1000) * 1000), 8);
  return octets;
}

/** struct sockaddr_in or sockaddr_in6. */
function toSocketAddress({ address, port }: Endpoint): Buffer {
  const octets = Buffer.alloc(NAME_OCTETS);
  const ipv6 = address.includes(':');
  octets.writeUInt16LE(ipv6 ? Socket.AF_INET6 : Socket.AF_INET, 0);
  octets.writeUInt16BE(port, 2);
  octets.set(addressOctets(address), ipv6 ? 8 : 4);
  const zone = address.split('%')[1];
  if (zone !== undefined) octets.writeUInt32LE(scopeOf(zone), 24);
  return octets;
}

/** The number of an interface, given as such or by its name. 0, and so no link-local address binds, where there is none. */
function scopeOf(zone: string): number {
  if (/^\d+$/.test(zone)) return Number(zone);
  const found = networkInterfaces()[zone]?.find((address) => address.family === 'IPv6' && address.scopeid > 0);
  return found?.family === 'IPv6' ? found.scopeid : 0;
}

/** AF, address and port of a client, as text. @param octets a struct sockaddr_in or sockaddr_in6 */
export function readSocketAddress(octets: Uint8Array): Endpoint {
  const view = Buffer.from(octets.buffer, octets.byteOffset, octets.length);
  const port = view.readUInt16BE(2);
  if (view.readUInt16LE(0) === Socket.AF_INET) return { address: `${view[4]}.${view[5]}.${view[6]}.${view[7]}`, port };
  const groups = Array.from({ length: 8 }, (_, i) => view.readUInt16BE(8 + 2 * i).toString(16)).join(':');
  const { address } = new SocketAddress({ address: groups, family: 'ipv6' });
  const scope = view.readUInt32LE(24);
  return { address: scope === 0 ? address : `${address}%${scope}`, port };
}
