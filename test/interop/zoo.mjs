// The zoo: zones with one odd or broken thing each, and what a validator must make of them. A row is a zone (zones.mjs) with `asks`:
// [owner, type, state, { ede, rcode, answer, because, differs }]. The answer is what the zone holds unless given; `why` is the rule.
import { alsoBadSignature, changed, longerTtl, oddKey, resigned, signatureField, withoutSignatures } from './damage.mjs';
import { both, codes, denials, empty, gone, nsec3, wild, www, zone } from './zoo-denials.mjs';
import { serverZones } from './zoo-servers.mjs';

const { changedBy, noSignature, noDenial, noKey } = codes;
const now = Math.floor(Date.now() / 1000);

const signatures = [
  zone(
    'signer-parent.alpha',
    'RFC 4035 §5.3.1: the signer is the zone',
    { damage: resigned('www', 'A', { signer: 'alpha.' }) },
    www('bogus', changedBy),
  ),
  zone('signer-sibling.alpha', 'RFC 4035 §5.3.1', { damage: resigned('www', 'A', { signer: 'p256.alpha.' }) }, www('bogus', changedBy)),
  zone(
    'labels-few.alpha',
    'a wildcard without its denial',
    { damage: resigned('www', 'A', { labels: 2, signedOwner: '*.labels-few.alpha.' }) },
    www('bogus', noDenial),
  ),
  zone(
    'labels-many.alpha',
    'RFC 4035 §5.3.1: more labels than the owner',
    { damage: resigned('www', 'A', { labels: 4 }) },
    www('bogus', changedBy),
  ),
  zone(
    'times-crossed.alpha',
    'ends before it begins',
    { damage: resigned('www', 'A', { inception: now + 7200, expiration: now + 3600 }) },
    www('bogus', { ede: [25] }),
  ),
  zone('covered-other.alpha', 'signed as another type', { damage: resigned('www', 'A', { signedType: 'TXT' }) }, www('bogus', changedBy)),
  zone('covered-line.alpha', 'the RRSIG says another type', { damage: signatureField('www', 'A', 0, 'TXT') }, www('bogus', noSignature)),
  zone('tag-unknown.alpha', 'no key has the tag', { damage: signatureField('www', 'A', 6, '1') }, www('bogus', noKey)),
  zone('algorithm-of-none.alpha', 'no key has the algorithm', { damage: signatureField('www', 'A', 1, '8') }, www('bogus', noKey)),
  zone('original-ttl.alpha', 'Original TTL is signed', { damage: signatureField('www', 'A', 3, '60') }, www('bogus', changedBy)),
  zone('ttl-above.alpha', 'RFC 4035 §5.3.3: the TTL is cut down', { damage: longerTtl('www', 'A', 7200) }, ...both('secure')),
  zone('also-bad.alpha', 'RFC 4035 §5.3.3: one good signature will do', { damage: alsoBadSignature('www', 'A') }, ...both('secure')),
  zone(
    'also-expired.alpha',
    'one good signature will do',
    { damage: resigned('www', 'A', { inception: 1_600_000_000, expiration: 1_610_000_000 }, { keep: true }) },
    ...both('secure'),
  ),
  zone('by-ksk.alpha', 'any zone key may sign data', { damage: resigned('www', 'A', {}, { by: 'ksk' }) }, ...both('secure')),
  zone(
    'keys-by-zsk.alpha',
    'RFC 4035 §5.2: the key that the DS names must sign',
    { damage: resigned('@', 'DNSKEY', {}) },
    ...both('bogus', noSignature),
  ),
  zone(
    'keys-expired.alpha',
    'RFC 4035 §5.3.1',
    { damage: resigned('@', 'DNSKEY', { inception: 1_600_000_000, expiration: 1_610_000_000 }, { by: 'ksk' }) },
    ...both('bogus', { ede: [7] }),
  ),
  zone('keys-unsigned.beta', 'RFC 4035 §5.2', { damage: withoutSignatures('DNSKEY') }, ...both('bogus', noSignature)),
];

const keys = [
  zone('zsk-no-zone-flag.alpha', 'RFC 4034 §2.1.1', { damage: oddKey('zsk', { flags: 0 }) }, www('bogus', { ede: [6, 9, 10, 11] })),
  zone('zsk-protocol.alpha', 'RFC 4034 §2.1.2', { damage: oddKey('zsk', { protocol: 2 }) }, www('bogus', { ede: [6, 9, 10] })),
  zone(
    'zsk-revoked.alpha',
    'RFC 5011 §2.1',
    { damage: oddKey('zsk', { flags: 384 }) },
    www('bogus', { ede: [6, 9, 10], because: 'revoked' }),
  ),
  zone('ksk-revoked.alpha', 'the DS names the key as it was', { damage: oddKey('ksk', { flags: 385 }) }, ...both('bogus', noKey)),
  zone('csk.alpha', 'one key for all', { keys: 'csk' }, ...both('secure')),
  zone('pre-publish.beta', 'RFC 6781 §4.1.1.1', { keys: 'pre-publish', denial: 'nsec3' }, ...both('secure')),
  zone('double-signature.beta', 'RFC 6781 §4.1.1.2', { keys: 'double-signature' }, ...both('secure')),
  zone('double-ds.alpha', 'RFC 6781 §4.1.2', { keys: 'two-ksk' }, ...both('secure')),
];

