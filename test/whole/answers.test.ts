/** The whole service on the sandbox: every domain, every lookup that DANE makes, every way to ask, over UDP and TCP. */

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { sandboxDomains } from '../../src/sandbox/domains.ts';
import { askTcp, askUdp, openTcp } from './client.ts';
import { expectAnswer, isRrsig, modeNames, modes, rowsOf } from './expected.ts';
import { openStage, type Stage } from './stage.ts';

let stage: Stage;
beforeAll(async () => {
  stage = await openStage({ addressBase: '127.61.1' });
});
afterAll(() => stage.close());

const names = sandboxDomains.map(({ domain }) => domain);
const rowsOfDomain = (name: string) => rowsOf(sandboxDomains.find(({ domain }) => domain === name)!);

// All at once: what waits for a silent server costs the others no time.
describe.concurrent('RFC 4035 §3.2, RFC 6840 §5: rcode, AD, CD, proofs and extended errors', { timeout: 40_000 }, () => {
  test.each(names)('%s over UDP', async (name) => {
    await Promise.all(
      rowsOfDomain(name).map(async (row) => {
        const replies = await Promise.all(modeNames.map((mode) => askUdp(stage.dnsPort, { ...row, ...modes[mode] })));
        for (const [index, reply] of replies.entries()) expectAnswer(row, modeNames[index]!, reply);
      }),
    );
  });

  test.each(names)('%s over one TCP connection, pipelined', async (name) => {
    const client = await openTcp(stage.dnsPort);
    const asked = rowsOfDomain(name).flatMap((row) => modeNames.map((mode) => ({ row, mode })));
    const replies = await Promise.all(asked.map(({ row, mode }) => client.ask({ ...row, ...modes[mode] })));
    client.close();
    for (const [index, { row, mode }] of asked.entries()) expectAnswer(row, mode, replies[index]!);
  });
});

describe.concurrent('names that do not exist', () => {
  test.each([
    { name: 'nobody.sandbox', proof: 'NSEC' },
    { name: 'a.b.c.nobody.sandbox', proof: 'NSEC' },
    { name: 'nobody', proof: 'NSEC' },
    { name: 'nobody.secure.sandbox', proof: 'NSEC' },
    { name: 'nobody.ed448.sandbox', proof: 'NSEC3' },
    { name: 'nobody.rsa.sandbox', proof: 'NSEC3' },
    { name: 'nowhere.alias.sandbox', proof: 'NSEC' },
  ])('$name is NXDOMAIN with its $proof records, their signatures, and AD', async ({ name, proof }) => {
    for (const ask of [askUdp, askTcp]) {
      const reply = await ask(stage.dnsPort, { name, type: 'MX', dnssecOk: true });
      expect(reply).toMatchObject({ rcode: 'NXDOMAIN', ad: true });
      const types = reply.authority.map((record) => (isRrsig(record) ? `RRSIG(${record.data.typeCovered})` : record.type));
      expect(types).toEqual(expect.arrayContaining(['SOA', 'RRSIG(SOA)', proof, `RRSIG(${proof})`]));
    }
    const plain = await askUdp(stage.dnsPort, { name, type: 'MX', ad: true });
    expect(plain).toMatchObject({ rcode: 'NXDOMAIN', ad: true });
    expect(plain.authority.map(({ type }) => type)).toEqual(['SOA']);
  });
});

