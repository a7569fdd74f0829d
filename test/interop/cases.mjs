// What is asked and what must come of it.
//
// A case: { owner, type, rcode, state, ede, answer, because }. `state` is the verdict of RFC 4035 §4.3; from it follow AD, SERVFAIL and what
// delv says. `answer`: "owner TYPE RDATA" of each record but RRSIGs, sorted; undefined: not compared. `ede`: the only INFO-CODEs there may
// be, one of which must be; none given: there must be none. `because`: for the table of differences. `rcode` is what a client with CD set gets, and others unless it is bogus.
import { addressOf, aliasTarget, at, bigTexts, fqdn, oddRecords, parentOf, recordsOf, tlsaData, zones } from './zones.mjs';

const zoneNamed = (name) => zones.find((zone) => zone.name === name);
const severity = ['secure', 'insecure', 'indeterminate', 'bogus'];
const worst = (...states) => severity[Math.max(...states.map((state) => severity.indexOf(state)))];
const isNsec3 = ({ denial }) => denial?.startsWith('nsec3') ?? false;

/** The records of one owner and type, as a client prints them. */
const records = (owner, type, ...data) => data.map((rdata) => `${fqdn(owner)} ${type} ${rdata}`);

const dataIn = ({ state, ede, because }) => ({ state, ede: ede === undefined ? undefined : [ede], because });

/** Verdict of a denial in a zone: RFC 9276 §3.2 for iterations; RFC 5155 §9.2 where it rests on a span with opt-out. */
function denialIn(zone, { coversNextCloser }) {
  if (zone.state !== 'secure') return dataIn(zone);
  if ((zone.iterations ?? 0) > 50) return { state: 'insecure', ede: [27], because: 'iterations' };
  if (zone.denial === 'nsec3-opt-out' && coversNextCloser) return { state: 'insecure', because: 'opt-out' };
  return { state: 'secure' };
}

/** A positive answer that a wildcard made stands on the denial of the name asked for (RFC 4035 §5.3.4, RFC 5155 §8.8). */
const wildcardIn = (zone) => (isNsec3(zone) ? denialIn(zone, { coversNextCloser: true }) : dataIn(zone));

/** The questions each zone with standard content is asked. */
function standardCases(zone) {
  const target = zoneNamed(aliasTarget(zone));
  const address = addressOf(zone.name);
  const name = (owner) => at(owner, zone);
  const across = { ...dataIn(zone), state: worst(zone.state, target.state) };
  const answer = (owner, type, ...data) => ({
    owner: name(owner),
    type,
    rcode: 'NOERROR',
    answer: records(name(owner), type, ...data),
    ...dataIn(zone),
  });
  const nodata = (owner, type, span = {}) => ({ owner: name(owner), type, rcode: 'NOERROR', answer: [], ...denialIn(zone, span) });
  const nxdomain = (owner, type) => ({
    owner: name(owner),
    type,
    rcode: 'NXDOMAIN',
    answer: [],
    ...denialIn(zone, { coversNextCloser: true }),
  });
  return [
    answer('www', 'A', address),
    answer('@', 'MX', `10 mail.${fqdn(zone.name)}`),
    answer('mail', 'AAAA', `2001:db8::${address.split('.')[3]}`),
    answer('_25._tcp.mail', 'TLSA', tlsaData),
    answer('big', 'TXT', ...bigTexts),
    { ...answer('@', 'SOA'), answer: undefined },
    { ...answer('@', 'NS'), answer: undefined },
    zone.signer === 'none' ? nodata('@', 'DNSKEY') : { ...answer('@', 'DNSKEY'), answer: undefined },
    dsCase(zone),
    nodata('www', 'AAAA'),
    nodata('www', 'DS'),
    nodata('ent', 'A'),
    nxdomain('missing', 'A'),
    nxdomain('x.y.missing', 'TLSA'),
    { ...answer('host.wild', 'A', address), ...wildcardIn(zone) },
    nodata('host.wild', 'TXT', { coversNextCloser: true }),
    answer('outside', 'CNAME', `www.${target.name}.`),
    {
      ...answer('outside', 'A'),
      answer: [...records(name('outside'), 'CNAME', `www.${target.name}.`), ...records(`www.${target.name}`, 'A', addressOf(target.name))],
      ...across,
    },
    {
      ...answer('leaf.branch', 'A'),
      answer: [
        ...records(name('branch'), 'DNAME', `tree.${target.name}.`),
        ...records(name('leaf.branch'), 'CNAME', `leaf.tree.${target.name}.`),
        ...records(`leaf.tree.${target.name}`, 'A', addressOf(target.name)),
      ],
      ...across,
    },
  ];
}

