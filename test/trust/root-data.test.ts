/** The files of trust-anchors/ hold what IANA and InterNIC publish: digests recomputed from the keys, tags known from elsewhere. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { describe, expect, test } from 'vitest';
import { formatName, toCanonical } from '../../src/base/name.ts';
import { digest } from '../../src/crypto/digest.ts';
import { parseAnchors } from '../../src/trust/anchors.ts';
import { parseHints } from '../../src/trust/hints.ts';
import { readDnskey } from '../../src/wire/rdata/dnskey.ts';
import { readDs } from '../../src/wire/rdata/ds.ts';

const read = (name: string) => readFileSync(new URL(`../../trust-anchors/${name}`, import.meta.url), 'utf8');
const { record } = createRequire(import.meta.url)('dns-packet') as {
  record: (type: string) => { encode(value: object): Buffer };
};

describe('root.anchors', () => {
  const [anchor, ...others] = parseAnchors(read('root.anchors'), 'root.anchors');

  test('one zone, the root, with two DS and two DNSKEYs', () => {
    expect(others).toEqual([]);
    expect(anchor && { zone: formatName(anchor.zone), ds: anchor.ds.length, dnskeys: anchor.dnskeys.length }).toEqual({
      zone: '.',
      ds: 2,
      dnskeys: 2,
    });
  });

  test.each([
    { name: 'KSK-2017', tag: 20326, digestHex: 'e06d44b80b8f1d39a95c0b0d7c65d08458e880409bbc683457104237c7f8ec8d' },
    { name: 'KSK-2024', tag: 38696, digestHex: '683d2d0acb8c9b712a1948b27f741219298d0a450d612c483af444a4c0fb2b16' },
  ])('the DS of $name is the digest of its DNSKEY', ({ tag, digestHex }) => {
    const key = anchor?.dnskeys.find((rdata) => readDnskey(rdata).keyTag === tag);
    const ds = anchor?.ds.map(readDs).find(({ keyTag }) => keyTag === tag);
    if (!anchor || !key || !ds) throw new Error('the key or its DS is missing');
    expect(ds).toMatchObject({ algorithm: 8, digestType: 2 });
    expect(Buffer.from(ds.digest).toString('hex')).toBe(digestHex);
    // RFC 4034 §5.1.4: digest = digest_algorithm(DNSKEY owner name | DNSKEY RDATA)
    expect(digest(2, Buffer.concat([toCanonical(anchor.zone), key]))?.toString('hex')).toBe(digestHex);
  });

  test.each([20326, 38696])('the same with the RDATA that dns-packet makes of key %i', (tag) => {
    const rdata = anchor?.dnskeys.find((candidate) => readDnskey(candidate).keyTag === tag);
    if (!rdata) throw new Error('the key is missing');
    const { flags, algorithm, publicKey } = readDnskey(rdata);
    const encoded = record('DNSKEY')
      .encode({ flags, algorithm, key: Buffer.from(publicKey) })
      .subarray(2);
    const ds = anchor?.ds.map(readDs).find(({ keyTag }) => keyTag === tag);
    expect(createHash('sha256').update(Uint8Array.of(0)).update(encoded).digest()).toEqual(Buffer.from(ds?.digest ?? []));
  });
});

describe('root.hints', () => {
  const hints = parseHints(read('root.hints'), 'root.hints');

  test('thirteen servers, each with an IPv4 and an IPv6 address', () => {
    expect(hints.map(({ name }) => formatName(name).toLowerCase())).toEqual(
      [...'abcdefghijklm'].map((letter) => `${letter}.root-servers.net.`),
    );
    expect(hints.map(({ addresses }) => addresses.map((address) => (address.includes(':') ? 6 : 4)))).toEqual(hints.map(() => [4, 6]));
  });

  test('some addresses as the root servers themselves publish them', () => {
    expect(hints[0]?.addresses).toEqual(['198.41.0.4', '2001:503:ba3e::2:30']);
    expect(hints[10]?.addresses).toEqual(['193.0.14.129', '2001:7fd::1']);
  });
});