describe.concurrent('aliases, wildcards and types of DNSSEC', () => {
  test.each([
    { name: 'www.alias.sandbox', type: 'A', rcode: 'NOERROR', ad: true, answer: ['CNAME', 'A'] },
    { name: 'chain.alias.sandbox', type: 'A', rcode: 'NOERROR', ad: true, answer: ['CNAME', 'CNAME', 'A'] },
    { name: 'plain.alias.sandbox', type: 'A', rcode: 'NOERROR', ad: false, answer: ['CNAME', 'A'] },
    { name: 'broken.alias.sandbox', type: 'A', rcode: 'SERVFAIL', ad: false, answer: [] },
    { name: 'any.pages.alias.sandbox', type: 'A', rcode: 'NOERROR', ad: true, answer: ['CNAME', 'CNAME', 'A'] },
    { name: 'www.tree.alias.sandbox', type: 'A', rcode: 'NOERROR', ad: true, answer: ['DNAME', 'CNAME', 'A'] },
    { name: 'www.alias.sandbox', type: 'CNAME', rcode: 'NOERROR', ad: true, answer: ['CNAME'] },
    { name: 'whatever.wildcard.sandbox', type: 'A', rcode: 'NOERROR', ad: true, answer: ['A'] },
    { name: 'secure.sandbox', type: 'DS', rcode: 'NOERROR', ad: true, answer: ['DS'] },
    { name: 'secure.sandbox', type: 'DNSKEY', rcode: 'NOERROR', ad: true, answer: ['DNSKEY', 'DNSKEY'] },
    { name: 'sandbox', type: 'DNSKEY', rcode: 'NOERROR', ad: true, answer: ['DNSKEY', 'DNSKEY'] },
    { name: '.', type: 'DNSKEY', rcode: 'NOERROR', ad: true, answer: ['DNSKEY'] },
    { name: 'unsigned.sandbox', type: 'DS', rcode: 'NOERROR', ad: true, answer: [] },
    { name: 'deep.empty.ed448.sandbox', type: 'A', rcode: 'NOERROR', ad: true, answer: [] },
    { name: 'wrong-ds.sandbox', type: 'DS', rcode: 'NOERROR', ad: true, answer: ['DS'] },
  ])('$name $type: $rcode, AD $ad, $answer', async ({ name, type, rcode, ad, answer }) => {
    for (const ask of [askUdp, askTcp]) {
      const reply = await ask(stage.dnsPort, { name, type, dnssecOk: true, size: 4096 });
      expect(reply).toMatchObject({ rcode, ad, tc: false });
      expect(reply.answer.filter((record) => !isRrsig(record)).map((record) => record.type)).toEqual(answer);
    }
  });

  test('a wildcard answer carries the denial of the name itself (RFC 4035 §3.1.3.3)', async () => {
    const reply = await askUdp(stage.dnsPort, { name: 'other.wildcard.sandbox', type: 'A', dnssecOk: true });
    expect(reply.authority.map(({ type }) => type)).toEqual(expect.arrayContaining(['NSEC', 'RRSIG']));
  });

  test('a loop of aliases ends, and is no data', { timeout: 15_000 }, async () => {
    const reply = await askUdp(stage.dnsPort, { name: 'loop.alias.sandbox', type: 'A' });
    expect(reply).toMatchObject({ rcode: 'SERVFAIL', answer: [] });
  });
});

describe('too large for UDP (RFC 1035 §4.2.1, RFC 6891 §6.2.5, RFC 7766 §5)', () => {
  test.each([0, 512, 1232, 4096])('TC without half an RRset at EDNS size %i, the whole of it over TCP', async (size) => {
    const ask = { name: 'large.sandbox', type: 'TXT', dnssecOk: size > 0, size };
    const short = await askUdp(stage.dnsPort, ask);
    expect(short).toMatchObject({ tc: true, rcode: 'NOERROR', answer: [] });
    expect(short.octets).toBeLessThanOrEqual(Math.max(512, Math.min(size, 1232)));
    const whole = await askTcp(stage.dnsPort, ask);
    expect(whole.tc).toBe(false);
    expect(whole.answer.filter(({ type }) => type === 'TXT')).toHaveLength(24);
    expect(whole.answer.filter(isRrsig)).toHaveLength(size > 0 ? 1 : 0);
  });
});

describe('one TCP connection', () => {
  test('an answer that is ready does not wait for one that is not (RFC 7766 §7)', { timeout: 20_000 }, async () => {
    const client = await openTcp(stage.dnsPort);
    const slow = client.ask({ name: 'never-asked-before.silent.sandbox', type: 'TXT' });
    const quick = await Promise.all(
      ['mx', 'www', 'nobody'].map((label) => client.ask({ name: `${label}.secure.sandbox`, type: 'A', dnssecOk: true })),
    );
    expect(quick.map(({ rcode, ad }) => `${rcode} ${ad}`)).toEqual(['NOERROR true', 'NOERROR true', 'NXDOMAIN true']);
    expect((await slow).rcode).toBe('SERVFAIL');
    expect(client.answered.at(-1)).toBe('never-asked-before.silent.sandbox TXT');
    client.close();
  });

  test('takes a hundred questions at once and answers each', async () => {
    const client = await openTcp(stage.dnsPort);
    const asked = Array.from({ length: 100 }, (_, n) => sandboxDomains[n % 10]!.domain); // the first ten are sound
    const replies = await Promise.all(asked.map((name) => client.ask({ name, type: 'MX', ad: true })));
    expect(replies.map(({ question, rcode, ad }) => `${question} ${rcode} ${ad}`)).toEqual(asked.map((name) => `${name} MX NOERROR true`));
    client.close();
  });
});

describe('questions that are not resolved', () => {
  test('RD=0 is refused with EDE 20, whatever is cached (RFC 8914 §4.21)', async () => {
    await askUdp(stage.dnsPort, { name: 'secure.sandbox', type: 'MX' });
    const reply = await askUdp(stage.dnsPort, { name: 'secure.sandbox', type: 'MX', rd: false });
    expect(reply).toMatchObject({ rcode: 'REFUSED', answer: [], ede: [{ code: 20 }] });
  });

  test('ANY is answered with little (RFC 8482)', async () => {
    const reply = await askUdp(stage.dnsPort, { name: 'secure.sandbox', type: 'ANY', dnssecOk: true });
    expect(reply.rcode).toBe('NOERROR');
    expect(reply.octets).toBeLessThan(1232);
  });
});
