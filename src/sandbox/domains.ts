/**
 * The domains to try: one line about each, what validation must say of its records, and what DANE will do about mail for it.
 *
 * RFCs: 7672 §2 (which lookup decides what). The sandbox's mail hosts do not exist, so verdicts hold for a certificate that matches.
 */

/** State of the data, or of the denial where there is none: NXDOMAIN and NODATA alike. */
export type DnsStatus = 'secure' | 'secure denial' | 'insecure' | 'insecure denial' | 'bogus' | 'indeterminate';

/**
 * - `deliver`: to a server that DANE authenticated
 * - `fallback`: opportunistic TLS without DANE
 * - `encrypt`: TLS is a must, authentication is not possible (RFC 7672 §2.2, unusable records)
 * - `delay`: the message stays in the queue
 * - `bounce`: the domain takes no mail (RFC 7505)
 */
export type Delivery = 'deliver' | 'fallback' | 'encrypt' | 'delay' | 'bounce';

export interface SandboxHost {
  readonly host: string;
  readonly a: DnsStatus;
  readonly aaaa: DnsStatus;
  /** Of the TLSA RRset at port 25; `not asked` where the address is not secure (RFC 7672 §2.2.2). */
  readonly tlsa: DnsStatus | 'not asked';
  /** TLSA base domain, where it is the end of the host's aliases (RFC 7672 §2.2.2). */
  readonly tlsaBase?: string;
}

export interface Deliveries {
  readonly mandatory: Delivery;
  readonly opportunistic: Delivery;
}

export interface SandboxDomain extends Deliveries {
  readonly domain: string;
  readonly about: string;
  readonly mx: DnsStatus;
  /** In order of preference; empty where the MX lookup ends it. */
  readonly hosts: readonly SandboxHost[];
  /** What the appliance's tables say, where they differ from RFC 7672. */
  readonly appliance?: Deliveries;
}

const delivered: Deliveries = { mandatory: 'deliver', opportunistic: 'deliver' };
const delayed: Deliveries = { mandatory: 'delay', opportunistic: 'delay' };
const fallsBack: Deliveries = { mandatory: 'delay', opportunistic: 'fallback' };

type Statuses = readonly [a: DnsStatus, aaaa: DnsStatus, tlsa: SandboxHost['tlsa']];
const hostOf = (host: string, [a, aaaa, tlsa]: Statuses): SandboxHost => ({ host, a, aaaa, tlsa });

const sound: Statuses = ['secure', 'secure denial', 'secure'];
const plain: Statuses = ['insecure', 'insecure denial', 'not asked'];
const mxOfSecure = hostOf('mx.secure.sandbox', ['secure', 'secure', 'secure']);
const mxOfUnsigned = hostOf('mx.unsigned.sandbox', plain);
const mxOfBogusTlsa = hostOf('mx.bogus-tlsa.sandbox', ['secure', 'secure denial', 'bogus']);
const bogusAddress: Statuses = ['bogus', 'bogus', 'not asked'];

/** A domain with one mail host, `mx` within it. */
function withOwnHost(domain: string, about: string, mx: DnsStatus, statuses: Statuses, deliveries: Deliveries): SandboxDomain {
  return { domain, about, mx, hosts: [hostOf(`mx.${domain}`, statuses)], ...deliveries };
}

/** A domain whose MX lookup fails, so that nothing more is asked. */
function withoutMx(domain: string, about: string, mx: 'bogus' | 'indeterminate'): SandboxDomain {
  return { domain, about, mx, hosts: [], ...delayed };
}

const secureDomains: readonly SandboxDomain[] = [
  { domain: 'secure.sandbox', about: 'all signed, with TLSA 3 1 1', mx: 'secure', hosts: [mxOfSecure], ...delivered },
  withOwnHost('rsa.sandbox', 'signed with RSA (algorithm 8), NSEC3 with salt and 5 iterations', 'secure', sound, delivered),
  withOwnHost('p384.sandbox', 'signed with ECDSA P-384 (algorithm 14)', 'secure', sound, delivered),
  withOwnHost('ed25519.sandbox', 'signed with Ed25519 (algorithm 15)', 'secure', sound, delivered),
  withOwnHost('ed448.sandbox', 'signed with Ed448 (algorithm 16), NSEC3', 'secure', sound, delivered),
  withOwnHost('dane-ta.sandbox', 'TLSA 2 0 1: a trust anchor of its own', 'secure', sound, delivered),
  {
    domain: 'no-mx.sandbox',
    about: 'no MX: the domain is its own mail host',
    mx: 'secure denial',
    hosts: [hostOf('no-mx.sandbox', sound)],
    ...delivered,
  },
  { domain: 'null-mx.sandbox', about: 'MX 0 . : takes no mail', mx: 'secure', hosts: [], mandatory: 'bounce', opportunistic: 'bounce' },
  withOwnHost('wildcard.sandbox', 'host and TLSA out of wildcards', 'secure', sound, delivered),
  {
    domain: 'alias.sandbox',
    about: 'the MX host is an alias of mx.secure.sandbox; www, plain, broken, nowhere, loop, *.tree are aliases too',
    mx: 'secure',
    hosts: [{ ...mxOfSecure, host: 'mx.alias.sandbox', tlsaBase: 'mx.secure.sandbox' }],
    ...delivered,
  },
  withOwnHost('tlsa-alias.sandbox', 'the TLSA owner is an alias', 'secure', sound, delivered),
  withOwnHost('hosted.sandbox', 'name servers in another top level domain, so without glue', 'secure', sound, delivered),
  withOwnHost('large.sandbox', 'TXT too large for UDP', 'secure', sound, delivered),
  withOwnHost('two-of-four.sandbox', 'of four servers one is silent and one has signatures that ended', 'secure', sound, delivered),
  withOwnHost('signed.registry.sandbox', 'signed below a zone with NSEC3 opt-out', 'secure', sound, delivered),
];

