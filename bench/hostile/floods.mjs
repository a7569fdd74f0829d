/**
 * Floods, each against each resolver, started anew for it. `pulse` (DNSBomb, CVE-2024-33655): queries of one client, a victim whose address is
 * forged, for names whose server holds its answers back, so that all are answered at one moment. `tcp-unread` (CVE-2024-0760): connections
 * that ask for large answers and read none.
 */

import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect } from 'node:net';
import { openClient } from '../do53/client.mjs';
import { encodeQuery } from '../do53/queries.mjs';
import { ADDRESS, startContender, unbound, zeker } from '../do53/resolvers.mjs';
import { formatNumber, percentile, printTable } from '../lib/report.mjs';
import { askInnocently, INNOCENT_ASKED, INNOCENT_EVERY_MS, INNOCENT_WARMUP, makeNames, PATIENCE_MS, pause, sum } from './rounds.mjs';
import { floodNames, LATE_MS, questionOf } from './script.mjs';

/** Not the innocent client's: what is allowed to one client is not what this is about. */
const FROM = '127.0.0.2';
/** More than the share of one client (`server/udp.ts`), fewer than a core can take. */
const PULSE_QUERIES = 1_200;
/** All are sent within the time that the first of them waits. */
const PULSE_SENT_WITHIN_MS = 0.8 * LATE_MS;
/** A pulse is told by what goes out in a moment. */
const MOMENT_MS = 10;
const UNREAD_CONNECTIONS = 100;
const UNREAD_QUERIES = 500;
const SAMPLE_EVERY_MS = 20;

/** Watches the memory of a server until it is told to stop. */
function watchMemory(server) {
  const before = server.residentOctets();
  let most = before;
  const timer = setInterval(() => {
    most = Math.max(most, server.residentOctets());
  }, SAMPLE_EVERY_MS);
  return () => {
    clearInterval(timer);
    return most - before;
  };
}

const numbered = (i, question) => encodeQuery({ qname: `q${i}.${question.slice('www.'.length)}`, type: 'A' }, { id: i & 0xffff });

async function pulse(port) {
  const socket = createSocket({ type: 'udp4', recvBufferSize: 4 * 1024 * 1024 });
  socket.bind(0, FROM);
  await once(socket, 'listening');
  socket.connect(port, ADDRESS);
  await once(socket, 'connect');
  const came = [];
  socket.on('error', () => {});
  socket.on('message', (reply) =>
    came.push({ at: performance.now(), octets: reply.length, isTruncated: (reply[2] & 2) !== 0, rcode: reply[3] & 15 }),
  );
  const began = performance.now();
  let octetsSent = 0;
  for (let sent = 0; sent < PULSE_QUERIES; ) {
    const due = Math.min(PULSE_QUERIES, Math.ceil(((performance.now() - began) / PULSE_SENT_WITHIN_MS) * PULSE_QUERIES));
    for (; sent < due; sent++) {
      const query = numbered(sent, questionOf('pulse', 1));
      octetsSent += query.length;
      socket.send(query, () => {});
    }
    await pause(1);
  }
  for (const until = performance.now() + PATIENCE_MS; came.length < PULSE_QUERIES && performance.now() < until; ) await pause(50);
  socket.close();
  const moments = new Map();
  for (const { at, octets } of came) {
    const moment = Math.floor((at - began) / MOMENT_MS);
    moments.set(moment, (moments.get(moment) ?? 0) + octets);
  }
  const count = (wanted) => came.filter(wanted).length;
  return {
    asked: PULSE_QUERIES,
    said: {
      answered: count(({ rcode, isTruncated }) => rcode === 0 && !isTruncated),
      'TC=1': count(({ isTruncated }) => isTruncated),
      SERVFAIL: count(({ rcode }) => rcode === 2),
      nothing: PULSE_QUERIES - came.length,
    },
    octetsOut: came.reduce((octets, reply) => octets + reply.octets, 0) / octetsSent,
    mostInMoment: Math.max(0, ...moments.values()),
  };
}

