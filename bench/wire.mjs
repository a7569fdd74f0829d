/**
 * What src/wire costs: index, parse and compose of the messages that a resolver sees most, and the hostile messages of the tests, which must be
 * refused or indexed within a millisecond. dns-packet writes the messages, so they are none of our own making.
 */

import { join } from 'node:path';
import dnsPacket from 'dns-packet';
import { compile, repository } from './lib/build.mjs';
import { formatNumber, formatSummary, printTable, summarise } from './lib/report.mjs';

const MS_A_ROUND = 100;
const HOSTILE_RUNS = 200;
const HOSTILE_LIMIT_US = 1_000;

const rrsig = (name, typeCovered, signersName) => ({
  type: 'RRSIG',
  name,
  ttl: 3600,
  data: {
    ...{ typeCovered, algorithm: 13, labels: 2, originalTTL: 3600, expiration: 2_000_000_000, inception: 1_700_000_000, keyTag: 12_345 },
    ...{ signersName, signature: Buffer.alloc(64, 0x5a) },
  },
});
const opt = { type: 'OPT', name: '.', udpPayloadSize: 1232, flags: dnsPacket.DNSSEC_OK, options: [] };
const soa = {
  mname: 'ns1.example.net',
  rname: 'hostmaster.example.net',
  serial: 1,
  refresh: 7200,
  retry: 3600,
  expire: 1_209_600,
  minimum: 3600,
};
const nsec3 = (name) => ({
  type: 'NSEC3',
  name,
  ttl: 3600,
  data: { algorithm: 1, flags: 0, iterations: 0, salt: Buffer.alloc(0), nextDomain: Buffer.alloc(20, 7), rrtypes: ['A', 'MX', 'RRSIG'] },
});
const hashed = ['2t7b4g4vsa5smi47k61mv5bv1a22bojr', '35mthgpgcu1qg68fab165klnsnk3dpvl', 'b4um86eghhds6nea196smvmlo4ors995'].map(
  (hash) => `${hash}.example.net`,
);
const nameServers = ['ns1.example.net', 'ns2.example.net'];

const messages = [
  {
    title: 'a query',
    packet: { type: 'query', flags: 0x100, questions: [{ name: '_25._tcp.mx.example.net', type: 'TLSA' }], additionals: [opt] },
  },
  {
    title: 'MX, signed, with addresses',
    packet: {
      type: 'response',
      questions: [{ name: 'example.net', type: 'MX' }],
      answers: [
        ...[1, 2].map((n) => ({
          type: 'MX',
          name: 'example.net',
          ttl: 3600,
          data: { preference: n * 10, exchange: `mx${n}.example.net` },
        })),
        rrsig('example.net', 'MX', 'example.net'),
      ],
      additionals: [
        ...[1, 2].flatMap((n) => [
          { type: 'A', name: `mx${n}.example.net`, ttl: 3600, data: `192.0.2.${n}` },
          rrsig(`mx${n}.example.net`, 'A', 'example.net'),
        ]),
        opt,
      ],
    },
  },
  {
    title: 'a referral with DS and glue',
    packet: {
      type: 'response',
      questions: [{ name: 'mx.example.net', type: 'A' }],
      authorities: [
        ...nameServers.map((data) => ({ type: 'NS', name: 'example.net', ttl: 3600, data })),
        { type: 'DS', name: 'example.net', ttl: 3600, data: { keyTag: 12_345, algorithm: 13, digestType: 2, digest: Buffer.alloc(32, 1) } },
        rrsig('example.net', 'DS', 'net'),
      ],
      additionals: [...nameServers.map((name) => ({ type: 'A', name, ttl: 3600, data: '192.0.2.1' })), opt],
    },
  },
  {
    title: 'NXDOMAIN with three NSEC3',
    packet: {
      type: 'response',
      flags: 3,
      questions: [{ name: 'nobody.example.net', type: 'A' }],
      authorities: [
        { type: 'SOA', name: 'example.net', ttl: 3600, data: soa },
        rrsig('example.net', 'SOA', 'example.net'),
        ...hashed.flatMap((name) => [nsec3(name), rrsig(name, 'NSEC3', 'example.net')]),
      ],
      additionals: [opt],
    },
  },
];