/** DS are data of the parent, and so is their absence (RFC 4035 §3.1.4.1). */
function dsCase(zone) {
  const parent = parentOf(zone.name);
  const asked = { owner: fqdn(zone.name), type: 'DS', rcode: 'NOERROR' };
  if (zone.signer === 'none' && zone.ds === undefined) return { ...asked, answer: [], ...denialIn(parent, { coversNextCloser: true }) };
  return { ...asked, ...dataIn(parent) };
}

/** EDE that tell why a zone is bogus. More than one: RFC 8914 leaves the choice, or it depends on which of two faults is met first. */
const why = { expired: [7], notYet: [8], noKey: [9], changed: [6], noSignature: [10], noDenial: [12] };

/** A zone where `www` is asked for, and a name that does not exist. */
function smallCases(name, wwwState, missingState, codes, codesOfMissing = codes) {
  const zone = zoneNamed(name);
  const codesIn = (state, list) => (state === 'secure' || state === 'insecure' ? undefined : list);
  const changed = name === 'tampered.alpha';
  return [
    {
      owner: at('www', zone),
      type: 'A',
      rcode: 'NOERROR',
      state: wwwState,
      ede: codesIn(wwwState, codes),
      answer: records(at('www', zone), 'A', changed ? '198.51.100.1' : addressOf(name)),
    },
    {
      owner: at('missing', zone),
      type: 'A',
      rcode: 'NXDOMAIN',
      state: missingState,
      ede: codesIn(missingState, codesOfMissing),
      answer: [],
    },
    { owner: at('www', zone), type: 'AAAA', rcode: 'NOERROR', state: missingState, ede: codesIn(missingState, codesOfMissing), answer: [] },
  ];
}

const brokenCases = [
  ...smallCases('expired.alpha', 'bogus', 'bogus', why.expired),
  ...smallCases('not-yet.alpha', 'bogus', 'bogus', why.notYet),
  ...smallCases('wrong-ds.alpha', 'bogus', 'bogus', why.noKey),
  ...smallCases('no-signatures.alpha', 'bogus', 'bogus', why.noKey),
  ...smallCases('no-signatures.beta', 'bogus', 'bogus', why.noKey),
  ...smallCases('tampered.alpha', 'bogus', 'secure', why.changed),
  ...smallCases('stripped.alpha', 'bogus', 'secure', why.noSignature),
  ...smallCases('no-nsec.beta', 'secure', 'bogus', why.noDenial),
  ...smallCases('no-nsec3.alpha', 'secure', 'bogus', [...why.noDenial, ...why.noSignature]),
  // A wildcard's answer without the denial that it stands on.
  {
    owner: 'host.wild.no-nsec.beta.',
    type: 'A',
    rcode: 'NOERROR',
    state: 'bogus',
    ede: why.noDenial,
    answer: records('host.wild.no-nsec.beta', 'A', addressOf('no-nsec.beta')),
  },
];

const unreachable = [22, 23];
const unreachableCases = ['lame.alpha', 'dead.alpha'].map((name) => ({
  owner: `www.${name}.`,
  type: 'A',
  rcode: 'SERVFAIL',
  state: 'indeterminate',
  ede: unreachable,
  answer: [],
}));

function alias(owner, state, chain, more = {}) {
  return {
    owner: `${owner}.alias.alpha.`,
    type: 'A',
    rcode: 'NOERROR',
    state,
    answer: chain.flatMap(([from, type, rdata]) => records(from, type, rdata)),
    ...more,
  };
}
const www = (name) => [`www.${name}`, 'A', addressOf(name)];
const aliasCases = [
  alias('to-secure', 'secure', [['to-secure.alias.alpha', 'CNAME', 'www.p256.alpha.'], www('p256.alpha')]),
  alias('to-unsigned', 'insecure', [['to-unsigned.alias.alpha', 'CNAME', 'www.unsigned.alpha.'], www('unsigned.alpha')]),
  alias('to-expired', 'bogus', [['to-expired.alias.alpha', 'CNAME', 'www.expired.alpha.'], www('expired.alpha')], { ede: why.expired }),
  alias('to-missing', 'secure', [['to-missing.alias.alpha', 'CNAME', 'missing.p256.alpha.']], { rcode: 'NXDOMAIN' }),
  alias('to-opt-out-missing', 'insecure', [['to-opt-out-missing.alias.alpha', 'CNAME', 'missing.opt-out.beta.']], {
    rcode: 'NXDOMAIN',
    because: 'opt-out',
  }),
  alias('to-wildcard', 'secure', [
    ['to-wildcard.alias.alpha', 'CNAME', 'host.wild.rsa256.alpha.'],
    ['host.wild.rsa256.alpha', 'A', addressOf('rsa256.alpha')],
  ]),
  alias('two-steps', 'secure', [
    ['two-steps.alias.alpha', 'CNAME', 'outside.rsa256.alpha.'],
    ['outside.rsa256.alpha', 'CNAME', 'www.p256.alpha.'],
    www('p256.alpha'),
  ]),
  alias('www.tree-unsigned', 'insecure', [
    ['tree-unsigned.alias.alpha', 'DNAME', 'unsigned.alpha.'],
    ['www.tree-unsigned.alias.alpha', 'CNAME', 'www.unsigned.alpha.'],
    www('unsigned.alpha'),
  ]),
  alias('any.stars', 'secure', [['any.stars.alias.alpha', 'CNAME', 'www.ed448.beta.'], www('ed448.beta')]),
];

