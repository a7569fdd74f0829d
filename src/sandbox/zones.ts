/**
 * The zones of the sandbox: a root, two top level domains, and mail domains below them, each with one thing right or wrong.
 *
 * `domains.ts` says what is to be expected of each. Addresses of mail hosts are for documentation (RFC 5737, RFC 3849).
 */

import { createHash } from 'node:crypto';
import type { Fault } from './fault.ts';
import type { Signing, ZoneContent } from './zone.ts';

/** TLSA fields: usage, selector, and a SHA-256 digest that stands for the key or certificate of `host`. */
const tlsa = (fields: string, host: string) => `TLSA ${fields} ${createHash('sha256').update(host).digest('hex')}`;

/** MX, address and TLSA of a domain whose one mail host is `mx` within it. */
const mailHost = (domain: string, address: string, tlsaFields = '3 1 1') => [
  '@ MX 10 mx',
  `mx A ${address}`,
  `_25._tcp.mx ${tlsa(tlsaFields, `mx.${domain}`)}`,
];

const p256: Signing = { algorithm: 13 };
const nsec3 = { iterations: 0, salt: '', optOut: false }; // as RFC 9276 §3.1 would have it
const ns = ['ns1'];

const infrastructure: readonly ZoneContent[] = [
  { apex: '.', servers: ['a.root-servers.', 'b.root-servers.'], signing: { algorithm: 8 }, records: [] },
  // Two chains: NSEC denies all there is to deny, but for the DS of one name (RFC 5155 §10.4 has both during a change of chains).
  { apex: 'sandbox', servers: ['a.nic', 'b.nic'], signing: { algorithm: 13, split: true, optOutNames: ['optout'] }, records: [] },
  { apex: 'hosting', servers: ['a.nic'], signing: { algorithm: 13, nsec3 }, records: [] },
  { apex: 'dns.hosting', servers: ['ns1', 'ns2'], signing: p256, records: ['www A 192.0.2.4'] },
];

const sound: readonly ZoneContent[] = [
  {
    apex: 'secure.sandbox',
    servers: ['ns1', 'ns2'],
    signing: { algorithm: 13, split: true },
    records: [
      ...mailHost('secure.sandbox', '192.0.2.10'),
      'mx AAAA 2001:db8::10',
      '@ TXT "v=spf1 mx -all"',
      '@ A 192.0.2.11',
      'www A 192.0.2.11',
      'www AAAA 2001:db8::11',
    ],
  },
  {
    apex: 'rsa.sandbox',
    servers: ns,
    signing: { algorithm: 8, nsec3: { ...nsec3, salt: 'c0ffee', iterations: 5 } },
    records: mailHost('rsa.sandbox', '192.0.2.12'),
  },
  { apex: 'p384.sandbox', servers: ns, signing: { algorithm: 14 }, records: mailHost('p384.sandbox', '192.0.2.13') },
  { apex: 'ed25519.sandbox', servers: ns, signing: { algorithm: 15 }, records: mailHost('ed25519.sandbox', '192.0.2.14') },
  {
    apex: 'ed448.sandbox',
    servers: ns,
    signing: { algorithm: 16, nsec3 },
    records: [...mailHost('ed448.sandbox', '192.0.2.15'), '*.any A 192.0.2.16', 'a.deep.empty A 192.0.2.17'],
  },
  { apex: 'dane-ta.sandbox', servers: ns, signing: p256, records: mailHost('dane-ta.sandbox', '192.0.2.18', '2 0 1') },
  { apex: 'no-mx.sandbox', servers: ns, signing: p256, records: ['@ A 192.0.2.19', `_25._tcp ${tlsa('3 1 1', 'no-mx.sandbox')}`] },
  { apex: 'null-mx.sandbox', servers: ns, signing: p256, records: ['@ MX 0 .', 'www A 192.0.2.20'] },
  {
    apex: 'wildcard.sandbox',
    servers: ns,
    signing: p256,
    records: ['@ MX 10 mx', '* MX 10 mx', '* A 192.0.2.21', `* ${tlsa('3 1 1', '*.wildcard.sandbox')}`],
  },
  {
    apex: 'alias.sandbox',
    servers: ns,
    signing: p256,
    records: [
      '@ MX 10 mx',
      'mx CNAME mx.secure.sandbox.',
      'www CNAME www.secure.sandbox.',
      'plain CNAME www.unsigned.sandbox.',
      'broken CNAME www.expired.sandbox.',
      'nowhere CNAME nothing.secure.sandbox.',
      'chain CNAME www',
      '*.pages CNAME www',
      'loop CNAME pool',
      'pool CNAME loop',
      'tree DNAME secure.sandbox.',
    ],
  },
  {
    apex: 'tlsa-alias.sandbox',
    servers: ns,
    signing: p256,
    records: ['@ MX 10 mx', 'mx A 192.0.2.22', '_25._tcp.mx CNAME shared._dane', `shared._dane ${tlsa('3 1 1', 'mx.tlsa-alias.sandbox')}`],
  },
  {
    apex: 'hosted.sandbox',
    servers: ['ns1.dns.hosting.', 'ns2.dns.hosting.'],
    signing: p256,
    records: mailHost('hosted.sandbox', '192.0.2.23'),
  },
  {
    apex: 'large.sandbox',
    servers: ns,
    signing: p256,
    records: [...mailHost('large.sandbox', '192.0.2.24'), ...Array.from({ length: 24 }, (_, n) => `@ TXT ${String(n).padEnd(200, '.')}`)],
  },
  {
    apex: 'two-of-four.sandbox',
    servers: ['ns1', 'ns2', 'ns3', 'ns4'],
    signing: p256,
    records: mailHost('two-of-four.sandbox', '192.0.2.25'),
  },
];