const lesserDomains: readonly SandboxDomain[] = [
  withOwnHost('no-tlsa.sandbox', 'no TLSA, denied by NSEC3', 'secure', ['secure', 'secure', 'secure denial'], fallsBack),
  withOwnHost(
    'iterations.sandbox',
    'NSEC3 with 200 iterations: denials are insecure',
    'secure',
    ['secure', 'insecure denial', 'insecure denial'],
    fallsBack,
  ),
  withOwnHost('unusable-tlsa.sandbox', 'TLSA of usage 0 and 1 only', 'secure', sound, { mandatory: 'delay', opportunistic: 'encrypt' }),
  withOwnHost(
    'insecure-tlsa.sandbox',
    'TLSA in an unsigned zone below the host',
    'secure',
    ['secure', 'secure denial', 'insecure'],
    fallsBack,
  ),
  {
    domain: 'secure-mx.sandbox',
    about: 'signed, but its MX host is in an unsigned zone',
    mx: 'secure',
    hosts: [mxOfUnsigned],
    ...fallsBack,
  },
  {
    domain: 'cname-original.sandbox',
    about: 'the MX host is a secure alias of an unsigned host, TLSA at the alias (RFC 7672 §2.2.2)',
    mx: 'secure',
    hosts: [hostOf('mx.cname-original.sandbox', ['insecure', 'insecure denial', 'secure'])],
    ...delivered,
    appliance: fallsBack,
  },
  {
    domain: 'mixed-mx.sandbox',
    about: 'the first MX host has bogus TLSA, the second is sound',
    mx: 'secure',
    hosts: [mxOfBogusTlsa, mxOfSecure],
    ...delivered,
    appliance: delayed,
  },
];

const insecureDomains: readonly SandboxDomain[] = [
  {
    domain: 'unsigned.sandbox',
    about: 'unsigned, three MX hosts',
    mx: 'insecure',
    hosts: [mxOfUnsigned, hostOf('mx2.unsigned.sandbox', plain), hostOf('mx3.unsigned.sandbox', plain)],
    ...fallsBack,
  },
  { domain: 'insecure-mx.sandbox', about: 'unsigned, MX host in a signed zone', mx: 'insecure', hosts: [mxOfSecure], ...fallsBack },
  {
    domain: 'insecure-mx-bogus-tlsa.sandbox',
    about: 'unsigned, MX host with bogus TLSA: DANE need not apply (RFC 7672 §2.2.1)',
    mx: 'insecure',
    hosts: [mxOfBogusTlsa],
    ...fallsBack,
    appliance: delayed,
  },
  {
    domain: 'insecure-mx-bogus-a.sandbox',
    about: 'unsigned, MX host with bogus address',
    mx: 'insecure',
    hosts: [hostOf('mx.expired.sandbox', bogusAddress)],
    ...delayed,
  },
  withOwnHost('plain.hosting', 'unsigned, which the zone hosting says by NSEC3 without opt-out', 'insecure', plain, fallsBack),
  withOwnHost(
    'optout.sandbox',
    'unsigned; the zone sandbox denies its DS by NSEC3 with opt-out, beside its NSEC chain',
    'insecure',
    plain,
    fallsBack,
  ),
  withOwnHost('mail.registry.sandbox', 'unsigned below registry.sandbox, which has NSEC3 with opt-out alone', 'insecure', plain, fallsBack),
  withOwnHost('unknown-algorithm.sandbox', 'signed with algorithm 200, which nobody knows', 'insecure', plain, fallsBack),
];

const failingDomains: readonly SandboxDomain[] = [
  withoutMx('expired.sandbox', 'signatures ended a month ago', 'bogus'),
  withoutMx('not-yet-valid.sandbox', 'signatures begin in a month', 'bogus'),
  withoutMx('wrong-ds.sandbox', 'the DS matches no key', 'bogus'),
  { domain: 'bogus-tlsa.sandbox', about: 'the signature over TLSA is broken', mx: 'secure', hosts: [mxOfBogusTlsa], ...delayed },
  withOwnHost(
    'bogus-a.sandbox',
    "the signature over the host's address is broken",
    'secure',
    ['bogus', 'secure denial', 'not asked'],
    delayed,
  ),
  withoutMx('lame.sandbox', 'one server refuses, the other is silent', 'indeterminate'),
  withoutMx('silent.sandbox', 'its one server is silent', 'indeterminate'),
];

export const sandboxDomains: readonly SandboxDomain[] = [...secureDomains, ...lesserDomains, ...insecureDomains, ...failingDomains];
