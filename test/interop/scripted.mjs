// Servers that do what no program in use does any more, or only when it is ill: each stands in front of a real one (`relayedTo`), hands it
// some queries, and answers the others in its own way. UDP and TCP on one address.
import { createSocket } from 'node:dgram';
import { connect, createServer } from 'node:net';

const [flagsAt, countsAt, headerOctets] = [2, 4, 12];
const [FORMERR, SERVFAIL] = [1, 2];
const hasEdns = (query) => query.readUInt16BE(10) > 0; // a resolver's query has nothing else beside its question

function questionEnd(query) {
  let at = headerOctets;
  while (at < query.length && query[at] !== 0) at += query[at] + 1;
  return at + 5;
}

const withoutEdns = (query) => {
  const bare = Buffer.from(query.subarray(0, questionEnd(query)));
  bare.writeUInt16BE(0, 10);
  return bare;
};

/** The query turned into a response without EDNS: with these flags beside QR and RD, this RCODE, and these records in its authority section. */
function responseTo(query, { flags = 0, rcode = 0, authority = [] }) {
  const response = Buffer.concat([withoutEdns(query), ...authority]);
  response[flagsAt] = 0x80 | (query[flagsAt] & 0x01) | flags;
  response[flagsAt + 1] = rcode;
  response.writeUInt16BE(authority.length, countsAt + 4);
  return response;
}

const TRUNCATED = 0x02;
/** `. NS root-servers.`, as servers of the nineties gave it to whoever asked for what they did not have. */
const rootReferral = Buffer.concat([
  Buffer.from([0, 0, 2, 0, 1, 0, 0, 14, 16]), // the root, NS, IN, an hour
  Buffer.from([0, 14, 12]),
  Buffer.from('root-servers'),
  Buffer.from([0]),
]);

/** How each kind treats a query: the response, or { relay: the query as it goes on }, or undefined for silence. */
const kinds = {
  /** From before EDNS: RFC 6891 §7, FORMERR without an OPT. */
  'no-edns': (query) => (hasEdns(query) ? responseTo(query, { rcode: FORMERR }) : { relay: query }),
  /** Something on its way drops what has an OPT. */
  'drops-edns': (query) => (hasEdns(query) ? undefined : { relay: query }),
  /** Answers as though the OPT were not there: so without signatures (RFC 6891 §6.1.1). */
  'ignores-edns': (query) => ({ relay: withoutEdns(query) }),
  /** Nothing over UDP but TC. */
  truncating: (query, transport) => (transport === 'udp' ? responseTo(query, { flags: TRUNCATED }) : { relay: query }),
  /** The same, and nobody listens for TCP. */
  'truncating-no-tcp': (query) => responseTo(query, { flags: TRUNCATED }),
  'refers-up': (query) => responseTo(query, { authority: [rootReferral] }),
  failing: (query) => responseTo(query, { rcode: SERVFAIL }),
};
export const scriptedKinds = Object.keys(kinds);

/** @param {string} relayedTo address of the server that has the zones */
export async function startScripted(kind, address, relayedTo) {
  const treat = kinds[kind];
  const closers = [await listenUdp(treat, address, relayedTo)];
  if (kind !== 'truncating-no-tcp') closers.push(await listenTcp(treat, address, relayedTo));
  let running = true;
  return {
    title: kind,
    isRunning: () => running,
    log: () => '',
    async stop() {
      if (!running) return;
      running = false;
      await Promise.all(closers.map((close) => close()));
    },
  };
}

async function listenUdp(treat, address, relayedTo) {
  const [front, back] = [createSocket('udp4'), createSocket('udp4')];
  const waiting = new Map(); // by the ID that a query has on its way on
  let lastId = 0;
  for (const socket of [front, back]) socket.on('error', () => {});
  front.on('message', (query, client) => {
    if (query.length < headerOctets) return;
    const treated = treat(query, 'udp');
    if (treated === undefined) return;
    if (treated.relay === undefined) return front.send(treated, client.port, client.address);
    lastId = (lastId + 1) % 65_536;
    waiting.set(lastId, { id: query.readUInt16BE(0), client });
    const onward = Buffer.from(treated.relay);
    onward.writeUInt16BE(lastId, 0);
    back.send(onward, 53, relayedTo);
  });
  back.on('message', (response) => {
    const asked = waiting.get(response.readUInt16BE(0));
    if (asked === undefined) return;
    waiting.delete(response.readUInt16BE(0));
    response.writeUInt16BE(asked.id, 0);
    front.send(response, asked.client.port, asked.client.address);
  });
  await Promise.all([
    new Promise((resolve, reject) => front.once('error', reject).bind(53, address, resolve)),
    new Promise((resolve, reject) => back.once('error', reject).bind(0, address, resolve)),
  ]);
  return () => Promise.all([front, back].map((socket) => new Promise((resolve) => socket.close(resolve))));
}

/** Whole messages of a TCP connection (RFC 1035 §4.2.2). */
function onMessage(socket, take) {
  let got = Buffer.alloc(0);
  socket.on('data', (part) => {
    got = Buffer.concat([got, part]);
    while (got.length >= 2 && got.length >= 2 + got.readUInt16BE(0)) {
      const end = 2 + got.readUInt16BE(0);
      const message = got.subarray(2, end);
      got = got.subarray(end);
      take(message);
    }
  });
}

const framed = (message) => Buffer.concat([Buffer.from([message.length >> 8, message.length & 0xff]), message]);

async function listenTcp(treat, address, relayedTo) {
  const open = new Set();
  const server = createServer((client) => {
    const back = connect(53, relayedTo);
    const end = () => {
      client.destroy();
      back.destroy();
    };
    for (const socket of [client, back]) {
      open.add(socket);
      socket.setTimeout(10_000, end).on('error', end);
      socket.on('close', () => {
        open.delete(socket);
        end();
      });
    }
    onMessage(client, (query) => {
      if (query.length < headerOctets) return end();
      const treated = treat(query, 'tcp');
      if (treated?.relay) back.write(framed(treated.relay));
      else if (treated) client.write(framed(treated));
    });
    onMessage(back, (response) => client.write(framed(response)));
  });
  await new Promise((resolve, reject) => server.once('error', reject).listen(53, address, resolve));
  return () =>
    new Promise((resolve) => {
      server.close(resolve);
      for (const socket of open) socket.destroy();
    });
}
