/**
 * Sends each datagram back with QR set: `node echo-server.mjs ADDRESS PORT`. One thread, which takes and sends them by batches with recvmmsg(2)
 * and sendmmsg(2) by way of koffi, on 64-bit Linux. It waits in the system for good, so SIGTERM is left to end it as it ends any program.
 */

import koffi from 'koffi';

const [AF_INET, SOCK_DGRAM, SOL_SOCKET, SO_SNDBUF, SO_RCVBUF, MSG_WAITFORONE] = [2, 2, 1, 7, 8, 0x10000];
const BATCH = 64;
const BUFFER_OCTETS = 4 * 1024 * 1024;
/** struct mmsghdr, struct iovec, struct sockaddr_in, the datagram. */
const octetsOf = { header: 64, iovec: 16, name: 16, payload: 1_536 };

const libc = koffi.load(null);
const socket = libc.func('int socket(int, int, int)');
const bind = libc.func('int bind(int, void *, uint32_t)');
const setsockopt = libc.func('int setsockopt(int, int, int, void *, uint32_t)');
const recvmmsg = libc.func('int recvmmsg(int, void *, uint32_t, int, void *)');
const sendmmsg = libc.func('int sendmmsg(int, void *, uint32_t, int)');

function openSocket(address, port) {
  const fd = socket(AF_INET, SOCK_DGRAM, 0);
  const size = Buffer.alloc(4);
  size.writeInt32LE(BUFFER_OCTETS);
  for (const option of [SO_RCVBUF, SO_SNDBUF]) setsockopt(fd, SOL_SOCKET, option, size, 4);
  const name = Buffer.alloc(octetsOf.name);
  name.writeUInt16LE(AF_INET, 0);
  name.writeUInt16BE(port, 2);
  name.set(address.split('.').map(Number), 4);
  if (bind(fd, name, name.length) !== 0) throw new Error(`cannot bind ${address}:${port}`);
  return fd;
}

const iovecsAt = BATCH * octetsOf.header;
const namesAt = iovecsAt + BATCH * octetsOf.iovec;
const payloadsAt = namesAt + BATCH * octetsOf.name;
const memory = Buffer.alloc(payloadsAt + BATCH * octetsOf.payload);
const start = koffi.address(memory);
for (let i = 0; i < BATCH; i++) {
  const header = i * octetsOf.header;
  const iovec = iovecsAt + i * octetsOf.iovec;
  memory.writeBigUInt64LE(start + BigInt(namesAt + i * octetsOf.name), header);
  memory.writeBigUInt64LE(start + BigInt(iovec), header + 16);
  memory.writeBigUInt64LE(1n, header + 24);
  memory.writeBigUInt64LE(start + BigInt(payloadsAt + i * octetsOf.payload), iovec);
}

/** A place that was sent from is made ready to be received into. */
function expect(count) {
  for (let i = 0; i < count; i++) {
    memory.writeUInt32LE(octetsOf.name, i * octetsOf.header + 8);
    memory.writeUInt32LE(octetsOf.payload, iovecsAt + i * octetsOf.iovec + 8);
  }
}

const fd = openSocket(process.argv[2], Number(process.argv[3]));
expect(BATCH);
for (;;) {
  const got = recvmmsg(fd, memory, BATCH, MSG_WAITFORONE, null);
  if (got <= 0) continue;
  for (let i = 0; i < got; i++) {
    memory[payloadsAt + i * octetsOf.payload + 2] |= 0x80;
    memory.writeUInt32LE(memory.readUInt32LE(i * octetsOf.header + 56), iovecsAt + i * octetsOf.iovec + 8);
  }
  sendmmsg(fd, memory, got, 0);
  expect(got);
}
