/** What each check of a resolver says of replies that lack something. */

import { describe, expect, test } from 'vitest';
import { parseName } from '../../src/base/name.ts';
import type { Message, Question, RRset } from '../../src/base/record.ts';
import { Rcode, Type } from '../../src/base/registry.ts';
import { type CheckName, checkNames, checkResolver } from '../../src/selftest/checks.ts';
import type { AskOptions, Reply } from '../../src/selftest/reply.ts';
import { formatSelftest, selftest } from '../../src/selftest/selftest.ts';
import { edeOption } from '../../src/wire/ede.ts';
import { mx } from '../dane/scripted-resolver.ts';

const zones = { secure: parseName('good.example'), insecure: parseName('plain.example'), bogus: parseName('bad.example') };
const MX = mx([10, 'mail.good.example'])[0]!;

type Change = (message: Message, question: Question, options: AskOptions) => Message | undefined;

/** A resolver that does all as it should, but for `change`; undefined is silence. */
function resolverWith(change: Change = (message) => message) {
  return async (question: Question, options: AskOptions = {}): Promise<Reply> => {
    const message = change(soundReply(question, options), question, options);
    return message ? { outcome: 'message', message } : { outcome: 'silent', why: 'no answer' };
  };
}

function soundReply(question: Question, { transport, udpSize = 1232, checkingDisabled = false }: AskOptions): Message {
  const name = question.qname.key;
  const isBogus = name === zones.bogus.key;
  const isInsecure = name === zones.insecure.key;
  const rrset = (owner: Question['qname'], type: number): RRset => ({
    owner,
    type,
    class: 1,
    ttl: 60,
    rdata: [type === Type.MX ? MX : Uint8Array.of(1)],
    signatures: isInsecure ? [] : [Uint8Array.of(1)],
  });
  const isDenied = question.qtype === Type.CNAME || question.qtype === Type.A;
  const cut = transport === 'udp' && udpSize === 512 && question.qtype === Type.DNSKEY;
  const failed = isBogus && !checkingDisabled;
  return {
    id: 1,
    opcode: 0,
    rcode: failed ? Rcode.SERVFAIL : question.qtype === Type.A ? Rcode.NXDOMAIN : Rcode.NOERROR,
    flags: {
      response: true,
      authoritative: false,
      truncated: cut,
      recursionDesired: true,
      recursionAvailable: true,
      authenticData: !isBogus && !isInsecure,
      checkingDisabled,
    },
    question: [question],
    answer: failed || isDenied || cut ? [] : [rrset(question.qname, question.qtype)],
    authority: isDenied ? [rrset(question.qname, Type.NSEC)] : [],
    additional: [],
    edns: { udpSize: 1232, version: 0, dnssecOk: true, options: failed ? [edeOption(7, 'expired')] : [] },
  };
}

const without = (message: Message, change: Partial<Message>): Message => ({ ...message, ...change });
const strip = (rrsets: readonly RRset[]) => rrsets.map((rrset) => ({ ...rrset, signatures: [] }));
const hasName = (question: Question, zone: keyof typeof zones) => question.qname.key === zones[zone].key;
const noAd = (message: Message) => without(message, { flags: { ...message.flags, authenticData: false } });

