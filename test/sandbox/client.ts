/** Asks the sandbox's servers over real sockets, and reads answers with dns-packet. */

import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect } from 'node:net';
import { type Answer, type DecodedPacket, decode, encode, type OptAnswer, RECURSION_DESIRED } from 'dns-packet';
import type { Sandbox } from '../../src/sandbox/internet.ts';

export interface Ask {
  /** Name of a name server, without final dot. */
  readonly server: string;
  readonly name: string;
  readonly type: string;
  /** EDNS payload size; 0 leaves EDNS out. */
  readonly size?: number;
  readonly dnssec?: boolean;
  readonly ednsVersion?: number;
}

/** What tests look at: dns-packet decodes RCODE too, which its types do not show. */
export type Packet = DecodedPacket & { readonly rcode: string; readonly octets: number };

export function queryOctets({ name, type, size = 4096, dnssec = true, ednsVersion = 0 }: Omit<Ask, 'server'>, id = 4711): Buffer {
  const opt = { type: 'OPT', name: '.', udpPayloadSize: size, flags: dnssec ? 0x8000 : 0, ednsVersion } as OptAnswer; // the rest has defaults
  const question = { name, type: type as 'A' }; // the types leave out what dns-packet takes: UNKNOWN_n, ANY
  return encode({ type: 'query', id, flags: RECURSION_DESIRED, questions: [question], additionals: size > 0 ? [opt] : [] });
}

export function addressOf({ servers }: Sandbox, name: string): string {
  const server = servers.find((candidate) => candidate.name === name);
  if (!server) throw new Error(`no server ${name}`);
  return server.address;
}

export const readPacket = (octets: Buffer): Packet => ({ ...(decode(octets) as Packet), octets: octets.length });

export async function askUdp(sandbox: Sandbox, ask: Ask): Promise<Packet> {
  return readPacket(await exchangeUdp(sandbox, ask.server, [queryOctets(ask)]));
}

/** Sends datagrams in order, and gives the first reply. */
export async function exchangeUdp(sandbox: Sandbox, server: string, datagrams: readonly Buffer[]): Promise<Buffer> {
  const socket = createSocket('udp4');
  try {
    const reply = once(socket, 'message');
    for (const octets of datagrams) socket.send(octets, sandbox.port, addressOf(sandbox, server));
    const [octets] = await reply;
    return octets;
  } finally {
    socket.close();
  }
}

/** Writes chunks to one connection as they are, and gives the first `count` replies. */
export async function exchangeTcp(sandbox: Sandbox, server: string, chunks: readonly Buffer[], count: number): Promise<Packet[]> {
  const socket = connect(sandbox.port, addressOf(sandbox, server));
  socket.setNoDelay(true);
  await once(socket, 'connect');
  for (const chunk of chunks) socket.write(chunk);
  const replies: Packet[] = [];
  let received = Buffer.alloc(0);
  for await (const chunk of socket) {
    received = Buffer.concat([received, chunk]);
    while (received.length >= 2 && received.length >= 2 + received.readUInt16BE(0)) {
      const end = 2 + received.readUInt16BE(0);
      replies.push(readPacket(received.subarray(2, end)));
      received = received.subarray(end);
    }
    if (replies.length >= count) break;
  }
  socket.destroy();
  return replies;
}

export const framed = (octets: Buffer) => Buffer.concat([Buffer.of(octets.length >> 8, octets.length & 0xff), octets]);

export const askTcp = async (sandbox: Sandbox, ask: Ask): Promise<Packet> =>
  (await exchangeTcp(sandbox, ask.server, [framed(queryOctets(ask))], 1))[0]!;

/** A section as `owner TYPE`, RRSIGs as `owner RRSIG(TYPE)`, OPT left out. */
export function summary(records: readonly Answer[] | undefined): string[] {
  return (records ?? [])
    .filter(({ type }) => type !== 'OPT')
    .map((record) => `${record.name} ${record.type === 'RRSIG' ? `RRSIG(${record.data.typeCovered})` : record.type}`);
}
