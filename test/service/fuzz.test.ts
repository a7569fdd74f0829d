/** A query of any octets gets an answer or silence: never an exception, never an answer to another question, never records by mistake. */

import { expect, test } from 'vitest';
import { parseName } from '../../src/base/name.ts';
import { Type } from '../../src/base/registry.ts';
import { SECURE } from '../../src/base/validation.ts';
import { createAnswer } from '../../src/service/answer.ts';
import { readMessage } from '../../src/wire/read-message.ts';
import { bogus, indeterminate, insecure, queryOf, resolutionOf } from './fake.ts';

/** mulberry32: what fails can be made to fail again. */
function createRandom(seed: number): (bound: number) => number {
  let state = seed;
  return (bound) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % bound;
  };
}

const options = [
  { code: 3, data: new Uint8Array() },
  { code: 10, data: Buffer.alloc(8, 1) },
  { code: 15, data: Buffer.alloc(2) },
];
const seeds = [
  queryOf({}),
  queryOf({ edns: { dnssecOk: true } }),
  queryOf({ edns: { udpSize: 512, options } }),
  queryOf({ name: 'a.b.localhost', type: Type.AAAA }),
  queryOf({ name: '4.3.2.10.in-addr.arpa', type: Type.PTR, edns: {} }),
  queryOf({ name: `${'a'.repeat(63)}.${'b'.repeat(63)}.${'c'.repeat(63)}.${'d'.repeat(61)}`, type: Type.TLSA, edns: {} }),
  queryOf({ name: '.', type: Type.DNSKEY, flags: { checkingDisabled: true, authenticData: true } }),
  queryOf({ type: Type.ANY, opcode: 4 }),
];

function mutate(random: (bound: number) => number): Buffer {
  if (random(8) === 0) return Buffer.from(Array.from({ length: random(random(20) === 0 ? 2_000 : 80) }, () => random(256)));
  let octets = Buffer.from(seeds[random(seeds.length)] as Buffer);
  for (let times = random(5); times > 0; times--) {
    const at = random(octets.length || 1);
    const kind = random(5);
    if (kind === 0) octets = octets.subarray(0, at);
    else if (kind === 1) octets = Buffer.concat([octets.subarray(0, at), Buffer.from([random(256)]), octets.subarray(at)]);
    else if (kind === 2) octets = Buffer.concat([octets, octets.subarray(at)]);
    else if (octets.length > 0) octets[at] = kind === 3 ? random(256) : (octets[at] as number) ^ (1 << random(8));
  }
  return octets;
}

const faults: unknown[] = [];
const tally = new Map<string, number>();

test.each(Array.from({ length: 20 }, (_, seed) => seed))('1,000 random and mutated queries, seed %i', async (seed) => {
  const random = createRandom(seed);
  const kinds = ['answer', 'nodata', 'nxdomain', 'failure'] as const;
  const states = [SECURE, insecure, bogus, indeterminate];
  const resolver = { resolve: async () => resolutionOf(kinds[random(4)] ?? 'answer', states[random(4)] ?? SECURE) };
  const answer = createAnswer({
    resolver,
    mayAsk: () => random(50) > 0,
    specialUseNames: true,
    configuredZones: [parseName('corp.local')],
    nsid: 'fuzz',
    clock: () => 0,
    onError: (error) => faults.push(error),
  });
  for (let i = 0; i < 1_000; i++) {
    const query = mutate(random);
    const before = Buffer.from(query);
    const transport = random(2) === 0 ? 'udp' : 'tcp';
    const reply = await answer(query, { address: '127.0.0.1', transport });
    const isResponse = ((query[2] ?? 0) & 0x80) !== 0;
    expect(reply === undefined, `silence for ${before.toString('hex')}`).toBe(query.length < 12 || isResponse);
    expect(query.equals(before), 'the query is left as it was').toBe(true);
    if (!reply) continue;
    const message = readMessage(reply);
    expect(message.id).toBe(query.readUInt16BE(0));
    expect(message.flags.response).toBe(true);
    expect(reply.length).toBeLessThanOrEqual(transport === 'udp' ? 1_232 : 65_535);
    if (message.rcode !== 0 && message.rcode !== 3) expect(message.answer.length + message.authority.length).toBe(0);
    tally.set(`${message.rcode}`, (tally.get(`${message.rcode}`) ?? 0) + 1);
  }
  expect(faults).toEqual([]);
});

test('all kinds of answer were among them', () => {
  expect([...tally.keys()]).toEqual(expect.arrayContaining(['0', '1', '2', '3', '4', '5', '16']));
});
