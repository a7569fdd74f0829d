// Why other programs say something else than zeker: `who` says it, `when` (a question of questions.mjs with its flags), `says` (a kind of
// difference, differential.mjs), `why`. The first row that fits explains. `rfc`: zeker is right by it even where three of four say
// otherwise; without it a consensus against zeker is a fault.

const unbound = 'unbound';
const [named, kresd, recursor] = ['named', 'kresd', 'pdns_recursor'];
const all = [unbound, named, kresd, recursor];
const has = (flag) => (question) => question.flags.includes(flag);
const inZone = (pattern) => (question) => pattern.test(question.zone.name);
const ofType = (type) => (question) => question.type === type;

export const explained = [
  {
    who: all,
    when: ({ zone }) => zone.because === 'sha1',
    says: /^(no )?AD$/,
    rfc: 'RFC 9905 §2',
    why: 'signatures with SHA-1 count there; by RFC 9905 they are as those of an unknown algorithm',
  },
  {
    who: all,
    when: ({ zone }) => (zone.iterations ?? 0) > 50,
    says: /^AD$/,
    rfc: 'RFC 9276 §3.2',
    why: 'NSEC3 counts there up to 150 iterations; by RFC 9276 a denial of more than a few may be insecure, and here is beyond 50',
  },
  {
    who: all,
    when: has('CD'),
    says: /^no AD(, .*)?$/,
    rfc: 'RFC 4035 §3.2.2 and §3.2.3',
    why: 'asked with CD they may answer with what they have not validated; zeker validates all the same, so its AD is that of the answer without CD (checked)',
  },
  {
    who: all,
    when: ofType('NSEC'),
    says: /./,
    rfc: 'RFC 4035 §2.3 and §2.5, RFC 6840 §4.3',
    why: 'NSEC asked by name: at a zone cut parent and child may each answer; at an alias in a zone with NSEC3 servers deny it instead of following, with a bitmap that has CNAME, which proves nothing',
  },
  {
    who: [unbound, recursor],
    when: inZone(/^alias\.alpha$/),
    says: /^SERVFAIL, not NOERROR$/,
    why: 'aliases that go in a circle end in SERVFAIL there; zeker, BIND and Knot Resolver give the links they met',
  },
  {
    who: [named, kresd],
    when: inZone(/^alias\.alpha$/),
    says: /^(AD, )?more data$/,
    why: 'aliases that go in a circle: how many of the links are given is not laid down',
  },
  {
    who: all,
    when: inZone(/^old-copy/),
    says: /^SERVFAIL, not (NOERROR|NXDOMAIN)$/,
    rfc: 'RFC 4035 §4.3',
    why: 'one of the two servers has the zone unsigned, the other has it whole, so a chain of trust can be built; which of the two they ask is chance, and they do not always ask the other',
  },
  {
    who: [named, kresd, recursor],
    when: inZone(/^old-copy/),
    says: /^(SERVFAIL, not \w+|.*RRSIGs|.*less data)$/,
    why: 'one of the two servers has the zone unsigned: zeker and Unbound ask the other one, these do not always',
  },
  {
    who: all,
    when: inZone(/^no-nsec3?\./),
    says: /./,
    why: 'denials without NSEC or without signatures of NSEC3: what of the zone is still served depends on what each asks on its way, DS and empty names above, and on the NSEC it has kept',
  },
  {
    who: [recursor],
    when: inZone(/^unknown-(algorithm|digest)\./),
    says: /^AD$/,
    why: 'goes by the DNSKEY alone; by RFC 4035 §5.2 a zone whose DS are all of unknown algorithms or digests is unsigned to the validator',
  },
  {
    who: [recursor],
    when: inZone(/^(dead|lame)\.alpha$/),
    says: /^AD$/,
    why: 'AD on SERVFAIL',
  },
  {
    who: all,
    when: inZone(/^(dead|lame)\.alpha$/),
    says: /^no answer/,
    why: 'servers that do not answer: gives up later than a client waits (12 s)',
  },
  {
    who: [recursor],
    when: inZone(/^iterations-500\.beta$/),
    says: /^no AD$/,
    why: 'the closest encloser is denied by NSEC3 beyond its limit, and so it holds what is below an empty name for insecure',
  },
  {
    who: [named],
    when: inZone(/opt-out\.beta$/),
    says: /^AD$/,
    why: 'a denial by a span with opt-out counts as proof; RFC 5155 §9.2 keeps AD from it',
  },
  {
    who: [kresd],
    when: ({ zone }) => (zone.iterations ?? 0) > 50,
    says: /^no AD$/,
    why: 'the iterations of NSEC3 make more of the zone insecure there than the denials',
  },
  {
    who: [kresd],
    when: inZone(/^child\.opt-out\.beta$/),
    says: /^SERVFAIL, not NOERROR$/,
    why: 'one question in a run or so below an opt-out span; the cause was not looked for',
  },
  {
    who: all,
    when: () => true,
    says: /^no answer/,
    why: 'no answer within 12 s: still trying servers, or the machine was busy',
  },
];
