/** A DNS client: asks one resolver as an appliance does, over UDP, and over TCP where that is asked for or the reply was truncated. */

import { randomInt } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { connect, isIPv6 } from 'node:net';
import type { Endpoint } from './base/prefix.ts';
import type { Question } from './base/record.ts';
import { Opcode } from './base/registry.ts';
import { systemFault } from './config/system-fault.ts';
import { matchReply, readReply, type SentQuery, UDP_PAYLOAD_OCTETS } from './net/query.ts';
import type { Ask, AskOptions, Reply } from './selftest/reply.ts';
import { createFrameReader } from './server/frame-reader.ts';
import { composeMessage } from './wire/compose.ts';
import { WireError } from './wire/error.ts';
import { HEADER_OCTETS } from './wire/message-index.ts';

/** Milliseconds for each try. A resolver has 8 seconds for a hard question, so one try is longer than that. */
const TIMEOUT_MS = 9_000;
/** A datagram may get lost. */
const UDP_TRIES = 2;

/** @param timeoutMs for each try */
export function createClient(server: Endpoint, timeoutMs = TIMEOUT_MS): Ask {
  return async (question, options = {}) => {
    if (options.transport === 'tcp') return askOverTcp(server, compose(question, options, 'tcp'), timeoutMs);
    let reply: Reply = silent('it was not asked');
    for (let tries = 0; tries < UDP_TRIES && reply.outcome === 'silent'; tries++)
      reply = await askOverUdp(server, compose(question, options, 'udp'), timeoutMs / UDP_TRIES);
    const cut = reply.outcome === 'message' && reply.message.flags.truncated;
    return cut && options.transport === undefined ? askOverTcp(server, compose(question, options, 'tcp'), timeoutMs) : reply;
  };
}

const silent = (why: string): Reply => ({ outcome: 'silent', why });

function compose(
  question: Question,
  { checkingDisabled = false, udpSize = UDP_PAYLOAD_OCTETS }: AskOptions,
  transport: 'udp' | 'tcp',
): SentQuery {
  const id = randomInt(0x10000);
  const octets = composeMessage(
    {
      id,
      opcode: Opcode.QUERY,
      rcode: 0,
      flags: {
        response: false,
        authoritative: false,
        truncated: false,
        recursionDesired: true,
        recursionAvailable: false,
        authenticData: true,
        checkingDisabled,
      },
      question: [question],
      answer: [],
      authority: [],
      additional: [],
      edns: { udpSize, version: 0, dnssecOk: true, options: [] },
    },
    512,
  );
  const asked = octets.subarray(HEADER_OCTETS, HEADER_OCTETS + question.qname.wire.length + 4);
  return { octets, id, qname: question.qname, question: asked, caseMatters: false, cookie: undefined, transport };
}

function read(reply: Uint8Array, sent: SentQuery): Reply {
  try {
    return { outcome: 'message', message: readReply(reply, sent) };
  } catch (error) {
    if (error instanceof WireError) return silent(`its reply cannot be read: ${error.message}`);
    throw error;
  }
}

function askOverUdp({ address, port }: Endpoint, sent: SentQuery, timeoutMs: number): Promise<Reply> {
  return new Promise((resolve) => {
    const socket = createSocket(isIPv6(address) ? 'udp6' : 'udp4');
    const end = (reply: Reply) => {
      clearTimeout(timer);
      socket
        .removeAllListeners()
        .on('error', () => {})
        .close();
      resolve(reply);
    };
    const timer = setTimeout(() => end(silent('no answer over UDP')), timeoutMs);
    socket.once('error', (error) => end(silent(`over UDP: ${systemFault(error)}`)));
    socket.on('message', (reply) => {
      if (matchReply(reply, sent) === 'match') end(read(reply, sent));
    });
    socket.connect(port, address, () => {
      socket.send(sent.octets);
    });
  });
}

function askOverTcp({ address, port }: Endpoint, sent: SentQuery, timeoutMs: number): Promise<Reply> {
  return new Promise((resolve) => {
    const socket = connect(port, address);
    const frames = createFrameReader();
    const end = (reply: Reply) => {
      clearTimeout(timer);
      socket
        .removeAllListeners()
        .on('error', () => {})
        .destroy();
      resolve(reply);
    };
    const timer = setTimeout(() => end(silent('no answer over TCP')), timeoutMs);
    socket.once('error', (error) => end(silent(`over TCP: ${systemFault(error)}`)));
    socket.once('end', () => end(silent('over TCP it ended without an answer')));
    socket.once('connect', () => {
      const length = Buffer.alloc(2);
      length.writeUInt16BE(sent.octets.length);
      socket.write(Buffer.concat([length, sent.octets]));
    });
    socket.on('data', (chunk) => {
      frames.feed(chunk);
      const reply = frames.next();
      if (reply) end(matchReply(reply, sent) === 'match' ? read(reply, sent) : silent('over TCP it answered another question'));
    });
  });
}
