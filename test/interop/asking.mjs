// A small client: many questions at a time over one UDP socket a server, again over TCP where the answer is truncated (RFC 7766 §5).
// Messages are written and read by zeker's own src/wire, built.
import { createSocket } from 'node:dgram';
import { connect } from 'node:net';
import { parseName } from '../../dist/base/name.js';
import { composeMessage } from '../../dist/wire/compose.js';
import { readMessage } from '../../dist/wire/read-message.js';

const noFlags = { response: false, authoritative: false, truncated: false, recursionAvailable: false };

function questionOctets(id, { owner, typeNumber, flags }) {
  return composeMessage(
    {
      id,
      opcode: 0,
      rcode: 0,
      flags: { ...noFlags, recursionDesired: true, authenticData: flags.includes('AD'), checkingDisabled: flags.includes('CD') },
      question: [{ qname: parseName(owner), qtype: typeNumber, qclass: 1 }],
      answer: [],
      authority: [],
      additional: [],
      edns: flags.includes('DO') ? { udpSize: 1232, version: 0, dnssecOk: true, options: [] } : undefined,
    },
    512,
  );
}

/** @returns a function that asks the server at `address`: a message, or undefined where none came in time; and one that ends it */
export async function openClient(address, { patienceMs }) {
  const waiting = new Map();
  const socket = createSocket('udp4');
  let lastId = 0;
  socket.on('message', (octets) => waiting.get(octets.readUInt16BE(0))?.(octets));
  socket.on('error', () => {});
  await new Promise((resolve) => socket.bind(0, address, resolve));

  function askOverUdp(octets) {
    const id = octets.readUInt16BE(0);
    return new Promise((resolve) => {
      const timer = setTimeout(() => done(undefined), patienceMs);
      const done = (answer) => {
        clearTimeout(timer);
        waiting.delete(id);
        resolve(answer);
      };
      waiting.set(id, done);
      socket.send(octets, 53, address);
    });
  }

  async function ask(question) {
    do lastId = (lastId + 1) % 65_536;
    while (waiting.has(lastId));
    const octets = questionOctets(lastId, question);
    const answer = await askOverUdp(octets);
    if (answer === undefined) return undefined;
    const truncated = (answer[2] & 0x02) !== 0;
    const whole = truncated ? await askOverTcp(address, octets, patienceMs) : answer;
    return whole && readMessage(whole);
  }
  return { ask, close: () => socket.close() };
}

function askOverTcp(address, octets, patienceMs) {
  return new Promise((resolve) => {
    const socket = connect(53, address);
    let got = Buffer.alloc(0);
    const done = (answer) => {
      socket.destroy();
      resolve(answer);
    };
    socket
      .setTimeout(patienceMs, () => done(undefined))
      .on('error', () => done(undefined))
      .on('close', () => resolve(undefined));
    socket.on('connect', () => socket.write(Buffer.concat([Buffer.from([octets.length >> 8, octets.length & 0xff]), octets])));
    socket.on('data', (part) => {
      got = Buffer.concat([got, part]);
      if (got.length >= 2 && got.length >= 2 + got.readUInt16BE(0)) done(got.subarray(2, 2 + got.readUInt16BE(0)));
    });
  });
}
