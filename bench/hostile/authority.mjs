/** The scripted servers: UDP and TCP, port 53, on every address of the script. Says over IPC how many queries each has had. */

import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { at, makeScript } from './script.mjs';
import { compose, readQuery } from './wire.mjs';

const UDP_OCTETS = 1_232;
const script = makeScript();
const queries = { root: 0, tld: 0, innocent: 0, evil: 0, victim: 0 };
const levelOf = (where) => Object.keys(at).find((level) => [at[level]].flat().includes(where));

/** Hands the reply to `send`, at once or as late as the script wants it. */
function reply(octets, where, limit, send) {
  const query = octets.length >= 17 ? readQuery(octets) : undefined;
  if (!query) return;
  queries[levelOf(where)]++;
  const said = script(where, query);
  if (!said) return;
  const answer = compose(query, said, limit);
  if (said.lateMs) setTimeout(send, said.lateMs, answer);
  else send(answer);
}

for (const where of Object.values(at).flat()) {
  const udp = createSocket({ type: 'udp4', recvBufferSize: 4 * 1024 * 1024 });
  udp.on('message', (octets, from) => {
    reply(octets, where, UDP_OCTETS, (answer) => udp.send(answer, from.port, from.address, () => {}));
  });
  udp.bind(53, where);
  await once(udp, 'listening');
  const tcp = createServer((socket) => {
    let pending = Buffer.alloc(0);
    socket.on('error', () => {});
    socket.on('data', (chunk) => {
      pending = Buffer.concat([pending, chunk]);
      while (pending.length >= 2 && pending.length >= 2 + pending.readUInt16BE(0)) {
        const length = pending.readUInt16BE(0);
        reply(pending.subarray(2, 2 + length), where, 0xffff, (answer) =>
          socket.write(Buffer.concat([Buffer.of(answer.length >> 8, answer.length & 0xff), answer])),
        );
        pending = pending.subarray(2 + length);
      }
    });
  });
  tcp.listen(53, where);
  await once(tcp, 'listening');
}

process.on('message', () => process.send(queries));
process.on('disconnect', () => process.exit());
process.send('ready');
