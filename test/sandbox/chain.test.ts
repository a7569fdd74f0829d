import type { Answer, DnskeyAnswer, DSAnswer, RrsigAnswer } from 'dns-packet';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Sandbox, startSandbox } from '../../src/sandbox/internet.ts';
import { textOf } from '../../src/sandbox/name.ts';
import { askTcp } from './client.ts';
import { pointsTo, signatureHolds } from './verify.ts';

const now = 1_800_000_000;
let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await startSandbox({ port: 0, now, addressBase: '127.53.2' });
});
afterAll(() => sandbox.stop());

const ofType = <T extends Answer>(records: readonly Answer[] | undefined, type: T['type']) =>
  (records ?? []).filter((record): record is T => record.type === type);

async function fetchKeys(server: string, apex: string) {
  const { answers } = await askTcp(sandbox, { server, name: apex, type: 'DNSKEY' });
  return { keys: ofType<DnskeyAnswer>(answers, 'DNSKEY'), rrsigs: ofType<RrsigAnswer>(answers, 'RRSIG'), answers: answers ?? [] };
}

const delegations = [
  { zone: 'sandbox', server: 'a.nic.sandbox', parentServer: 'a.root-servers', algorithm: 13 },
  { zone: 'hosting', server: 'a.nic.hosting', parentServer: 'b.root-servers', algorithm: 13 },
  { zone: 'secure.sandbox', server: 'ns2.secure.sandbox', parentServer: 'a.nic.sandbox', algorithm: 13 },
  { zone: 'rsa.sandbox', server: 'ns1.rsa.sandbox', parentServer: 'b.nic.sandbox', algorithm: 8 },
  { zone: 'p384.sandbox', server: 'ns1.p384.sandbox', parentServer: 'b.nic.sandbox', algorithm: 14 },
  { zone: 'ed25519.sandbox', server: 'ns1.ed25519.sandbox', parentServer: 'b.nic.sandbox', algorithm: 15 },
  { zone: 'ed448.sandbox', server: 'ns1.ed448.sandbox', parentServer: 'b.nic.sandbox', algorithm: 16 },
  { zone: 'hosted.sandbox', server: 'ns1.dns.hosting', parentServer: 'b.nic.sandbox', algorithm: 13 },
  { zone: 'signed.registry.sandbox', server: 'ns1.signed.registry.sandbox', parentServer: 'ns1.registry.sandbox', algorithm: 13 },
];