const incomplete: readonly ZoneContent[] = [
  {
    apex: 'no-tlsa.sandbox',
    servers: ns,
    signing: { algorithm: 15, nsec3 },
    records: ['@ MX 10 mx', 'mx A 192.0.2.30', 'mx AAAA 2001:db8::30'],
  },
  {
    apex: 'unusable-tlsa.sandbox',
    servers: ns,
    signing: p256,
    records: [...mailHost('unusable-tlsa.sandbox', '192.0.2.31', '0 0 1'), `_25._tcp.mx ${tlsa('1 1 1', 'mx.unusable-tlsa.sandbox')}`],
  },
  {
    apex: 'iterations.sandbox',
    servers: ns,
    signing: { algorithm: 13, nsec3: { iterations: 200, salt: 'aabbccdd', optOut: false } },
    records: ['@ MX 10 mx', 'mx A 192.0.2.32'],
  },
  { apex: 'secure-mx.sandbox', servers: ['ns1.secure.sandbox.'], signing: p256, records: ['@ MX 10 mx.unsigned.sandbox.'] },
  {
    apex: 'cname-original.sandbox',
    servers: ns,
    signing: p256,
    records: ['@ MX 10 mx', 'mx CNAME mx.unsigned.sandbox.', `_25._tcp.mx ${tlsa('3 1 1', 'mx.unsigned.sandbox')}`],
  },
  { apex: 'insecure-tlsa.sandbox', servers: ns, signing: p256, records: ['@ MX 10 mx', 'mx A 192.0.2.33'] },
  {
    apex: '_tcp.mx.insecure-tlsa.sandbox',
    servers: ['ns1.insecure-tlsa.sandbox.'],
    records: [`_25 ${tlsa('3 1 1', 'mx.insecure-tlsa.sandbox')}`],
  },
];

