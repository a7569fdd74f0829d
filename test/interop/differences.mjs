// Why other programs say something else than zeker: `who` says it, `when` (a question of questions.mjs with its flags), `says` (a kind of
// difference, differential.mjs), `why`. The first row that fits explains. `rfc`: zeker is right by it even where three of four say
// otherwise; without it a consensus against zeker is a fault.

import { fqdn, recordsOf } from './zones.mjs';

const unbound = 'unbound';
const [named, kresd, recursor] = ['named', 'kresd', 'pdns_recursor'];
const all = [unbound, named, kresd, recursor];
const has = (flag) => (question) => question.flags.includes(flag);
const inZone = (pattern) => (question) => pattern.test(question.zone.name);
const isDead = inZone(/^(dead|lame|drops-edns|truncating-no-tcp|refers-up|failing)\.alpha$/);
const relative = ({ owner, zone }) => owner.slice(0, -fqdn(zone.name).length - 1) || '@';
const isQuestion = (name, owner, type) => (question) =>
  question.zone.name === name && relative(question) === owner && (type === undefined || question.type === type);
/** Zones with a server that is well and one that is not: sign.mjs, `copies`, and zoo-servers.mjs. */
const hasOtherServer = inZone(/^(old-copy|[a-z-]+-beside\.)/);

const isAlias = (question) => recordsOf(question.zone).some(([owner, type]) => type === 'CNAME' && owner === relative(question));

