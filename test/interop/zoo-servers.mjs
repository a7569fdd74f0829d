// The part of the zoo (zoo.mjs) whose data is whole, and whose servers are not: old, lame, at odds with each other, or not to be had over one
// transport (scripted.mjs). By RFC 4035 §4.3 a zone is bogus only where its servers were asked and gave no chain; where none answers, nothing
// is known; and where one gives all that is needed, its answer counts.
import { both, codes, empty, gone, wild, www, zone } from './zoo-denials.mjs';

const unsigned = { signer: 'none', algorithms: [], state: 'insecure' };
const timeText = (seconds) => new Date(1000 * seconds).toISOString().replace(/\D/g, '').slice(0, 14);
const now = Math.floor(Date.now() / 1000);
const validity = [timeText(now - 3_600), timeText(now + 864_000)];
const unreachable = { ede: [22, 23] };
/** One server that is well, beside the other. */
const beside = (kind, why) => zone(`${kind}-beside.alpha`, why, { servers: [kind, 'nsd'] }, ...both('secure'));
/** Two servers, the first with a copy of another kind (sign.mjs, `copies`). */
const atOdds = (name, copy, why, more = {}) =>
  zone(name, why, { servers: ['nsd-old', 'nsd'], copyAt: { 'nsd-old': copy }, ...more }, ...both('secure'));

const plain = [
  zone('no-edns.alpha', 'RFC 6891 §7: FORMERR to EDNS, then asked without', { servers: ['no-edns'], ...unsigned }, ...both('insecure')),
  zone(
    'no-edns-signed.alpha',
    'without EDNS no DO, without DO no signatures',
    { servers: ['no-edns'] },
    ...both('bogus', codes.noSignature),
  ),
  beside('no-edns', 'the other server has the signatures'),
  zone('ignores-edns.alpha', 'RFC 6891 §6.1.1: no OPT, no EDNS', { servers: ['ignores-edns'], ...unsigned }, ...both('insecure')),
  zone('ignores-edns-signed.alpha', 'no signatures', { servers: ['ignores-edns'] }, ...both('bogus', codes.noSignature)),
  beside('ignores-edns', 'the other server has the signatures'),
  zone(
    'drops-edns.alpha',
    'RFC 6891 §6.2.5 has no second try without EDNS after silence',
    { servers: ['drops-edns'], ...unsigned, slow: true },
    www('indeterminate', unreachable),
  ),
  beside('drops-edns', 'the other server answers'),
];

const truncated = [
  zone('truncating.alpha', 'RFC 7766 §5: all over TCP', { servers: ['truncating'] }, ...both('secure')),
  zone(
    'truncating-no-tcp.alpha',
    'RFC 2181 §9: what is truncated is no answer',
    { servers: ['truncating-no-tcp'], slow: true },
    www('indeterminate', unreachable),
  ),
  beside('truncating-no-tcp', 'the other server answers'),
];

const lame = [
  zone('refers-up.alpha', 'RFC 9499 §7: lame', { servers: ['refers-up'], slow: true }, www('indeterminate', unreachable)),
  beside('refers-up', 'the other server answers'),
  zone('failing.alpha', 'SERVFAIL to all', { servers: ['failing'], slow: true }, www('indeterminate', unreachable)),
  beside('failing', 'the other server answers'),
  zone(
    'lame-beside.alpha',
    'a server that does not have the zone, and one that has',
    { servers: ['knot', 'nsd'], notServedAt: 'knot' },
    ...both('secure'),
  ),
  zone(
    'dead-beside.beta',
    'a server that is silent, and one that is not',
    { servers: ['silent', 'nsd'], denial: 'nsec3' },
    ...both('secure'),
  ),
];

const disagreeing = [
  atOdds('stale-beside.alpha', 'expired', 'a copy that has expired, and a good one'),
  atOdds('tampered-beside.alpha', 'tampered', 'other data under the old signature, and the right data'),
  atOdds('other-keys-beside.alpha', 'other-keys', 'signed with keys that the DS does not name, and with those that it names'),
  // Ed25519 in the same span of time: both servers have the same signatures.
  atOdds('two-denials.alpha', 'nsec3', 'NSEC at one server, NSEC3 at the other: each proves', { algorithms: [15], validity }),
];

export const serverZones = [...plain, ...truncated, ...lame, ...disagreeing];

/** Healthy zones of servers that sign by themselves; zones.mjs has others of these, with more in them. Opt-out: RFC 5155 §9.2. */
const live = (name, server, algorithm, denial, more = {}) => {
  const [state, because] = denial === 'nsec3-opt-out' ? ['insecure', { because: 'opt-out' }] : ['secure', {}];
  const asks = [www('secure'), gone(state, because), empty('www', 'AAAA', 'secure'), empty('ent', 'A', 'secure')];
  return zone(
    name,
    'signed by its server',
    { servers: [server], signer: 'server', algorithms: [algorithm], denial, ...more },
    ...asks,
    wild(state, because),
    empty('host.wild', 'TXT', state, because),
  );
};
export const liveSigned = [
  live('pdns-nsec3.beta', 'pdns', 8, 'nsec3', { salt: 'c0ffee' }),
  live('pdns-opt-out.beta', 'pdns', 13, 'nsec3-opt-out'),
  zone('child.pdns-opt-out.beta', 'in its span', { servers: ['pdns'], ...unsigned }, ...both('insecure')),
  live('knot-signed.beta', 'knot-signing', 15, 'nsec3'),
  live('knot-opt-out.alpha', 'knot-signing', 8, 'nsec3-opt-out'),
];