const delegations = [
  zone('ds-mixed-algorithm.alpha', 'one that can be followed', { ds: 'right-and-unknown-algorithm' }, ...both('secure')),
  zone('ds-mixed-digest.alpha', 'one that can be followed', { ds: 'right-and-unknown-digest' }, ...both('secure')),
  zone('ds-wrong-mixed.alpha', 'RFC 4035 §5.2: a supported DS, and no key', { ds: 'wrong-and-unknown-algorithm' }, ...both('bogus', noKey)),
  zone(
    'ds-all-unknown.alpha',
    'RFC 4035 §5.2: none supported',
    { ds: 'all-unknown', state: 'insecure' },
    ...both('insecure', { ede: [1, 2] }),
  ),
  zone(
    'ds-sha1-beside.alpha',
    'RFC 4509 §3: SHA-1 is ignored beside SHA-256',
    { ds: 'sha1-and-wrong' },
    ...both('bogus', { ...noKey, because: 'sha1-ds' }),
  ),
  zone('ds-384-and-256.beta', 'either', { ds: 'sha384-and-sha256' }, ...both('secure')),
  zone('island.unsigned.alpha', 'RFC 4035 §4.3: the chain ended above', { ds: 'none', state: 'insecure' }, ...both('insecure')),
  zone('signed.opt-out.beta', 'a DS in a zone with opt-out', {}, ...both('secure')),
];

const iterated = (iterations, state, more = {}) =>
  zone(
    `rounds-${iterations}.beta`,
    'RFC 9276 §3.2',
    nsec3({ iterations, ...more }),
    www('secure'),
    gone(state, state === 'insecure' ? { ede: [27], because: 'iterations' } : {}),
  );
const iterations = [
  iterated(0, 'secure', { salt: 'c0ffee' }),
  iterated(51, 'insecure'),
  iterated(150, 'insecure', { salt: 'aa' }),
  iterated(151, 'insecure', { signer: 'ldns' }), // more than dnssec-signzone does
];

const long = (length) => `${'a'.repeat(63)}.${'b'.repeat(63)}.${'c'.repeat(63)}.${'d'.repeat(length)}`;
const names = [
  zone(
    'wild.cname.alpha',
    'RFC 4592 §3.3.2: a wildcard CNAME',
    { records: [['*.stars', 'CNAME', 'www.wild.cname.alpha.']] },
    ['any.stars', 'CNAME', 'secure', { answer: [['any.stars', 'CNAME', 'www.wild.cname.alpha.']] }],
    empty('any.stars.x', 'A', 'secure', { rcode: 'NXDOMAIN' }),
  ),
  zone(
    'wild-ent.alpha',
    'RFC 4592 §2.2.2: nothing at an empty non-terminal',
    { records: [['x.sub.wild', 'A', '192.0.2.254']] },
    empty('sub.wild', 'A', 'secure'),
    empty('y.sub.wild', 'A', 'secure', { rcode: 'NXDOMAIN' }),
    wild('secure', { answer: [['host.wild', 'A', undefined]] }),
  ),
  zone(
    'wild-ent3.alpha',
    'RFC 4592 §2.2.2',
    nsec3({ servers: ['bind'], records: [['x.sub.wild', 'A', '192.0.2.254']] }),
    empty('sub.wild', 'A', 'secure'),
    empty('y.sub.wild', 'A', 'secure', { rcode: 'NXDOMAIN' }),
  ),
  zone(
    'star-is-empty.alpha',
    'a wildcard that is an empty non-terminal: Knot DNS and BIND leave out the NSEC that denies it data (RFC 4035 §3.1.3.4)',
    { servers: ['knot'], records: [['a.*.none', 'A', '192.0.2.254']] },
    empty('host.none', 'A', 'bogus', noDenial),
  ),
  zone(
    'long.alpha',
    'names of 255 octets, labels of 63',
    {
      servers: ['bind'],
      records: [
        [long(50), 'A', '192.0.2.254'],
        ['sp\\032ace', 'A', '192.0.2.254'],
      ],
    },
    [long(50), 'A', 'secure'],
    ['sp\\032ace', 'A', 'secure'],
    gone('secure'),
  ),
];

const aliases = [
  zone(
    'dname-bad.alpha',
    'the DNAME has a bad signature',
    { records: [['tree', 'DNAME', 'p256.alpha.']], damage: changed('tree', 'DNAME', 'expired.alpha.') },
    ['www.tree', 'A', 'bogus', { ede: [6], unread: true }],
  ),
  zone(
    'dname-odd.alpha',
    'what a DNAME leads to counts too',
    {
      records: [
        ['bad', 'DNAME', 'expired.alpha.'],
        ['star', 'DNAME', 'wild.rsa256.alpha.'],
        ['none', 'DNAME', 'ent.rsa256.alpha.'],
      ],
    },
    ['www.bad', 'A', 'bogus', { ede: [7], unread: true }],
    ['x.star', 'A', 'secure', { unread: true }],
  ),
  zone('alias-missing-bogus.alpha', 'a secure CNAME to a bogus denial', { records: [['to', 'CNAME', 'missing.no-nsec.beta.']] }, [
    'to',
    'A',
    'bogus',
    { ...noDenial, rcode: 'NXDOMAIN', answer: [['to', 'CNAME', 'missing.no-nsec.beta.']] },
  ]),
];

export const zoo = [...signatures, ...keys, ...delegations, ...denials, ...iterations, ...names, ...aliases, ...serverZones];