/** Microseconds a call, over a bounded time. */
function time(act) {
  let calls = 0;
  let spent = 0;
  for (const start = performance.now(); spent < MS_A_ROUND; spent = performance.now() - start)
    for (const until = calls + 64; calls < until; calls++) act();
  return (spent * 1000) / calls;
}

async function measureMessages({ indexMessage, readMessage, composeMessage }, rounds) {
  const figures = [];
  for (const { title, packet } of messages) {
    const octets = dnsPacket.encode(packet);
    const message = readMessage(octets);
    const acts = { index: () => indexMessage(octets), parse: () => readMessage(octets), compose: () => composeMessage(message, 65_535) };
    for (const act of Object.values(acts)) time(act); // for the compilers
    const taken = Object.entries(acts).map(([act, call]) => [act, summarise(Array.from({ length: rounds }, () => time(call)))]);
    figures.push({ title, octets: octets.length, composed: composeMessage(message, 65_535).length, ...Object.fromEntries(taken) });
  }
  printTable([
    ['message', 'octets', 'index, us', 'parse, us', 'compose, us', 'octets composed'],
    ...figures.map(({ title, octets, composed, index, parse, compose }) => [
      title,
      octets,
      ...[index, parse, compose].map(formatSummary),
      composed,
    ]),
  ]);
  return figures;
}

/** The messages that test/wire holds the layer against, compiled from there. */
async function hostileMessages(work) {
  const folder = join(work, 'hostile');
  const options = ['--module', 'nodenext', '--target', 'es2023', '--types', 'node', '--rewriteRelativeImportExtensions', '--skipLibCheck'];
  compile([join('test', 'wire', 'hostile-messages.ts'), '--ignoreConfig', '--rootDir', repository, '--outDir', folder, ...options]);
  return (await import(join(folder, 'test', 'wire', 'hostile-messages.js'))).hostileMessages;
}

/** The median and the worst of some runs, and what it said. */
function timeHostile(act) {
  let outcome = 'taken';
  const taken = [];
  for (let run = 0; run < HOSTILE_RUNS; run++) {
    const start = performance.now();
    try {
      act();
    } catch (error) {
      if (error.name !== 'WireError') throw error;
      outcome = 'refused';
    }
    taken.push((performance.now() - start) * 1000);
  }
  return { outcome, ...summarise(taken) };
}

async function measureHostile({ indexMessage, readMessage }, work) {
  const figures = [];
  for (const { title, octets } of await hostileMessages(work))
    figures.push({ title, index: timeHostile(() => indexMessage(octets)), parse: timeHostile(() => readMessage(octets)) });
  const cells = ({ outcome, median, most }) => [outcome, formatNumber(median), formatNumber(most)];
  console.log(`\nhostile messages of 65,535 octets, ${HOSTILE_RUNS} runs each; the worst holds whatever else the machine did then`);
  printTable([
    ['message', 'index', 'median, us', 'worst, us', 'parse', 'median, us', 'worst, us'],
    ...figures.map(({ title, index, parse }) => [title, ...cells(index), ...cells(parse)]),
  ]);
  const slow = figures.filter(({ index }) => index.median > HOSTILE_LIMIT_US);
  if (slow.length > 0) throw new Error(`over ${HOSTILE_LIMIT_US} us to refuse or index: ${slow.map(({ title }) => title).join('; ')}`);
  return figures;
}

export async function run({ dist, work, options }) {
  const load = (file) => import(join(dist, 'wire', file));
  const wire = { ...(await load('message-index.js')), ...(await load('read-message.js')), ...(await load('compose.js')) };
  const figures = await measureMessages(wire, options.rounds);
  return { messages: figures, hostile: await measureHostile(wire, work) };
}