const rows: readonly { readonly title: string; readonly change?: Change; readonly wrong: readonly CheckName[]; readonly says?: RegExp }[] =
  [
    { title: 'one that does all', wrong: [] },
    {
      title: 'one that strips signatures and proofs',
      change: (message) => without(message, { answer: strip(message.answer), authority: [] }),
      wrong: ['signatures', 'ds', 'dnskey', 'tlsa', 'cname', 'denial', 'large'],
      says: /strips DNSSEC/,
    },
    {
      title: 'one that does not know TLSA',
      change: (message, { qtype }) => (qtype === Type.TLSA ? without(message, { rcode: Rcode.NOTIMP, answer: [] }) : message),
      wrong: ['tlsa'],
      says: /NOTIMP/,
    },
    {
      title: 'one that fails on CNAME',
      change: (message, { qtype }) => (qtype === Type.CNAME ? without(message, { rcode: Rcode.SERVFAIL, authority: [] }) : message),
      wrong: ['cname'],
      says: /SERVFAIL/,
    },
    {
      title: 'denials without proof',
      change: (message) => without(message, { authority: strip(message.authority) }),
      wrong: ['cname', 'denial'],
    },
    { title: 'no TCP', change: (message, _, { transport }) => (transport === 'tcp' ? undefined : message), wrong: ['tcp', 'large'] },
    {
      title: 'large answers cut without TC',
      change: (message) => without(message, { flags: { ...message.flags, truncated: false } }),
      wrong: ['large'],
      says: /without TC/,
    },
    {
      title: 'one for which the known zones do not exist: it is no matter of its validation',
      change: (message, { qname, qtype }) =>
        qtype === Type.DNSKEY && qname.labels === 0
          ? message
          : without(message, {
              rcode: Rcode.NXDOMAIN,
              answer: [],
              flags: { ...message.flags, authenticData: true },
              authority: soundReply({ qname, qtype: Type.CNAME, qclass: 1 }, {}).authority.map((rrset) => ({
                ...rrset,
                signatures: [Uint8Array.of(1)],
              })),
            }),
      wrong: ['signatures', 'ds', 'dnskey', 'secure', 'insecure', 'bogus', 'cd'],
      says: /^\n*(it says that there is no such zone: see selftest of the configuration, and whether something filters it\n*)+$/,
    },
    { title: 'no AD', change: noAd, wrong: ['secure'], says: /without AD/ },
    {
      title: 'AD on everything',
      change: (message) => without(message, { flags: { ...message.flags, authenticData: true } }),
      wrong: ['insecure'],
      says: /AD means nothing/,
    },
    {
      title: 'bogus data with AD',
      change: (message, question, options) =>
        hasName(question, 'bogus')
          ? without(soundReply(question, { ...options, checkingDisabled: true }), { flags: { ...message.flags, authenticData: true } })
          : message,
      wrong: ['bogus'],
      says: /takes signatures that do not hold/,
    },
    {
      title: 'no data with CD',
      change: (message, question) => (hasName(question, 'bogus') ? without(message, { rcode: Rcode.SERVFAIL, answer: [] }) : message),
      wrong: ['bogus', 'cd'],
    },
    {
      title: 'an old trust anchor: what is secure is SERVFAIL without CD',
      change: (message, question, { checkingDisabled }) =>
        hasName(question, 'secure') && question.qtype === Type.SOA && !checkingDisabled
          ? without(message, { rcode: Rcode.SERVFAIL, answer: [] })
          : message,
      wrong: ['signatures', 'secure'],
      says: /old trust anchor/,
    },
    { title: 'one that does not answer', change: () => undefined, wrong: checkNames },
  ];

describe.each(rows)('$title', ({ change, wrong, says = /./ }) => {
  test('is told check by check', async () => {
    const results = await checkResolver(resolverWith(change), zones, 'nothing-here');
    expect(checkNames.filter((name) => results[name] !== undefined)).toEqual(wrong);
    if (wrong.length > 0) expect(Object.values(results).join('\n')).toMatch(says);
  });
});

test('the TLSA records asked for are those of the mail host, and the denial is of a name of the zone', async () => {
  const asked: string[] = [];
  const ask = resolverWith((message, { qname, qtype }) => {
    asked.push(`${qname.key} ${qtype}`);
    return message;
  });
  await checkResolver(ask, zones, 'nothing-here');
  expect(asked).toContain(`${parseName('_25._tcp.mail.good.example').key} ${Type.TLSA}`);
  expect(asked).toContain(`${parseName('mail.good.example').key} ${Type.CNAME}`);
  expect(asked).toContain(`${parseName('nothing-here.good.example').key} ${Type.A}`);
});

test('MX records that cannot be read, and a null MX, leave the zone itself', async () => {
  for (const rdata of [Uint8Array.of(0), Uint8Array.of(0, 0, 0)]) {
    const asked: string[] = [];
    const ask = resolverWith((message, { qname, qtype }) => {
      asked.push(`${qname.key} ${qtype}`);
      return qtype === Type.MX ? without(message, { answer: message.answer.map((rrset) => ({ ...rrset, rdata: [rdata] })) }) : message;
    });
    await checkResolver(ask, zones, 'nothing-here');
    expect(asked).toContain(`${parseName('_25._tcp.good.example').key} ${Type.TLSA}`);
  }
});

test('the table', async () => {
  const resolvers = [
    { label: '192.0.2.1:53', ask: resolverWith() },
    { label: '192.0.2.2:53', ask: resolverWith(noAd) },
  ];
  const lines = formatSelftest(await selftest(resolvers, { ...zones, others: [zones.secure] }, 'nothing-here')).split('\n');
  expect(lines[0]).toBe('1 thing is wrong, and they differ on 1 of 3 zones.');
  expect(lines).toContain('secure         good          WRONG');
  expect(lines).toContain('good.example   secure        insecure      THEY DIFFER');
  expect(lines.at(-2)).toBe(
    '192.0.2.2:53, secure: what is secure comes without AD: it does not validate, or a negative trust anchor is set',
  );
});