/** clients.mjs reads owners in lower case; letters in RDATA stay as they stand in the zone. */
const oddCases = oddRecords.map(([owner, type, rdata]) => ({
  owner: at(owner, zoneNamed('odd.beta')),
  type,
  rcode: 'NOERROR',
  state: 'secure',
  answer: records(at(owner, zoneNamed('odd.beta')).toLowerCase(), type, type === 'HTTPS' ? rdata.replaceAll('"', '') : rdata),
}));

const denied = (owner, type, rcode, state) => ({ owner, type, rcode, state, answer: [] });
const there = (owner, type, state = 'secure') => ({ owner, type, rcode: 'NOERROR', state });
const topCases = [
  there('.', 'SOA'),
  there('.', 'NS'),
  there('.', 'DNSKEY'),
  denied('.', 'DS', 'NOERROR', 'secure'),
  there('alpha.', 'DS'),
  there('alpha.', 'NS'),
  there('beta.', 'DS'),
  there('beta.', 'DNSKEY'),
  denied('missing.', 'A', 'NXDOMAIN', 'secure'),
  denied('www.missing.', 'MX', 'NXDOMAIN', 'secure'),
  denied('missing.alpha.', 'A', 'NXDOMAIN', 'secure'),
  { ...denied('missing.beta.', 'A', 'NXDOMAIN', 'insecure'), because: 'opt-out' },
  denied('servers.alpha.', 'A', 'NOERROR', 'secure'), // no data there, but names below (RFC 8020)
];

/** What a row of the zoo asks. */
function zooCases(zone) {
  return zone.asks.map(([owner, type, state, { rcode = 'NOERROR', answer, ...more } = {}]) => {
    const held = recordsOf(zone).filter((row) => row[0] === owner && row[1] === type);
    const data = answer ?? (owner === 'host.wild' ? [['host.wild', 'A', addressOf(zone.name)]] : held);
    return {
      owner: at(owner, zone),
      type,
      rcode,
      state,
      answer: more.unread ? undefined : data.flatMap(([name, kind, rdata]) => records(at(name, zone), kind, rdata ?? addressOf(zone.name))),
      ...more,
    };
  });
}

const only = new RegExp(process.env.CASES ?? '');
const all = [
  ...topCases,
  ...zones.filter(({ content }) => content === 'standard').flatMap(standardCases),
  ...aliasCases,
  ...oddCases,
  ...brokenCases,
  ...unreachableCases,
  ...zones.filter(({ asks }) => asks).flatMap(zooCases),
];
/** CASES: a regular expression over the names asked for, to try some zones. */
export const cases = all.filter(({ owner }) => only.test(owner));

/**
 * Where another program says something else than zeker, and why: `says` matches what it says. All here call secure what zeker calls insecure.
 * A row that no case needs fails the run, so that the table stays true.
 */
const saysSecure = /^(AD true, zeker false$|secure, not insecure)/;
const saysGood = /^(rcode (NOERROR|NXDOMAIN), zeker SERVFAIL|AD true, zeker false|answer \[.*\], zeker \[\])$/;
const unbounds = ['unbound', 'unbound-behind-zeker'];
export const differences = [
  {
    who: [...unbounds, 'delv'],
    when: ({ because }) => because === 'sha1',
    says: saysSecure,
    why: 'SHA-1 signatures count, RFC 9905 is not followed',
  },
  {
    who: [...unbounds, 'delv'],
    when: ({ because }) => because === 'iterations',
    says: saysSecure,
    why: 'NSEC3 counts up to 150 iterations; zeker: 50 (RFC 9276 §3.2)',
  },
  {
    who: ['delv'],
    when: ({ because }) => because === 'opt-out',
    says: saysSecure,
    why: 'a denial by opt-out is "fully validated"; RFC 5155 §9.2 keeps AD from it',
  },
  {
    who: unbounds,
    when: ({ because }) => because === 'revoked',
    says: saysGood,
    why: 'a revoked key still verifies data; RFC 5011 §2.1 keeps it from that',
  },
  {
    who: unbounds,
    when: ({ because }) => because === 'sha1-ds',
    says: saysGood,
    why: 'a DS of SHA-1 is followed beside one of SHA-256 (RFC 4509 §3), as harden-algo-downgrade is not set',
  },
];
