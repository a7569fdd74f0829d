// The zones of the small internet: who serves each, how it is signed, and what is wrong with it. What a client must see is in cases.mjs.
//
// A zone has `servers` (topology.mjs), `signer` (bind: dnssec-signzone, ldns: ldns-signzone, server: by itself, none), `algorithms`, `denial`
// (nsec, nsec3, nsec3-opt-out, nsec3-narrow), and where it differs from the rule: `iterations` and `salt` of NSEC3, `ds` (what the parent has:
// see dsKinds in sign.mjs), `validity` of its signatures, `damage` done to the signed zone (damage.mjs), `copyAt` (which server has another
// copy: see copies in sign.mjs), `ns` (names of its servers elsewhere, without glue), `content`, `keys` (sign.mjs), `slow` (nobody answers).
// `state` is what a validator must conclude of its data. Zones with `content: 'standard'` are asked the standard questions.

import { changed, withoutNsec, withoutSignatures } from './damage.mjs';
import { zoo } from './zoo.mjs';
import { liveSigned } from './zoo-servers.mjs';

const healthy = (name, servers, signer, algorithms, denial, more = {}) => ({
  name,
  servers: [servers].flat(),
  signer,
  algorithms,
  denial,
  state: 'secure',
  content: 'standard',
  ...more,
});
const unsigned = (name, servers) => ({ ...healthy(name, servers, 'none', [], undefined), state: 'insecure' });
const small = (name, servers, more) => healthy(name, servers, 'bind', [13], 'nsec', { content: 'small', ...more });

export const zones = [
  healthy('', ['nsd-root', 'knot-root'], 'bind', [8], 'nsec', { content: 'root' }),
  healthy('alpha', ['bind-tld', 'nsd-tld'], 'bind', [13], 'nsec', { content: 'tld' }),
  // On a server of the root: that one refers a client past this zone.
  healthy('beta', ['nsd-tld', 'knot-root'], 'bind', [8], 'nsec3-opt-out', { content: 'tld' }),

  healthy('rsa256.alpha', 'nsd', 'bind', [8], 'nsec'),
  healthy('rsa512.alpha', 'knot', 'ldns', [10], 'nsec'),
  healthy('p256.alpha', 'bind', 'bind', [13], 'nsec3'),
  healthy('p384.alpha', 'nsd', 'ldns', [14], 'nsec3', { salt: 'c0ffee' }),
  healthy('ed25519.alpha', 'knot', 'bind', [15], 'nsec3'),
  healthy('ed448.beta', 'bind', 'ldns', [16], 'nsec'),
  healthy('two-algorithms.beta', 'knot', 'bind', [8, 13], 'nsec'),
  healthy('opt-out.beta', 'bind', 'bind', [13], 'nsec3-opt-out'),
  healthy('ldns-opt-out.beta', 'nsd', 'ldns', [8], 'nsec3-opt-out'),
  healthy('sub.p256.alpha', 'bind', 'ldns', [13], 'nsec'), // on the server of its parent
  healthy('glueless.beta', 'nsd', 'bind', [13], 'nsec', { ns: ['ns1.rsa256.alpha'] }),
  healthy('ipv6.alpha', 'nsd-ipv6', 'bind', [13], 'nsec'),
  healthy('three.servers.alpha', ['nsd', 'knot', 'bind'], 'bind', [13], 'nsec3'), // `servers.alpha` is an empty non-terminal
  healthy('ds-sha1.alpha', 'knot', 'bind', [13], 'nsec', { ds: 'sha1' }),
  healthy('ds-sha384.beta', 'nsd', 'bind', [13], 'nsec', { ds: 'sha384' }),
  healthy('ds-standby.alpha', 'bind', 'bind', [13], 'nsec', { ds: 'right-and-standby' }),
  healthy('half-dead.alpha', ['silent', 'knot'], 'bind', [13], 'nsec'),
  healthy('old-copy.alpha', ['nsd-old', 'nsd'], 'bind', [13], 'nsec', { copyAt: { 'nsd-old': 'unsigned' } }),
  healthy('old-copy-nsec3.beta', ['nsd-old', 'bind'], 'ldns', [13], 'nsec3', { copyAt: { 'nsd-old': 'unsigned' } }),

  healthy('pdns.alpha', 'pdns', 'server', [13], 'nsec', { keys: 'csk' }),
  healthy('pdns-narrow.alpha', 'pdns', 'server', [15], 'nsec3-narrow'),
  healthy('knot-signed.alpha', 'knot-signing', 'server', [13], 'nsec'),
  ...liveSigned,

  unsigned('unsigned.alpha', 'knot'),
  unsigned('unsigned.beta', 'bind'),
  unsigned('child.opt-out.beta', 'bind'),
  { ...healthy('sha1.alpha', 'nsd', 'bind', [5], 'nsec'), state: 'insecure', ede: 1, because: 'sha1' },
  { ...healthy('sha1-nsec3.beta', 'knot', 'ldns', [7], 'nsec3'), state: 'insecure', ede: 1, because: 'sha1' },
  { ...healthy('unknown-algorithm.alpha', 'bind', 'bind', [13], 'nsec', { ds: 'unknown-algorithm' }), state: 'insecure', ede: 1 },
  { ...healthy('unknown-digest.beta', 'nsd', 'bind', [13], 'nsec', { ds: 'unknown-digest' }), state: 'insecure', ede: 2 },
  healthy('iterations-50.alpha', 'bind', 'bind', [13], 'nsec3', { iterations: 50 }),
  healthy('iterations-100.alpha', 'nsd', 'bind', [13], 'nsec3', { iterations: 100 }),
  healthy('iterations-500.beta', 'knot', 'ldns', [13], 'nsec3', { iterations: 500 }),

  healthy('alias.alpha', 'knot', 'bind', [13], 'nsec', { content: 'aliases' }),
  // On BIND, for NSD and Knot DNS make letters of some names in RDATA small.
  healthy('odd.beta', 'bind', 'bind', [13], 'nsec3', { content: 'odd' }),
  small('expired.alpha', 'nsd', { validity: ['20200101000000', '20200201000000'] }),
  small('not-yet.alpha', 'knot', { validity: ['+864000', '+1728000'] }),
  small('wrong-ds.alpha', 'bind', { ds: 'wrong' }),
  small('no-signatures.alpha', 'nsd', { signer: 'none', algorithms: [], ds: 'wrong' }),
  small('no-signatures.beta', 'bind', { signer: 'none', algorithms: [], ds: 'wrong' }),
  small('tampered.alpha', 'nsd', { damage: changed('www', 'A', '198.51.100.1') }),
  small('stripped.alpha', 'nsd', { damage: withoutSignatures('A', 'www') }),
  small('no-nsec.beta', 'nsd', { damage: withoutNsec }),
  small('no-nsec3.alpha', 'nsd', { denial: 'nsec3', damage: withoutSignatures('NSEC3') }),
  small('lame.alpha', 'knot', { signer: 'none', algorithms: [], notServed: true }),
  small('dead.alpha', 'silent', { signer: 'none', algorithms: [], slow: true }),

  ...zoo,
];

