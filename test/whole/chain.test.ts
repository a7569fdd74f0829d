/**
 * An appliance that validates by itself stands behind the service: it gets DS, DNSKEY, signatures and proofs through it with DO and CD, and
 * must come to the same end with an engine of its own, node:crypto and dns-packet, up to the sandbox's trust anchor.
 */

import { createHash } from 'node:crypto';
import type { Answer, DnskeyAnswer, DSAnswer, Nsec3Answer, NsecAnswer } from 'dns-packet';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { sandboxDomains } from '../../src/sandbox/domains.ts';
import { pointsTo, signatureHolds } from '../sandbox/verify.ts';
import { askTcp, type Reply } from './client.ts';
import { isRrsig, rowsOf } from './expected.ts';
import { openStage, type Stage } from './stage.ts';

let stage: Stage;
beforeAll(async () => {
  stage = await openStage({ addressBase: '127.61.5' });
});
afterAll(() => stage.close());

const fetchSet = (name: string, type: string) => askTcp(stage.dnsPort, { name, type, dnssecOk: true, cd: true });

const keysOfZone = new Map<string, Promise<readonly DnskeyAnswer[]>>();

/** Keys of a zone that a chain of DS and DNSKEY leads to; throws where it breaks. */
function trustedKeys(zone: string): Promise<readonly DnskeyAnswer[]> {
  const known = keysOfZone.get(zone) ?? followChain(zone);
  keysOfZone.set(zone, known);
  return known;
}

async function followChain(zone: string): Promise<readonly DnskeyAnswer[]> {
  const { answer } = await fetchSet(zone, 'DNSKEY');
  const keys = answer.filter((record): record is DnskeyAnswer => record.type === 'DNSKEY');
  const signers = zone === '.' ? keys.filter(isAnchored) : await delegatedKeys(zone, keys);
  if (!answer.some((record) => isRrsig(record) && signatureHolds(record, answer, signers)))
    throw new Error(`no chain to the keys of ${zone}`);
  return keys;
}

async function delegatedKeys(zone: string, keys: readonly DnskeyAnswer[]): Promise<readonly DnskeyAnswer[]> {
  const { answer } = await fetchSet(zone, 'DS');
  await expectSigned(answer);
  const signers = answer.filter((record): record is DSAnswer => record.type === 'DS');
  return keys.filter((key) => signers.some((ds) => pointsTo(ds, key)));
}

function isAnchored(key: DnskeyAnswer): boolean {
  const [, , , , keyTag, algorithm, digestType, digest] = stage.sandbox.anchors.trim().split(' ');
  const data = {
    keyTag: Number(keyTag),
    algorithm: Number(algorithm),
    digestType: Number(digestType),
    digest: Buffer.from(digest!, 'hex'),
  };
  return pointsTo({ name: '.', type: 'DS', data }, key);
}

/** Every RRset has a signature by the zone that it belongs to, and all signatures hold. */
async function expectSigned(section: readonly Answer[]): Promise<void> {
  const rrsets = new Set(
    section.filter((record) => !isRrsig(record) && !isSynthesised(record, section)).map((record) => `${record.name} ${record.type}`),
  );
  for (const rrsig of section.filter(isRrsig)) {
    const { signersName, typeCovered, expiration, inception } = rrsig.data;
    const label = `RRSIG(${typeCovered}) at ${rrsig.name}`;
    expect(rrsig.name === signersName || signersName === '.' || rrsig.name.endsWith(`.${signersName}`), label).toBe(true);
    expect(inception * 1000 <= Date.now() && Date.now() <= expiration * 1000, `${label} is in its time`).toBe(true);
    expect(signatureHolds(rrsig, section, await trustedKeys(signersName)), label).toBe(true);
    rrsets.delete(`${rrsig.name} ${typeCovered}`);
  }
  expect([...rrsets], 'without a signature').toEqual([]);
}

/** A CNAME out of a DNAME has no signature of its own (RFC 6672 §5.3.1). */
function isSynthesised(record: Answer, section: readonly Answer[]): boolean {
  return record.type === 'CNAME' && section.some(({ type, name }) => type === 'DNAME' && record.name.endsWith(`.${name}`));
}