describe('chain of trust, checked by node:crypto', () => {
  test.each(delegations)(
    '$zone: DS at the parent points to a key that signs the DNSKEY RRset',
    async ({ zone, server, parentServer, algorithm }) => {
      const { answers } = await askTcp(sandbox, { server: parentServer, name: zone, type: 'DS' });
      const [ds] = ofType<DSAnswer>(answers, 'DS');
      const { keys, rrsigs, answers: dnskeyAnswer } = await fetchKeys(server, zone);
      const trusted = keys.filter((key) => pointsTo(ds!, key));
      expect(trusted.map(({ data }) => data.algorithm)).toEqual([algorithm]);
      expect(rrsigs.map((rrsig) => signatureHolds(rrsig, dnskeyAnswer, trusted))).toEqual([true]);
    },
  );

  test.each(delegations)("$zone: its keys sign its data, the parent's keys sign its DS", async ({ zone, server, parentServer }) => {
    const { keys } = await fetchKeys(server, zone);
    for (const type of ['SOA', 'NS', 'MX', 'TXT']) {
      const { answers = [], authorities = [] } = await askTcp(sandbox, { server, name: zone, type });
      const rrsigs = ofType<RrsigAnswer>([...answers, ...authorities], 'RRSIG');
      expect(rrsigs.map((rrsig) => signatureHolds(rrsig, [...answers, ...authorities], keys))).toEqual(rrsigs.map(() => true));
      expect(rrsigs.length).toBeGreaterThan(0);
    }
    const parent = zone.includes('.') ? zone.slice(zone.indexOf('.') + 1) : '.';
    const parentKeys = await fetchKeys(parentServer, parent);
    const { answers = [] } = await askTcp(sandbox, { server: parentServer, name: zone, type: 'DS' });
    expect(ofType<RrsigAnswer>(answers, 'RRSIG').map((rrsig) => signatureHolds(rrsig, answers, parentKeys.keys))).toEqual([true]);
  });

  test('the trust anchor is the DS of the root key', async () => {
    const { keys } = await fetchKeys('a.root-servers', '.');
    const [, , , , tag, algorithm, digestType, digest] = sandbox.anchors.trim().split(' ');
    const data = {
      keyTag: Number(tag),
      algorithm: Number(algorithm),
      digestType: Number(digestType),
      digest: Buffer.from(digest!, 'hex'),
    };
    expect(keys.map((key) => pointsTo({ type: 'DS', name: '.', data }, key))).toEqual([true]);
    expect(sandbox.anchorKeys).toContain(`"${keys[0]!.data.key.toString('base64')}"`);
  });

  test.each([
    { server: 'ns1.wildcard.sandbox', apex: 'wildcard.sandbox', name: 'x.y.wildcard.sandbox', type: 'TLSA', labels: 2 },
    { server: 'ns1.ed448.sandbox', apex: 'ed448.sandbox', name: 'x.any.ed448.sandbox', type: 'A', labels: 3 },
    { server: 'ns1.alias.sandbox', apex: 'alias.sandbox', name: 'x.pages.alias.sandbox', type: 'CNAME', labels: 3 },
  ])('RFC 4035 §5.3.2: the signature over $name is that of the wildcard', async ({ server, apex, name, type, labels }) => {
    const { keys } = await fetchKeys(server, apex);
    const { answers = [], authorities = [] } = await askTcp(sandbox, { server, name, type });
    const [rrsig] = ofType<RrsigAnswer>(answers, 'RRSIG');
    expect(rrsig).toMatchObject({ name, data: { labels } });
    expect(signatureHolds(rrsig!, answers, keys)).toBe(true);
    const proofs = ofType<RrsigAnswer>(authorities, 'RRSIG');
    expect(proofs.map((proof) => signatureHolds(proof, authorities, keys))).toEqual([true]);
  });

  test('a signature that was broken on purpose does not hold, its neighbours do', async () => {
    const server = 'ns1.bogus-tlsa.sandbox';
    const { keys } = await fetchKeys(server, 'bogus-tlsa.sandbox');
    const holds = async (name: string, type: string) => {
      const { answers = [] } = await askTcp(sandbox, { server, name, type });
      return ofType<RrsigAnswer>(answers, 'RRSIG').map((rrsig) => signatureHolds(rrsig, answers, keys));
    };
    expect(await holds('_25._tcp.mx.bogus-tlsa.sandbox', 'TLSA')).toEqual([false]);
    expect(await holds('mx.bogus-tlsa.sandbox', 'A')).toEqual([true]);
    expect(await holds('bogus-tlsa.sandbox', 'MX')).toEqual([true]);
  });

  test('wrong-ds.sandbox: the DS matches no key', async () => {
    const { answers } = await askTcp(sandbox, { server: 'a.nic.sandbox', name: 'wrong-ds.sandbox', type: 'DS' });
    const { keys } = await fetchKeys('ns1.wrong-ds.sandbox', 'wrong-ds.sandbox');
    expect(keys.map((key) => pointsTo(ofType<DSAnswer>(answers, 'DS')[0]!, key))).toEqual([false]);
  });
});

test.each([
  { zone: 'secure.sandbox', begins: 'before', ends: 'after' },
  { zone: 'expired.sandbox', begins: 'before', ends: 'before' },
  { zone: 'not-yet-valid.sandbox', begins: 'after', ends: 'after' },
])('signatures of $zone begin $begins now and end $ends it', async ({ zone, begins, ends }) => {
  const { answers } = await askTcp(sandbox, { server: `ns1.${zone}`, name: zone, type: 'MX' });
  const [rrsig] = ofType<RrsigAnswer>(answers, 'RRSIG');
  const side = (moment: number) => (moment < now ? 'before' : 'after');
  expect([side(rrsig!.data.inception), side(rrsig!.data.expiration)]).toEqual([begins, ends]);
});

test('each domain of the table is a zone, and stands there once', () => {
  const apexes = sandbox.zones.map(({ apex }) => textOf(apex));
  expect(sandbox.domains.filter(({ domain }) => !apexes.includes(domain))).toEqual([]);
  const listed = sandbox.domains.map(({ domain }) => domain);
  expect(new Set(listed).size).toBe(listed.length);
});