const unsigned: readonly ZoneContent[] = [
  {
    apex: 'unsigned.sandbox',
    servers: ['ns1', 'ns2'],
    records: [
      '@ MX 10 mx',
      '@ MX 20 mx2',
      '@ MX 30 mx3',
      'mx A 192.0.2.40',
      'mx2 A 192.0.2.41',
      'mx3 A 192.0.2.42',
      'mx3 A 192.0.2.43',
      'www A 192.0.2.44',
    ],
  },
  { apex: 'insecure-mx.sandbox', servers: ['ns1.unsigned.sandbox.'], records: ['@ MX 10 mx.secure.sandbox.'] },
  { apex: 'insecure-mx-bogus-tlsa.sandbox', servers: ['ns1.unsigned.sandbox.'], records: ['@ MX 10 mx.bogus-tlsa.sandbox.'] },
  { apex: 'insecure-mx-bogus-a.sandbox', servers: ['ns1.unsigned.sandbox.'], records: ['@ MX 10 mx.expired.sandbox.'] },
  { apex: 'plain.hosting', servers: ['ns1.dns.hosting.'], records: mailHost('plain.hosting', '192.0.2.60') },
  { apex: 'optout.sandbox', servers: ns, records: mailHost('optout.sandbox', '192.0.2.45') },
  { apex: 'registry.sandbox', servers: ns, signing: { algorithm: 13, nsec3: { ...nsec3, optOut: true } }, records: ['www A 192.0.2.46'] },
  { apex: 'mail.registry.sandbox', servers: ns, records: mailHost('mail.registry.sandbox', '192.0.2.47') },
  { apex: 'signed.registry.sandbox', servers: ns, signing: p256, records: mailHost('signed.registry.sandbox', '192.0.2.48') },
  {
    apex: 'unknown-algorithm.sandbox',
    servers: ns,
    signing: { algorithm: 200 },
    records: mailHost('unknown-algorithm.sandbox', '192.0.2.49'),
  },
];

const broken: readonly ZoneContent[] = [
  {
    apex: 'expired.sandbox',
    servers: ns,
    signing: { algorithm: 13, window: 'ended' },
    records: [...mailHost('expired.sandbox', '192.0.2.50'), 'www A 192.0.2.51'],
  },
  {
    apex: 'not-yet-valid.sandbox',
    servers: ns,
    signing: { algorithm: 13, window: 'future' },
    records: mailHost('not-yet-valid.sandbox', '192.0.2.52'),
  },
  { apex: 'wrong-ds.sandbox', servers: ns, signing: p256, ds: 'wrong', records: mailHost('wrong-ds.sandbox', '192.0.2.53') },
  {
    apex: 'bogus-tlsa.sandbox',
    servers: ns,
    signing: { algorithm: 13, broken: ['_25._tcp.mx TLSA'] },
    records: mailHost('bogus-tlsa.sandbox', '192.0.2.54'),
  },
  {
    apex: 'bogus-a.sandbox',
    servers: ns,
    signing: { algorithm: 13, broken: ['mx A'] },
    records: mailHost('bogus-a.sandbox', '192.0.2.55'),
  },
  { apex: 'mixed-mx.sandbox', servers: ns, signing: p256, records: ['@ MX 10 mx.bogus-tlsa.sandbox.', '@ MX 20 mx.secure.sandbox.'] },
  { apex: 'lame.sandbox', servers: ['ns1', 'ns2'], signing: p256, records: mailHost('lame.sandbox', '192.0.2.56') },
  { apex: 'silent.sandbox', servers: ns, signing: p256, records: mailHost('silent.sandbox', '192.0.2.57') },
];

/** Parents stand before their children. */
export const zoneContents: readonly ZoneContent[] = [...infrastructure, ...sound, ...incomplete, ...unsigned, ...broken];

/** Servers that misbehave from the start. */
export const initialFaults: Readonly<Record<string, Fault>> = {
  'ns3.two-of-four.sandbox': 'silent',
  'ns4.two-of-four.sandbox': 'stale',
  'ns1.lame.sandbox': 'refused',
  'ns2.lame.sandbox': 'silent',
  'ns1.silent.sandbox': 'silent',
};