/** NSEC asked by name, where it is of two zones, or at an alias (also for behind.mjs). */
export const isApexNsec = ({ zone, owner, type }) => type === 'NSEC' && zone.name !== '' && owner === fqdn(zone.name);
export const isAliasNsec = (question) => question.type === 'NSEC' && isAlias(question);

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
    when: isApexNsec,
    says: /^((no )?AD, )?(more|less|other) data$|^(NOERROR, not SERVFAIL|SERVFAIL, not NOERROR)$/,
    rfc: 'RFC 4035 §2.3 and §3.1.4.1',
    why: 'NSEC asked by name at a zone cut, where parent and child each have one: of the servers of `alpha` BIND answers with the parent’s and NSD refers to the child, so it hangs on which of them was asked; the parent’s is secure whatever the child is',
  },
  {
    who: all,
    when: isAliasNsec,
    says: /^((AD, )?((more|less|other) data|other RRSIGs)|AD|NOERROR, not SERVFAIL)$/,
    rfc: 'RFC 4035 §2.5, RFC 6840 §4.3',
    why: 'NSEC asked by name at an alias: Unbound and PowerDNS follow the alias once they have kept it, where servers give the NSEC that stands beside it; with NSEC3 BIND as the server denies the type, by a bitmap that has CNAME and so proves nothing, which BIND as the resolver takes',
  },
  {
    who: [recursor],
    when: (question) => isAlias(question) && /^(DS|DNSKEY)$/.test(question.type),
    says: /^(NOERROR, not SERVFAIL|AD|(AD, )?less data)$/,
    why: 'DS and DNSKEY asked at an alias get the CNAME alone, with AD; what it leads to is not looked at',
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
    when: hasOtherServer,
    says: /^SERVFAIL, not (NOERROR|NXDOMAIN)$/,
    rfc: 'RFC 4035 §4.3',
    why: 'of the two servers one has the zone whole, so a chain of trust can be built; the other has it unsigned, expired, otherwise signed or without EDNS. Which of them they ask is chance, and they do not always ask the other, or not for each part',
  },
  {
    who: all,
    when: (question) => hasOtherServer(question) && has('CD')(question),
    says: /^(other data|(other|fewer) RRSIGs)$/,
    rfc: 'RFC 4035 §3.2.2',
    why: 'asked with CD they give what the server that is not well said',
  },
  {
    who: [named, kresd, recursor],
    when: hasOtherServer,
    says: /^(no AD, )?(fewer RRSIGs|less data)$/,
    why: 'one of the two servers gives no signatures: zeker and Unbound ask the other one, these do not always',
  },
  {
    who: all,
    when: inZone(/^no-nsec3?\./),
    says: /./,
    why: 'denials without NSEC or without signatures of NSEC3: what of the zone is still served depends on what each asks on its way, DS and empty names above, and on the NSEC it has kept',
  },
  {
    who: [recursor],
    when: inZone(/^(unknown-(algorithm|digest)|ds-all-unknown|island\.unsigned)\./),
    says: /^AD$/,
    why: 'AD on denials, not on data, of a signed zone that has no DS which it can follow; by RFC 4035 §5.2 such a zone is unsigned to the validator, and its data are that there too',
  },
  {
    who: [recursor],
    when: isDead,
    says: /^AD$/,
    why: 'AD on SERVFAIL',
  },
  {
    who: all,
    when: isDead,
    says: /^no answer/,
    why: 'servers that do not answer: gives up later than a client waits (12 s)',
  },
  {
    who: [recursor],
    when: inZone(/^(iterations-500|rounds-151)\.beta$/),
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
    who: [unbound],
    when: inZone(/^ds-sha1-beside\.alpha$/),
    says: /^(NOERROR, not SERVFAIL|NXDOMAIN, not SERVFAIL|AD)$/,
    rfc: 'RFC 4509 §3',
    why: 'follows a DS of SHA-1 beside one of SHA-256, as harden-algo-downgrade is not set; the stronger one must be the one that counts',
  },
  {
    who: [unbound],
    when: isQuestion('labels-few.alpha', 'missing', 'A'),
    says: /^NOERROR, not NXDOMAIN$/,
    why: 'once `www`, whose RRSIG is that of a wildcard, was asked with CD, that record is kept as the wildcard and answers for a name that does not exist, though the NSEC of the apex denies the wildcard; before that it says NXDOMAIN',
  },
  {
    who: [unbound],
    when: (question) => inZone(/^zsk-/)(question) && has('CD')(question),
    says: /^(SERVFAIL, not (NOERROR|NXDOMAIN)|fewer RRSIGs)$/,
    why: 'the DNSKEY RRset is good and no key in it fits: what failed validation without CD ends in SERVFAIL with CD too; what the referral gave comes without its RRSIG',
  },
  {
    who: [kresd, unbound],
    when: isQuestion('zsk-revoked.alpha', 'www', 'A'),
    says: /^(NOERROR, not SERVFAIL|AD)$/,
    rfc: 'RFC 5011 §2.1',
    why: 'a revoked key still verifies data there',
  },
  {
    who: [recursor],
    when: (question) => inZone(/^(zsk-|nsec3?-no-)/)(question) && has('CD')(question),
    says: /^SERVFAIL, not (NOERROR|NXDOMAIN)$/,
    why: 'after a bogus signature it looks for a zone cut that it may have missed, by asking for DS at the name; where that denial is bogus too it ends in SERVFAIL, CD or not (seen in its trace)',
  },
  {
    who: [recursor],
    when: inZone(/^nsec3?-no-/),
    says: /^SERVFAIL, not (NOERROR|NXDOMAIN)$/,
    why: 'asks for DS of empty names on the way to a name below them, and what denies these is missing',
  },
  {
    who: [recursor],
    when: (question) => inZone(/^nsec3?-no-/)(question) && /^(host|a\.b)\.wild$/.test(relative(question)),
    says: /^(NOERROR, not SERVFAIL|AD)$/,
    why: 'a wildcard’s answer without the denial that it stands on: SERVFAIL the first time, and out of the cache the same records as secure',
  },
  {
    who: [kresd],
    when: inZone(/^no-edns[a-z-]*\.alpha$/),
    says: /^SERVFAIL, not (NOERROR|NXDOMAIN)$/,
    why: 'several questions at once to a server that says FORMERR to EDNS: some end in SERVFAIL, and asked again get their answer',
  },
  {
    who: [kresd],
    when: isQuestion('signer-sibling.alpha', 'www', 'A'),
    says: /^more data$/,
    why: 'leaves the RRSIG in the answer section beside SERVFAIL',
  },
  {
    who: [kresd],
    when: isQuestion('labels-many.alpha', 'www', 'A'),
    says: /^fewer RRSIGs$/,
    why: 'with CD leaves out an RRSIG that counts more labels than the name has',
  },
  {
    who: [unbound],
    when: (question) => isQuestion('alias-missing-bogus.alpha', 'to', 'CNAME')(question) && has('CD')(question),
    says: /^(NXDOMAIN|SERVFAIL), not NOERROR$/,
    why: 'a CNAME asked for by itself with CD gets, the first time, the RCODE of what it leads to',
  },
  {
    who: [recursor],
    when: isQuestion('alias-missing-bogus.alpha', 'to'),
    says: /^(SERVFAIL, not (NXDOMAIN|NOERROR)|more data)$/,
    why: 'an alias to a denial without proof: as in the zone that it leads to',
  },
  {
    who: [kresd],
    when: (question) => inZone(/^child\.(pdns-)?opt-out\.beta$/)(question) && has('CD')(question),
    says: /^SERVFAIL, not NOERROR$/,
    why: 'a question or two in a run: DNSKEY of an unsigned zone in an opt-out span, asked with CD, gets SERVFAIL, once or both times, where all others of the zone are answered; its log has nothing, the cause is not known',
  },
  {
    who: all,
    when: () => true,
    says: /^no answer/,
    why: 'no answer within 12 s: still trying servers, or the machine was busy',
  },
];
