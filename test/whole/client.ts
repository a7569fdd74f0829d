/** A DNS client of the tests' own on dns-packet, so that src/wire is not its own witness. */

import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { type Answer, type DecodedPacket, decode, encode, type OptAnswer } from 'dns-packet';

export interface Ask {
  readonly name: string;
  readonly type: string;
  readonly ad?: boolean;
  readonly cd?: boolean;
  readonly dnssecOk?: boolean;
  /** Recursion desired; yes unless told. */
  readonly rd?: boolean;
  /** EDNS payload size, 0 for a query without EDNS; 1232 unless told. */
  readonly size?: number;
}

export interface Ede {
  readonly code: number;
  readonly text: string;
}

/** What tests look at, OPT apart from the other records. */
export interface Reply {
  readonly id: number;
  readonly rcode: string;
  readonly tc: boolean;
  readonly rd: boolean;
  readonly ra: boolean;
  readonly ad: boolean;
  readonly cd: boolean;
  readonly aa: boolean;
  readonly question: string;
  readonly answer: readonly Answer[];
  readonly authority: readonly Answer[];
  readonly additional: readonly Answer[];
  readonly opt: OptAnswer | undefined;
  readonly ede: readonly Ede[];
  readonly octets: number;
}

const RD = 0x0100;
const AD = 0x0020;
const CD = 0x0010;
const EDE_OPTION = 15;

export function queryOctets({ name, type, ad, cd, dnssecOk, rd = true, size = 1232 }: Ask, id: number): Buffer {
  const opt = { type: 'OPT', name: '.', udpPayloadSize: size, flags: dnssecOk ? 0x8000 : 0 } as OptAnswer; // the rest has defaults
  return encode({
    type: 'query',
    id,
    flags: (rd ? RD : 0) | (ad ? AD : 0) | (cd ? CD : 0),
    questions: [{ name, type: type as 'A' }], // the types leave out what dns-packet takes
    additionals: size > 0 ? [opt] : [],
  });
}

/** @throws whatever dns-packet throws at octets that are no message */
export function readReply(octets: Buffer): Reply {
  const packet = decode(octets) as DecodedPacket & { readonly rcode: string };
  const opt = packet.additionals?.find((record): record is OptAnswer => record.type === 'OPT');
  const [asked] = packet.questions ?? [];
  return {
    id: packet.id ?? -1,
    rcode: packet.rcode,
    tc: packet.flag_tc,
    rd: packet.flag_rd,
    ra: packet.flag_ra,
    ad: packet.flag_ad,
    cd: packet.flag_cd,
    aa: packet.flag_aa,
    question: asked ? `${asked.name} ${asked.type}` : '',
    answer: packet.answers ?? [],
    authority: packet.authorities ?? [],
    additional: (packet.additionals ?? []).filter(({ type }) => type !== 'OPT'),
    opt,
    ede: (opt?.options ?? []).flatMap((option) => {
      const { code, data } = option as { readonly code: number; readonly data?: Buffer };
      return code === EDE_OPTION && data ? [{ code: data.readUInt16BE(0), text: data.toString('utf8', 2) }] : [];
    }),
    octets: octets.length,
  };
}

/** Asks once over UDP from a socket of its own. */
export async function askUdp(port: number, ask: Ask): Promise<Reply> {
  const id = Math.floor(Math.random() * 0x10000);
  const socket = createSocket('udp4');
  try {
    const message = once(socket, 'message') as Promise<[Buffer]>;
    socket.send(queryOctets(ask, id), port, '127.0.0.1');
    const [octets] = await message;
    const reply = readReply(octets);
    if (reply.id !== id) throw new Error(`asked with id ${id}, answered with ${reply.id}`);
    return reply;
  } finally {
    socket.close();
  }
}

/** One TCP connection: every query leaves at once, and its answer is known by its id, whatever the order (RFC 7766 §6.2.1.1, §7). */
export interface TcpClient {
  ask(ask: Ask): Promise<Reply>;
  /** Questions in the order that their answers came. */
  readonly answered: readonly string[];
  close(): void;
}

export async function openTcp(port: number): Promise<TcpClient> {
  const socket = connect(port, '127.0.0.1');
  await once(socket, 'connect');
  const waiting = new Map<number, { resolve: (reply: Reply) => void; reject: (error: Error) => void }>();
  const answered: string[] = [];
  let nextId = 1;
  onFrames(socket, (octets) => {
    const reply = readReply(octets);
    answered.push(reply.question);
    waiting.get(reply.id)?.resolve(reply);
    waiting.delete(reply.id);
  });
  socket.on('error', () => {});
  socket.on('close', () => {
    for (const { reject } of waiting.values()) reject(new Error('the connection was closed before the answer'));
  });
  return {
    ask(ask) {
      const id = nextId++;
      return new Promise((resolve, reject) => {
        waiting.set(id, { resolve, reject });
        socket.write(framed(queryOctets(ask, id)));
      });
    },
    answered,
    close: () => void socket.destroy(),
  };
}

export async function askTcp(port: number, ask: Ask): Promise<Reply> {
  const client = await openTcp(port);
  try {
    return await client.ask(ask);
  } finally {
    client.close();
  }
}

export function framed(octets: Uint8Array): Buffer {
  return Buffer.concat([Buffer.of(octets.length >> 8, octets.length & 0xff), octets]);
}

/** Hands on each whole message of a stream. */
export function onFrames(socket: Socket, take: (octets: Buffer) => void): void {
  let received = Buffer.alloc(0);
  socket.on('data', (chunk: Buffer) => {
    received = Buffer.concat([received, chunk]);
    while (received.length >= 2 && received.length >= 2 + received.readUInt16BE(0)) {
      const end = 2 + received.readUInt16BE(0);
      take(received.subarray(2, end));
      received = received.subarray(end);
    }
  });
}
