/** A DNS client over UDP that reads of an answer what is compared, RCODE and AD, whether it is whole, and what explains it. */

import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import dnsPacket from 'dns-packet';
import { ADDRESS } from './resolvers.mjs';

/** Opens a client of one resolver, at an address of its own where one is given; many questions may be under way. */
export async function openClient(port, from) {
  const socket = createSocket('udp4');
  if (from !== undefined) {
    socket.bind({ address: from });
    await once(socket, 'listening');
  }
  socket.connect(port, ADDRESS);
  await once(socket, 'connect');
  const waiting = new Map();
  let nextId = 1;
  socket.on('error', () => {}); // refused, while the server is not up: the question times out
  socket.on('message', (reply) => {
    if (reply.length >= 12) waiting.get(reply.readUInt16BE(0))?.(readReply(reply));
  });
  return {
    /** Undefined where no answer comes in time. */
    ask(query, timeoutMs = 10_000) {
      const id = nextId;
      nextId = (nextId % 0xffff) + 1;
      const sent = Buffer.from(query);
      sent.writeUInt16BE(id, 0);
      return new Promise((resolve) => {
        const finish = (reply) => {
          clearTimeout(timer);
          waiting.delete(id);
          resolve(reply);
        };
        const timer = setTimeout(finish, timeoutMs, undefined);
        waiting.set(id, finish);
        socket.send(sent, () => {});
      });
    },
    close: () => socket.close(),
  };
}

function readReply(reply) {
  return {
    rcode: reply[3] & 0xf,
    authenticData: (reply[3] & 0x20) !== 0,
    truncated: (reply[2] & 0x02) !== 0,
    explain: () => extendedErrors(reply),
  };
}

/** The texts of extended errors (RFC 8914), or their codes. */
function extendedErrors(reply) {
  const { additionals } = dnsPacket.decode(reply);
  const options = additionals.find(({ type }) => type === 'OPT')?.options ?? [];
  const errors = options.filter(({ code }) => code === 15).map(({ data }) => data.toString('latin1', 2) || `EDE ${data.readUInt16BE(0)}`);
  return errors.join('; ');
}
