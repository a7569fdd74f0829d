import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { makeName, parseName, sameName } from '../../src/base/name.ts';
import { Class, Type } from '../../src/base/registry.ts';
import { outcomeOf } from '../../src/net/attempt.ts';
import { composeQuery, matchReply } from '../../src/net/query.ts';
import { addressReply, questionEnd, replyTo } from './servers.ts';

const question = { qname: parseName('mail-1.example.org'), qtype: Type.A, qclass: Class.IN };
const server = { address: '192.0.2.53', port: 53 };
const query = { server, question, transport: 'udp', edns: true, recursionDesired: false, caseRandomisation: true, timeoutMs: 1 } as const;

describe('mixed case (draft-vixie-dnsext-dns0x20)', () => {
  const nameOf = (octets: Buffer) => makeName(Uint8Array.from(octets.subarray(12, questionEnd(octets) - 4)));

  test.each([
    { title: 'no bit set: as given', bits: 0, want: 'mail-1.example.org' },
    { title: 'all bits set: every letter turned', bits: 0xffffff, want: 'MAIL-1.EXAMPLE.ORG' },
  ])('$title', ({ bits, want }) => {
    const { octets } = composeQuery(query, (bound) => bits % bound);
    expect(nameOf(octets).wire).toEqual(parseName(want).wire);
  });

  test('turns letters alone, whatever octets a label has', () => {
    const label = fc.uint8Array({ minLength: 1, maxLength: 63 });
    fc.assert(
      fc.property(fc.array(label, { maxLength: 3 }), fc.infiniteStream(fc.nat(0xffff)), (labels, numbers) => {
        const wire = Uint8Array.from([...labels.flatMap((octets) => [octets.length, ...octets]), 0]);
        const qname = makeName(wire);
        const { octets } = composeQuery({ ...query, question: { ...question, qname } }, () => numbers.next().value ?? 0);
        expect(sameName(nameOf(octets), qname)).toBe(true);
        expect(octets.subarray(questionEnd(octets) - 4, questionEnd(octets))).toEqual(Buffer.from([0, 1, 0, 1]));
      }),
    );
  });
});

describe('hostile replies', () => {
  const sent = composeQuery(query, (bound) => 0x5a5a5a % bound);
  const good = addressReply(sent.octets);

  test('any octets are matched or not, and never throw', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 600 }), (octets) => matchReply(octets, sent) === 'miss'));
  });

  test('a good reply with any octet changed ends as an outcome, and matches only where ID and question stand', () => {
    const change = fc.tuple(fc.nat(good.length - 1), fc.integer({ min: 1, max: 255 }));
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 4 }), fc.nat(good.length), (changes, length) => {
        const reply = Buffer.from(good.subarray(0, length));
        for (const [at, mask] of changes) if (at < length) reply[at] = (reply[at] as number) ^ mask;
        const same = (from: number, to: number) => reply.subarray(from, to).equals(good.subarray(from, to));
        const stands = same(0, 2) && same(12, questionEnd(good));
        const matched = matchReply(reply, sent) === 'match';
        if (matched && (reply[3] as number) % 16 === 0) expect(stands).toBe(true);
        if (matched) expect(outcomeOf(reply, sent, 1, 0)).toMatchObject({ outcome: expect.stringMatching(/^(response|malformed)$/) });
      }),
      { numRuns: 2_000 },
    );
  });

  test('a reply whose records are any octets ends as an outcome', () => {
    const counts = fc.tuple(fc.nat(3), fc.nat(3), fc.nat(3));
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), counts, fc.boolean(), (records, numbers, truncated) => {
        const head = replyTo(sent.octets);
        if (truncated) head[2] = 0x86;
        for (const [at, count] of numbers.entries()) head.writeUInt16BE(count, 6 + 2 * at);
        const reply = Buffer.concat([head, records]);
        expect(matchReply(reply, sent)).toBe('match');
        const outcome = outcomeOf(reply, sent, 1, 0);
        expect(outcome).toMatchObject({ outcome: expect.stringMatching(truncated ? /^response$/ : /^(response|malformed)$/) });
      }),
      { numRuns: 2_000 },
    );
  });

  test('reading a reply does not write into it', () => {
    const before = Buffer.from(good);
    outcomeOf(good, sent, 1, 0);
    expect(good).toEqual(before);
  });
});