const rows = sandboxDomains.flatMap(rowsOf).filter(({ status }) => status.startsWith('secure'));
const distinctRows = [...new Map(rows.map((row) => [`${row.name} ${row.type}`, row])).values()];

describe.concurrent('what the service calls secure, another validator finds secure', () => {
  test.each(distinctRows.filter(({ status }) => status === 'secure'))('$name $type', async ({ name, type }) => {
    const reply = await fetchSet(name, type);
    expect(reply).toMatchObject({ rcode: 'NOERROR', ad: true });
    await expectSigned(reply.answer);
    await expectSigned(reply.authority);
    expectExpansionsDenied(reply);
  });

  test.each([
    ...distinctRows.filter(({ status }) => status === 'secure denial'),
    { name: 'nobody.sandbox', type: 'MX' },
    { name: 'a.b.nobody.secure.sandbox', type: 'A' },
    { name: 'a.b.nobody.ed448.sandbox', type: 'A' },
    { name: 'nobody.rsa.sandbox', type: 'A' },
    { name: 'empty.ed448.sandbox', type: 'A' },
    { name: 'some.any.ed448.sandbox', type: 'AAAA' },
    { name: 'some.wildcard.sandbox', type: 'AAAA' },
    { name: 'unsigned.sandbox', type: 'DS' },
    { name: 'plain.hosting', type: 'DS' },
    { name: 'nothing.nobody', type: 'A' },
  ])('$name $type does not exist', async ({ name, type }) => {
    const reply = await fetchSet(name, type);
    expect(reply.ad).toBe(true);
    await expectSigned(reply.answer);
    await expectSigned(reply.authority);
    expectDenied(name, type, reply);
  });

  test.each(['chain.alias.sandbox', 'any.pages.alias.sandbox', 'www.tree.alias.sandbox', 'x.wildcard.sandbox'])('%s A', async (name) => {
    const reply = await fetchSet(name, 'A');
    expect(reply.ad).toBe(true);
    await expectSigned(reply.answer);
    await expectSigned(reply.authority);
    expectExpansionsDenied(reply);
  });
});

describe.concurrent('what the service calls bogus, another validator finds bogus, with the data that CD=1 gets', () => {
  const bogusRows = sandboxDomains.flatMap(rowsOf).filter(({ status }) => status === 'bogus');
  test.each([...new Map(bogusRows.map((row) => [`${row.name} ${row.type}`, row])).values()])('$name $type', async ({ name, type }) => {
    const reply = await fetchSet(name, type);
    expect(reply).toMatchObject({ ad: false });
    expect(reply.answer.length + reply.authority.length).toBeGreaterThan(0);
    await expect(expectSigned([...reply.answer, ...reply.authority])).rejects.toThrow();
  });
});

// The rest says what NSEC and NSEC3 prove (RFC 4035 §5.4, RFC 5155 §8), for names of plain letters.

const nsecs = ({ authority }: Reply) => authority.filter((record): record is NsecAnswer => record.type === 'NSEC');
const nsec3s = ({ authority }: Reply) => authority.filter((record): record is Nsec3Answer => record.type === 'NSEC3');

const sortKey = (name: string) => name.toLowerCase().split('.').toReversed().join('\0');
const between = (low: string, it: string, high: string) => (low < high ? low < it && it < high : low < it || it < high);
const nsecCovers = ({ name, data }: NsecAnswer, it: string) => between(sortKey(name), sortKey(it), sortKey(data.nextDomain));

function nsec3Hash(name: string, { data: { salt, iterations } }: Nsec3Answer): string {
  const wire = Buffer.concat([
    ...name
      .toLowerCase()
      .split('.')
      .map((label) => Buffer.from(`${String.fromCharCode(label.length)}${label}`)),
    Buffer.of(0),
  ]);
  let digest = createHash('sha1').update(wire).update(salt).digest();
  for (let n = 0; n < iterations; n++) digest = createHash('sha1').update(digest).update(salt).digest();
  return base32Hex(digest);
}

/** RFC 4648 §7; SHA-1 digests fill their characters. */
function base32Hex(octets: Buffer): string {
  const bits = [...octets].map((octet) => octet.toString(2).padStart(8, '0')).join('');
  return bits
    .match(/.{5}/g)!
    .map((five) => Number.parseInt(five, 2).toString(32))
    .join('');
}

