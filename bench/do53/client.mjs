/** A DNS client over UDP that reads of an answer what is compared: RCODE, AD, and whether there is data. Falls back to nothing: TC is told. */

import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { ADDRESS } from './resolvers.mjs';

/** Opens a client of one resolver; many questions may be under way. */
export async function openClient(port) {
  const socket = createSocket('udp4');
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
    answers: reply.readUInt16BE(6),
  };
}
