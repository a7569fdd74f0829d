/**
 * The system calls that Node does not have: datagrams by batches (recvmmsg(2), sendmmsg(2)) on sockets of our own, by way of koffi. Where
 * koffi or the calls are not there, there is no Libc, and node:dgram serves (dgram.ts).
 * Linux on 64 bits with the lowest octet first: the layouts of batch.ts are those of that platform.
 */

import { createRequire } from 'node:module';
import { endianness } from 'node:os';
import { getSystemErrorName } from 'node:util';

export interface Libc {
  socket(family: number, type: number, protocol: number): number;
  bind(fd: number, address: Uint8Array, octets: number): number;
  setsockopt(fd: number, level: number, option: number, value: Uint8Array, octets: number): number;
  getsockname(fd: number, address: Uint8Array, octets: Uint8Array): number;
  close(fd: number): number;
  epoll_create1(flags: number): number;
  epoll_ctl(epoll: number, operation: number, fd: number, event: Uint8Array): number;
  epoll_wait(epoll: number, events: Uint8Array, max: number, timeoutMs: number): number;
  recvmmsg(fd: number, headers: Uint8Array, count: number, flags: number, timeout: null): number;
  sendmmsg(fd: number, headers: Uint8Array, count: number, flags: number): number;
  /** Where octets lie in memory; they must not be moved or freed while it is used. */
  addressOf(octets: Uint8Array): bigint;
  /** Of the last call that failed. */
  errno(): number;
}

export const Socket = {
  AF_INET: 2,
  AF_INET6: 10,
  SOCK_DGRAM: 2,
  SOCK_CLOEXEC: 0o2000000,
  SOL_SOCKET: 1,
  SO_SNDBUF: 7,
  SO_RCVBUF: 8,
  SO_RCVTIMEO: 20,
  SOL_IP: 0,
  IP_PKTINFO: 8,
  IP_MTU_DISCOVER: 10,
  IP_PMTUDISC_OMIT: 5,
  SOL_IPV6: 41,
  IPV6_V6ONLY: 26,
  IPV6_MTU_DISCOVER: 23,
  IPV6_RECVPKTINFO: 49,
  IPV6_PKTINFO: 50,
  MSG_TRUNC: 0x20,
  MSG_DONTWAIT: 0x40,
  MSG_WAITFORONE: 0x10000,
} as const;

export const Errno = { EINTR: 4, EAGAIN: 11 } as const;

const signatures = [
  'int socket(int family, int type, int protocol)',
  'int bind(int fd, void *address, uint32_t octets)',
  'int setsockopt(int fd, int level, int option, void *value, uint32_t octets)',
  'int getsockname(int fd, void *address, void *octets)',
  'int close(int fd)',
  'int epoll_create1(int flags)',
  'int epoll_ctl(int epoll, int operation, int fd, void *event)',
  'int epoll_wait(int epoll, void *events, int max, int timeout)',
  'int recvmmsg(int fd, void *headers, uint32_t count, int flags, void *timeout)',
  'int sendmmsg(int fd, void *headers, uint32_t count, int flags)',
] as const;

/** Why there is no Libc, for the log. */
export interface NoLibc {
  readonly missing: string;
}

const requireKoffi = () => createRequire(import.meta.url)('koffi') as typeof import('koffi');

/** Loads it, once for each thread that asks. @param load for tests: what gives koffi, or throws */
export function loadLibc(load = requireKoffi): Libc | NoLibc {
  const { platform, arch } = process;
  if (platform !== 'linux' || !['x64', 'arm64', 'riscv64', 'loong64'].includes(arch) || endianness() !== 'LE')
    return { missing: `recvmmsg is used on 64-bit Linux only, and this is ${platform} on ${arch}` };
  try {
    const koffi = load();
    const library = koffi.load(null);
    const calls = Object.fromEntries(signatures.map((signature) => [nameOf(signature), library.func(signature)]));
    const libc = { ...calls, addressOf: (octets: Uint8Array) => koffi.address(octets), errno: () => koffi.errno() } as unknown as Libc;
    const missing = refusedCall(libc);
    return missing === undefined ? libc : { missing };
  } catch (error) {
    return { missing: `koffi: ${error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error)}` };
  }
}

/** A sandbox may refuse what the library has: asked for no datagram, both calls say 0. */
function refusedCall(libc: Libc): string | undefined {
  const fd = libc.socket(Socket.AF_INET, Socket.SOCK_DGRAM | Socket.SOCK_CLOEXEC, 0);
  if (fd < 0) return undefined; // no IPv4, or no descriptor left: whoever binds will hear of it
  try {
    const noHeaders = new Uint8Array(0);
    const isReceiving = libc.recvmmsg(fd, noHeaders, 0, Socket.MSG_DONTWAIT, null) === 0;
    const refused = !isReceiving ? 'recvmmsg' : libc.sendmmsg(fd, noHeaders, 0, Socket.MSG_DONTWAIT) === 0 ? undefined : 'sendmmsg';
    return refused && systemError(libc, refused).message;
  } finally {
    libc.close(fd);
  }
}

function nameOf(signature: string): string {
  return /(\w+)\(/.exec(signature)?.[1] ?? '';
}

/** A call that failed, as Node tells of it. */
export function systemError(libc: Libc, call: string): NodeJS.ErrnoException {
  const errno = libc.errno();
  const code = getSystemErrorName(-errno);
  return Object.assign(new Error(`${call} ${code}`), { code, errno: -errno, syscall: call });
}
