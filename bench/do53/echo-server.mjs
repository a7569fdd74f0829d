/** Sends each datagram back with QR set: `node echo-server.mjs ADDRESS PORT`. */

import { createSocket } from 'node:dgram';

const socket = createSocket({ type: 'udp4', recvBufferSize: 4 * 1024 * 1024 });
socket.on('message', (message, { address, port }) => {
  message[2] |= 0x80;
  socket.send(message, port, address);
});
socket.bind({ address: process.argv[2], port: Number(process.argv[3]) });
process.on('SIGTERM', () => process.exit(0));