/** The zone that a name in another zone delegates from: the closest one above. */
export function parentOf(name) {
  const above = zones.filter((zone) => zone.name !== name && (zone.name === '' || name.endsWith(`.${zone.name}`)));
  return above.sort((a, b) => b.name.length - a.name.length)[0];
}

export const fqdn = (name) => (name === '' || name.endsWith('.') ? name || '.' : `${name}.`);
export const at = (owner, zone) => fqdn(owner === '@' ? zone.name : zone.name === '' ? owner : `${owner}.${zone.name}`);

/** Where aliases of a zone lead: another zone, so that each answer is one of two zones. */
export const aliasTarget = (zone) => (zone.name === 'p256.alpha' ? 'ed448.beta' : 'p256.alpha');

/** Each zone has its own address in its data, so that an answer out of the wrong zone shows. */
export const addressOf = (name) => `192.0.2.${zones.findIndex((zone) => zone.name === name) + 1}`;
export const tlsaData = '3 1 1 8CB0FC6C527506A053F4F14C8464BEBBD6DEDE2738D11468DD953D7D6A3021F1';
/** Some 3 kB: too much for UDP at 1232 octets. */
export const bigTexts = Array.from({ length: 12 }, (_, index) => `"${String(index).padStart(2, '0')}${'x'.repeat(240)}"`);

/** Owners and types that test the canonical form (RFC 4034 §6) and the escapes of names. */
export const oddRecords = [
  ['dot\\.inside', 'A', '192.0.2.250'],
  ['nul\\000octet', 'A', '192.0.2.251'],
  ['caf\\195\\169', 'A', '192.0.2.252'],
  ['LETTERS', 'CNAME', 'WWW.P256.Alpha.'],
  ['_sip._tcp', 'SRV', '10 20 5060 Sip.P256.alpha.'],
  ['naptr', 'NAPTR', '10 20 "S" "SIP+D2U" "" _sip._udp.P256.alpha.'],
  ['caa', 'CAA', '0 issue "ca.example"'],
  ['https', 'HTTPS', '1 . alpn="h2"'],
  ['unknown', 'TYPE65280', '\\# 4 00010203'],
  ['empty', 'TXT', '""'],
  ['x'.repeat(63), 'A', '192.0.2.253'],
];

/** Data of a zone but for SOA, NS, delegations and DNSSEC: [owner, type, RDATA]. */
export function recordsOf(zone) {
  const address = addressOf(zone.name);
  const target = aliasTarget(zone);
  const base = [
    ['www', 'A', address],
    ['deep.ent', 'TXT', '"below an empty non-terminal"'],
    ['*.wild', 'A', address],
  ];
  switch (zone.content) {
    case 'root':
    case 'tld':
      return [];
    case 'small':
      return [...base, ...(zone.records ?? [])];
    case 'aliases':
      return [
        ['to-secure', 'CNAME', 'www.p256.alpha.'],
        ['to-unsigned', 'CNAME', 'www.unsigned.alpha.'],
        ['to-expired', 'CNAME', 'www.expired.alpha.'],
        ['to-missing', 'CNAME', 'missing.p256.alpha.'],
        ['to-opt-out-missing', 'CNAME', 'missing.opt-out.beta.'],
        ['to-wildcard', 'CNAME', 'host.wild.rsa256.alpha.'],
        ['two-steps', 'CNAME', 'outside.rsa256.alpha.'],
        ['loop', 'CNAME', 'pool'],
        ['pool', 'CNAME', 'loop'],
        ['tree-unsigned', 'DNAME', 'unsigned.alpha.'],
        ['*.stars', 'CNAME', 'www.ed448.beta.'],
      ];
    case 'odd':
      return oddRecords;
    case 'standard':
      return [
        ...base,
        ['@', 'MX', `10 mail.${fqdn(zone.name)}`],
        ['mail', 'A', address],
        ['mail', 'AAAA', `2001:db8::${address.split('.')[3]}`],
        ['_25._tcp.mail', 'TLSA', tlsaData],
        ...bigTexts.map((text) => ['big', 'TXT', text]),
        ['outside', 'CNAME', `www.${target}.`],
        ['branch', 'DNAME', `tree.${target}.`],
        ['leaf.tree', 'A', address],
      ];
    default:
      throw new Error(`no content ${zone.content}`);
  }
}
