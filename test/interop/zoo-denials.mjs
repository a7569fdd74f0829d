// The part of the zoo (zoo.mjs) whose proofs of absence each lack one record, and how a row is written.
import { withoutNsec3That, withoutNsecThat } from './damage.mjs';

export const zone = (name, why, more, ...asks) => ({
  name,
  why,
  servers: ['nsd'],
  signer: 'bind',
  algorithms: [13],
  denial: 'nsec',
  state: 'secure',
  content: 'small',
  ...more,
  asks,
});
export const nsec3 = (more = {}) => ({ denial: 'nsec3', ...more });
export const www = (state, more) => ['www', 'A', state, more];
export const gone = (state, more) => ['missing', 'A', state, { rcode: 'NXDOMAIN', answer: [], ...more }];
export const empty = (owner, type, state, more) => [owner, type, state, { answer: [], ...more }];
export const both = (state, more) => [www(state, more), gone(state, more)];
/** The EDE (RFC 8914) that tell of each. */
export const codes = { changedBy: { ede: [6] }, noSignature: { ede: [10] }, noDenial: { ede: [12] }, noKey: { ede: [9] } };
const { noDenial } = codes;

export const wild = (state, more) => ['host.wild', 'A', state, more];
export const denials = [
  zone(
    'nsec-no-next-closer.alpha',
    'RFC 4035 §5.4',
    { damage: withoutNsecThat('covers', 'missing') },
    gone('bogus', noDenial),
    www('secure'),
  ),
  zone(
    'nsec-no-wildcard.alpha',
    'RFC 4035 §5.4: the wildcard must be denied',
    { records: [['mi', 'A', '192.0.2.254']], damage: withoutNsecThat('covers', '*') },
    gone('bogus', noDenial),
    www('secure'),
  ),
  zone(
    'nsec-no-match.alpha',
    'RFC 4035 §5.4: NODATA',
    { damage: withoutNsecThat('matches', 'www') },
    empty('www', 'AAAA', 'bogus', noDenial),
  ),
  zone('nsec-no-apex.alpha', 'NODATA at the apex', { damage: withoutNsecThat('matches', '@') }, empty('@', 'MX', 'bogus', noDenial)),
  zone(
    'nsec-no-ent.alpha',
    'NODATA of an empty non-terminal',
    { damage: withoutNsecThat('covers', 'ent') },
    empty('ent', 'A', 'bogus', noDenial),
  ),
  zone('nsec-no-wildcard-denial.alpha', 'RFC 4035 §5.3.4', { damage: withoutNsecThat('covers', 'host.wild') }, wild('bogus', noDenial)),
  zone(
    'nsec-no-wildcard-match.alpha',
    'wildcard NODATA',
    { damage: withoutNsecThat('matches', '*.wild') },
    empty('host.wild', 'TXT', 'bogus', noDenial),
  ),
  zone(
    'nsec3-no-encloser.alpha',
    'RFC 5155 §8.4',
    nsec3({ damage: withoutNsec3That('matches', '@') }),
    gone('bogus', noDenial),
    www('secure'),
  ),
  zone('nsec3-no-next-closer.alpha', 'RFC 5155 §8.4', nsec3({ damage: withoutNsec3That('covers', 'missing') }), gone('bogus', noDenial)),
  zone('nsec3-no-wildcard.alpha', 'RFC 5155 §8.4', nsec3({ damage: withoutNsec3That('covers', '*') }), gone('bogus', noDenial)),
  zone(
    'nsec3-no-match.alpha',
    'RFC 5155 §8.5',
    nsec3({ damage: withoutNsec3That('matches', 'www') }),
    empty('www', 'AAAA', 'bogus', noDenial),
  ),
  zone('nsec3-no-apex.alpha', 'RFC 5155 §8.5', nsec3({ damage: withoutNsec3That('matches', '@') }), empty('@', 'MX', 'bogus', noDenial)),
  zone('nsec3-no-ent.alpha', 'RFC 5155 §7.1', nsec3({ damage: withoutNsec3That('matches', 'ent') }), empty('ent', 'A', 'bogus', noDenial)),
  zone(
    'nsec3-no-wildcard-denial.alpha',
    'RFC 5155 §8.8',
    nsec3({ damage: withoutNsec3That('covers', 'host.wild') }),
    wild('bogus', noDenial),
  ),
  zone(
    'nsec3-no-wildcard-match.alpha',
    'RFC 5155 §8.7',
    nsec3({ damage: withoutNsec3That('matches', '*.wild') }),
    empty('host.wild', 'TXT', 'bogus', noDenial),
  ),
];
