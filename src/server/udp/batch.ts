/**
 * Memory for a batch of datagrams, as recvmmsg(2) and sendmmsg(2) want it: an array of mmsghdr, and what each points to: one iovec, a
 * socket address, ancillary data (which address was asked), the octets. Made once for each thread and socket and used over and over.
 */

import { type Libc, Socket } from './libc.ts';
import type { MessageMemory } from './table-reader.ts';

/** struct mmsghdr: msghdr of 56 octets, length, padding. */
const HEADER_OCTETS = 64;
const IOVEC_OCTETS = 16;
/** struct sockaddr_in6 has 28. */
export const NAME_OCTETS = 32;
/** One cmsghdr of 16 octets with an in6_pktinfo of 20, or an in_pktinfo of 12. */
export const CONTROL_OCTETS = 40;

export class Batch {
  readonly count: number;
  /** Headers first: what is handed to the system. */
  readonly octets: Buffer;
  readonly memory: MessageMemory;
  readonly #payloadOctets: number;
  readonly #iovecsAt: number;
  readonly #namesAt: number;
  readonly #controlsAt: number;
  readonly #payloadsAt: number;

  /** @param payloadOctets of one datagram, a multiple of 4 */
  constructor(libc: Pick<Libc, 'addressOf'>, count: number, payloadOctets: number) {
    this.count = count;
    this.#payloadOctets = payloadOctets;
    this.#iovecsAt = count * HEADER_OCTETS;
    this.#namesAt = this.#iovecsAt + count * IOVEC_OCTETS;
    this.#controlsAt = this.#namesAt + count * NAME_OCTETS;
    this.#payloadsAt = this.#controlsAt + count * CONTROL_OCTETS;
    const buffer = new ArrayBuffer(this.#payloadsAt + count * payloadOctets);
    this.octets = Buffer.from(buffer);
    this.memory = { octets: new Uint8Array(buffer), words: new Int32Array(buffer) };
    const start = libc.addressOf(this.octets);
    for (let i = 0; i < count; i++) {
      const header = i * HEADER_OCTETS;
      const iovec = this.#iovecsAt + i * IOVEC_OCTETS;
      this.octets.writeBigUInt64LE(start + BigInt(this.nameAt(i)), header);
      this.octets.writeBigUInt64LE(start + BigInt(iovec), header + 16);
      this.octets.writeBigUInt64LE(1n, header + 24);
      this.octets.writeBigUInt64LE(start + BigInt(this.controlAt(i)), header + 32);
      this.octets.writeBigUInt64LE(start + BigInt(this.payloadAt(i)), iovec);
      this.octets.writeBigUInt64LE(BigInt(payloadOctets), iovec + 8);
      this.expect(i);
    }
  }

  nameAt(i: number): number {
    return this.#namesAt + i * NAME_OCTETS;
  }

  controlAt(i: number): number {
    return this.#controlsAt + i * CONTROL_OCTETS;
  }

  payloadAt(i: number): number {
    return this.#payloadsAt + i * this.#payloadOctets;
  }

  /** Makes a place ready to be received into: the system writes what it has put there over these sizes. */
  expect(i: number): void {
    const { words } = this.memory;
    const header = (i * HEADER_OCTETS) / 4;
    words[header + 2] = NAME_OCTETS;
    words[header + 10] = CONTROL_OCTETS;
  }

  /** Octets received. */
  received(i: number): number {
    return this.memory.words[(i * HEADER_OCTETS) / 4 + 14] as number;
  }

  /** `MSG_TRUNC` and the like, of what was received. */
  flags(i: number): number {
    return this.memory.words[(i * HEADER_OCTETS) / 4 + 12] as number;
  }

  nameOctets(i: number): number {
    return this.memory.words[(i * HEADER_OCTETS) / 4 + 2] as number;
  }

  controlOctets(i: number): number {
    return this.memory.words[(i * HEADER_OCTETS) / 4 + 10] as number;
  }

  /** Makes place `i` ready to be sent: so many octets of its payload, to where `from[j]` came from, from the address that it went to. */
  address(i: number, payloadOctets: number, from: Batch, j: number): void {
    this.#copyWords(from.memory.words, from.nameAt(j), this.nameAt(i), NAME_OCTETS);
    const controlOctets = from.controlOctets(j);
    if (controlOctets > 0) this.#copyWords(from.memory.words, from.controlAt(j), this.controlAt(i), CONTROL_OCTETS);
    this.size(i, payloadOctets, from.nameOctets(j), controlOctets);
  }

  size(i: number, payloadOctets: number, nameOctets: number, controlOctets: number): void {
    const { words } = this.memory;
    const header = (i * HEADER_OCTETS) / 4;
    words[header + 2] = nameOctets;
    words[header + 10] = controlOctets;
    if (controlOctets > 0) this.#forgetInterface(this.controlAt(i));
    words[(this.#iovecsAt + i * IOVEC_OCTETS + 8) / 4] = payloadOctets;
  }

  /** Sends the first `count` places; what the system does not take, now or ever, is as lost on the way, and the client asks again. */
  send(libc: Libc, fd: number, count: number, flags: number): void {
    for (let sent = 0; sent < count; ) {
      const headers = sent === 0 ? this.octets : this.octets.subarray(sent * HEADER_OCTETS);
      const done = libc.sendmmsg(fd, headers, count - sent, flags);
      sent += done > 0 ? done : 1; // the first of those left is the one that failed
    }
  }

  /**
   * The interface is left to the routing table, for the way back may be another one. A link-local address is ours on its link alone, and
   * the system takes it with that link only (RFC 4007 §6).
   */
  #forgetInterface(control: number): void {
    const { octets, words } = this.memory;
    const isIpv6 = words[control / 4 + 2] === Socket.SOL_IPV6;
    const isLinkLocal = isIpv6 && octets[control + 16] === 0xfe && ((octets[control + 17] as number) & 0xc0) === 0x80;
    if (!isLinkLocal) words[control / 4 + (isIpv6 ? 8 : 4)] = 0;
  }

  #copyWords(from: Int32Array, fromOctet: number, toOctet: number, octets: number): void {
    const { words } = this.memory;
    for (let i = 0; i < octets / 4; i++) words[toOctet / 4 + i] = from[fromOctet / 4 + i] as number;
  }
}