const ownerHash = ({ name }: Nsec3Answer) => name.split('.')[0]!.toLowerCase();
const nsec3Covers = (record: Nsec3Answer, it: string) =>
  between(ownerHash(record), nsec3Hash(it, record), base32Hex(record.data.nextDomain));
const nsec3Matches = (record: Nsec3Answer, it: string) => ownerHash(record) === nsec3Hash(it, record);

const ancestorsOf = (name: string) => name.split('.').map((_, index, labels) => labels.slice(index).join('.'));

function expectDenied(name: string, type: string, reply: Reply): void {
  if (nsec3s(reply).length > 0) expectDeniedByNsec3(name, type, reply);
  else expectDeniedByNsec(name, type, reply);
}

function expectDeniedByNsec(name: string, type: string, reply: Reply): void {
  const match = nsecs(reply).find((record) => record.name === name);
  if (match) {
    expect(reply.rcode).toBe('NOERROR');
    expect(match.data.rrtypes).not.toEqual(expect.arrayContaining([type]));
    return;
  }
  const cover = nsecs(reply).find((record) => nsecCovers(record, name))!;
  expect(cover, `NSEC over ${name}`).toBeDefined();
  const isEmptyNonTerminal = cover.data.nextDomain.endsWith(`.${name}`);
  if (isEmptyNonTerminal) {
    expect(reply.rcode).toBe('NOERROR');
    return;
  }
  // The closest encloser is the longest name that owner or next name of the span have in common with QNAME.
  const known = [...ancestorsOf(cover.name), ...ancestorsOf(cover.data.nextDomain), ''];
  const wildcard = [
    '*',
    ...ancestorsOf(name)
      .filter((ancestor) => known.includes(ancestor))
      .slice(0, 1),
  ].join('.');
  const wildcardMatch = nsecs(reply).find((record) => record.name === wildcard);
  expect(reply.rcode).toBe(wildcardMatch ? 'NOERROR' : 'NXDOMAIN');
  if (wildcardMatch) expect(wildcardMatch.data.rrtypes).not.toEqual(expect.arrayContaining([type]));
  else
    expect(
      nsecs(reply).some((record) => nsecCovers(record, wildcard)),
      `NSEC over ${wildcard}`,
    ).toBe(true);
}

function expectDeniedByNsec3(name: string, type: string, reply: Reply): void {
  const records = nsec3s(reply);
  const match = records.find((record) => nsec3Matches(record, name));
  if (match) {
    expect(reply.rcode).toBe('NOERROR');
    expect(match.data.rrtypes).not.toEqual(expect.arrayContaining([type]));
    return;
  }
  const lineage = ancestorsOf(name);
  const depth = lineage.findIndex((ancestor) => records.some((record) => nsec3Matches(record, ancestor)));
  expect(depth, 'closest encloser').toBeGreaterThan(0);
  expect(
    records.some((record) => nsec3Covers(record, lineage[depth - 1]!)),
    'next closer name',
  ).toBe(true);
  const wildcard = `*.${lineage[depth]}`;
  const wildcardMatch = records.find((record) => nsec3Matches(record, wildcard));
  expect(reply.rcode).toBe(wildcardMatch ? 'NOERROR' : 'NXDOMAIN');
  if (wildcardMatch) expect(wildcardMatch.data.rrtypes).not.toEqual(expect.arrayContaining([type]));
  else
    expect(
      records.some((record) => nsec3Covers(record, wildcard)),
      wildcard,
    ).toBe(true);
}

/** Whatever came out of a wildcard has beside it that the name itself is not there (RFC 4035 §5.3.4). */
function expectExpansionsDenied(reply: Reply): void {
  for (const rrsig of reply.answer.filter(isRrsig)) {
    const { length } = rrsig.name.split('.');
    if (rrsig.name === '.' || rrsig.data.labels >= length) continue;
    const nextCloser = ancestorsOf(rrsig.name)[length - rrsig.data.labels - 1]!;
    const denied =
      nsecs(reply).some((record) => nsecCovers(record, nextCloser)) || nsec3s(reply).some((record) => nsec3Covers(record, nextCloser));
    expect(denied, `no ${nextCloser}`).toBe(true);
  }
}