async function leaveUnread(port) {
  const query = encodeQuery({ qname: questionOf('huge-rrset', 1), type: 'A' });
  const frames = Buffer.concat(
    Array.from({ length: UNREAD_QUERIES }, () => Buffer.concat([Buffer.of(query.length >> 8, query.length & 255), query])),
  );
  let cut = 0;
  const sockets = Array.from({ length: UNREAD_CONNECTIONS }, () => {
    const socket = connect({ port, host: ADDRESS, localAddress: FROM });
    socket.pause();
    socket.on('error', () => {});
    socket.once('close', () => cut++);
    socket.write(frames);
    return socket;
  });
  await pause(INNOCENT_ASKED * INNOCENT_EVERY_MS);
  const said = { cut, open: UNREAD_CONNECTIONS - cut };
  for (const socket of sockets) socket.destroy();
  return { asked: UNREAD_CONNECTIONS, said };
}

const floods = { pulse, 'tcp-unread': leaveUnread };
/** One question before the flood: its zone is known then, and what TCP is asked for is in the cache. */
const known = {
  pulse: numbered(1_000_000, questionOf('pulse', 1)),
  'tcp-unread': encodeQuery({ qname: questionOf('huge-rrset', 1), type: 'A' }),
};

async function measure(contender, name, { dist, work, authority }) {
  const server = await startContender(contender, { work, dist });
  const client = await openClient(contender.port);
  const names = makeNames();
  try {
    await askInnocently(client, names, INNOCENT_WARMUP, 2);
    for (let i = 0; i < 3; i++) await client.ask(known[name], PATIENCE_MS);
    const idle = await askInnocently(client, names, INNOCENT_ASKED, INNOCENT_EVERY_MS);
    const upstream = sum(await authority.queries());
    const stop = watchMemory(server);
    const cpu = server.cpuSeconds().all;
    const [flood, during] = await Promise.all([
      floods[name](contender.port),
      askInnocently(client, names, INNOCENT_ASKED, INNOCENT_EVERY_MS),
    ]);
    return {
      ...flood,
      octets: stop(),
      cpuMs: (server.cpuSeconds().all - cpu) * 1000,
      upstream: sum(await authority.queries()) - upstream,
      idleP99: percentile(idle.taken, 99),
      duringP99: percentile(during.taken, 99),
      failed: idle.failed + during.failed,
    };
  } finally {
    client.close();
    await server.stop();
  }
}

export async function measureFloods(context) {
  const names = floodNames.filter((name) => context.options.cases?.includes(name) ?? true);
  if (names.length === 0) return { floods: [] };
  const figures = [];
  for (const name of names) {
    const taken = {};
    for (const contender of [zeker, unbound]) taken[contender.name] = await measure(contender, name, context);
    figures.push({ name, ...taken });
    console.log(`${name}: ${JSON.stringify(taken)}`);
  }
  const rows = figures.flatMap(({ name, ...taken }) =>
    Object.entries(taken).map(([resolver, one]) => [
      resolver === zeker.name ? name : '',
      resolver,
      one.asked,
      Object.entries(one.said)
        .map(([what, times]) => `${what}: ${times}`)
        .join(', '),
      one.octetsOut === undefined ? '-' : formatNumber(one.octetsOut),
      one.mostInMoment === undefined ? '-' : formatNumber(one.mostInMoment / 1000),
      formatNumber(one.octets / 1e6),
      formatNumber(one.cpuMs),
      one.upstream,
      formatNumber(one.idleP99),
      formatNumber(one.duringP99),
      one.failed,
    ]),
  );
  printTable([
    [
      'flood',
      '',
      'of',
      'came of them',
      'octets out / in',
      `kB in ${MOMENT_MS} ms`,
      'MB more',
      'CPU ms',
      'upstream',
      'p99 idle, ms',
      'during, ms',
      'failed',
    ],
    ...rows,
  ]);
  return { floods: figures };
}
