/**
 * The configuration as a JSON schema (TypeBox): names, kinds, defaults and a sentence about each key. The `format`s are checked by
 * values.ts; published-schema.ts makes of it what `zeker config-schema` prints.
 */

import { type Static, type TSchema, Type } from 'typebox';

const closed = { additionalProperties: false } as const;

/** What a wrong value is told, behind "must be": the keyword `expects` is ours. */
const expectations = {
  endpoint: 'address:port, an IPv6 address in brackets',
  server: 'an address or address:port, an IPv6 address with a port in brackets',
  prefix: 'a prefix such as 192.0.2.0/24 or 2001:db8::/32 with no bits set behind its length, or an address',
  'domain-name': 'a domain name',
  'domain-pattern': 'a domain, a domain with a dot before it for all names below it, or ALL',
  'mail-domain': 'a mail domain such as example.com',
  'web-address': 'an http or https URL',
  moment: 'a moment such as 2026-11-24T06:41:00Z',
  'cookie-secret': '32 hexadecimal digits',
  octets: 'an amount of memory, at least 1MB: octets, or a number with kB, MB, GB, KiB, MiB or GiB',
  'table-octets': 'an amount of memory from 1MB to 4GiB: octets, or a number with kB, MB, GB, KiB, MiB or GiB',
} as const;

const text = (format: keyof typeof expectations, description: string, value?: string) =>
  Type.String({ format, description, expects: expectations[format], ...(value === undefined ? {} : { default: value }) });
const flag = (value: boolean, description: string) => Type.Boolean({ default: value, description });

/** A section: every key has its default, so a section that is left out has them all. */
function section<T extends Record<string, TSchema>>(description: string, properties: T) {
  return Type.Object(properties, { ...closed, default: {}, description });
}

const loopback = ['127.0.0.0/8', '::1/128'];

/**
 * Loopback, private, shared, link-local, multicast and reserved addresses (RFC 6890 and the IANA special-purpose registries): no name
 * out of the network may make us ask there. IPv4-mapped addresses are judged as IPv4. The documentation prefixes are left out, for they lead nowhere.
 */
export const defaultDoNotQuery: readonly string[] = [
  ...['0.0.0.0/8', '10.0.0.0/8', '100.64.0.0/10', '127.0.0.0/8', '169.254.0.0/16', '172.16.0.0/12', '192.168.0.0/16'],
  ...['224.0.0.0/4', '240.0.0.0/4', '::/127', 'fc00::/7', 'fe80::/10', 'fec0::/10', 'ff00::/8'],
];

const prefixes = (description: string, value: readonly string[]) =>
  Type.Array(text('prefix', 'Addresses.'), { default: [...value], description });

const configuredZones = (description: string) =>
  Type.Array(
    Type.Object(
      {
        zone: text('domain-name', 'The zone and all below it.'),
        to: Type.Array(text('server', 'A server; port 53 unless told.'), {
          minItems: 1,
          maxItems: 32,
        }),
        first: flag(false, 'Fall back to recursion where these servers fail.'),
        validate: flag(true, 'Judge its data by the chain of trust. Off: all in it is insecure, but below a deeper trust anchor.'),
      },
      closed,
    ),
    { default: [], description },
  );

const seconds = (value: number, description: string) => Type.Integer({ minimum: 0, maximum: 2 ** 31 - 1, default: value, description });

export const configSchema = Type.Object(
  {
    listen: section('Where clients reach the service.', {
      dns: Type.Array(text('endpoint', 'Where to listen.'), {
        default: ['127.0.0.1:5335', '[::1]:5335'],
        minItems: 1,
        maxItems: 64,
        uniqueItems: true,
        description: 'DNS over UDP and TCP.',
      }),
      http: Type.Union([text('endpoint', 'Where to listen.'), Type.Literal(false)], {
        default: '127.0.0.1:8053',
        expects: 'address:port, an IPv6 address in brackets, or false',
        description: 'HTTP: /dane, /resolve, /healthz, /readyz, /metrics. `false` for none.',
      }),
    }),
    server: section('The service itself.', {
      udpThreads: Type.Optional(
        Type.Integer({
          minimum: 0,
          maximum: 64,
          description:
            'Threads that answer over UDP from the answer table. Without it: the number of processors less one, at least 1. 0, and where the system lacks recvmmsg: one socket of node:dgram for each address.',
        }),
      ),
      nsid: Type.Optional(Type.String({ minLength: 1, maxLength: 64, description: 'Told to clients that ask who answers (RFC 5001).' })),
    }),
    cookies: section('DNS cookies for clients (RFC 7873, RFC 9018).', {
      enabled: flag(true, 'Answer COOKIE options.'),
      secret: Type.Optional(text('cookie-secret', 'Shared by servers that answer at one address. Without it: a new one at each start.')),
      previousSecret: Type.Optional(text('cookie-secret', 'Cookies made with it are still known (RFC 9018 section 5).')),
      require: flag(false, 'Over UDP, BADCOOKIE for clients whose cookie is not valid. Those without the option are not concerned.'),
    }),
    access: section('Who may ask over DNS.', {
      allow: prefixes('Clients from elsewhere get REFUSED.', loopback),
      queriesPerSecond: Type.Integer({
        minimum: 0,
        maximum: 10_000_000,
        default: 0,
        description:
          'What one client address (of IPv6 one /64) may ask over UDP in a second; beyond it, TC=1 sends it to TCP. 0: no limit. A valid cookie and `trusted` are exempt.',
      }),
      trusted: prefixes('Clients whose rate is not limited.', []),
    }),
    http: section('Who may ask over HTTP. `access.allow` never opens it.', {
      access: prefixes('Clients from elsewhere get 403.', loopback),
      hosts: Type.Array(Type.String({ minLength: 1, maxLength: 255 }), {
        default: [],
        description: 'Names by which the service may be called in the Host header, besides loopback names and the address it listens on.',
      }),
    }),
    dane: section('What DANE means for mail: the live check of `zeker daneverify` and /dane/:domain?probe=tls; domains that are watched.', {
      probe: section('Connections to mail hosts. Over HTTP there are none without `token` or `tokenFile`, and no preflight.', {
        token: Type.Optional(
          Type.String({
            minLength: 16,
            maxLength: 512,
            pattern: '^[A-Za-z0-9._~+/-]+=*$',
            expects: 'at least 16 of the characters that a bearer token may have (RFC 6750)',
            description: 'Whoever asks for probe=tls or a preflight over HTTP sends it: Authorization: Bearer TOKEN.',
          }),
        ),
        tokenFile: Type.Optional(
          Type.String({ minLength: 1, description: 'A file that holds the token alone, read at the start; in place of `token`.' }),
        ),
        perMinute: Type.Integer({
          minimum: 1,
          maximum: 10_000,
          default: 10,
          description: 'Domains probed for HTTP clients in a minute, all together; beyond it, 429.',
        }),
        concurrency: Type.Integer({ minimum: 1, maximum: 256, default: 8, description: 'Connections to mail hosts at once.' }),
        timeout: Type.Integer({
          minimum: 1,
          maximum: 60,
          default: 15,
          description: 'Seconds for one connection, from its start to the end of TLS.',
        }),
        ports: Type.Array(Type.Integer({ minimum: 1, maximum: 65535 }), {
          default: [25],
          minItems: 1,
          maxItems: 16,
          uniqueItems: true,
          description: 'Ports that HTTP clients may have connected to.',
        }),
      }),
      probeAllow: prefixes(
        'Addresses connected to although they are private, loopback, otherwise special, or of this machine. IPv4-mapped ones never are.',
        [],
      ),
      watch: section('Domains that are checked again and again; changes are told once each, to the log, the metrics and a webhook.', {
        domains: Type.Array(text('mail-domain', 'A mail domain.'), {
          default: [],
          maxItems: 2_000,
          uniqueItems: true,
          description: 'Mail domains.',
        }),
        mostAsked: Type.Integer({
          minimum: 0,
          maximum: 1_000,
          default: 0,
          description: 'Besides, so many of the domains whose MX is asked for most, as far as the answer table does not answer for them.',
        }),
        probe: flag(false, 'Connect to their mail hosts each time, as `dane.probe` says, and look at the certificates.'),
        stateFile: Type.Optional(
          Type.String({ minLength: 1, description: 'What was told is kept here over a restart. Without it: in memory alone.' }),
        ),
        webhook: Type.Optional(text('web-address', 'Each change is sent here with POST, as JSON.')),
      }),
    }),
    root: section('The root zone.', {
      hints: Type.Optional(Type.String({ minLength: 1, description: 'A root hints file. Without it: the hints that come with zeker.' })),
    }),
    trust: section('What validation starts from.', {
      anchors: Type.Optional(
        Type.String({
          minLength: 1,
          description:
            'A file of DS or DNSKEY records, any owner names, or root-anchors.xml of IANA (RFC 9718). Without it: the root anchors that come with zeker.',
        }),
      ),
      rfc5011: flag(false, 'Follow key rollovers by RFC 5011: looks at the keys by itself, about daily.'),
      stateFile: Type.Optional(
        Type.String({
          minLength: 1,
          description: 'Where rfc5011 keeps the states of keys; it extends anchors (docs/trust-anchors.md). Without it: in memory alone.',
        }),
      ),
    }),
    resolver: section('How zeker asks upstream.', {
      priming: flag(true, 'Ask the root for its servers at the start and when they expire (RFC 9609). Off: nothing is sent unasked.'),
      qnameMinimisation: flag(true, 'Tell each server no more of the name than it must know (RFC 9156).'),
      caseRandomisation: flag(true, 'Mix the case of letters in questions and demand it back in replies.'),
      cookies: flag(true, 'Send DNS cookies to servers, and hold those that give any to them (RFC 7873).'),
      specialUseNames: flag(true, 'Answer localhost, invalid, private reverse zones and the like locally (RFC 6761, 6303, 7686).'),
      upstreamPort: Type.Integer({ minimum: 1, maximum: 65535, default: 53, description: 'Port of authoritative servers.' }),
      doNotQuery: prefixes(
        'Addresses never asked, whatever a name says. Addresses that the configuration itself names are not barred.',
        defaultDoNotQuery,
      ),
      ipv4: flag(true, 'Ask servers over IPv4.'),
      ipv6: flag(true, 'Ask servers over IPv6.'),
      forward: configuredZones('Zones whose questions go to recursive servers.'),
      stub: configuredZones('Zones whose questions go to these authoritative servers.'),
    }),
    validation: section('DNSSEC validation.', {
      enabled: flag(true, 'Off: every answer is insecure.'),
      time: Type.Optional(
        text('moment', 'Judge signatures at this moment instead of now: for tests and forensics. Cache ages are not moved.'),
      ),
      sha1: Type.Enum(['insecure', 'validate'], {
        default: 'insecure',
        description:
          'Zones signed with algorithms 5 and 7 only: insecure since RFC 9905 (November 2025; judged at an earlier moment, see validation.time, they are judged as they were then), or always judged.',
      }),
      sha1Digest: flag(true, 'Accept DS digest type 1 where it stands alone.'),
      negativeTrustAnchors: Type.Array(
        Type.Object(
          {
            zone: text('domain-name', 'The zone and all below it is insecure.'),
            reason: Type.String({ default: 'none given', maxLength: 500, description: 'For whoever reads it later.' }),
            until: text('moment', 'When it ends (RFC 7646 §2).'),
          },
          closed,
        ),
        { default: [], description: 'Zones whose broken signatures are forgiven for a while (RFC 7646).' },
      ),
    }),
    cache: section('What is remembered.', {
      synthesis: flag(
        true,
        'Answer from what validated denials and wildcards prove of names never asked (RFC 8020, RFC 8198; NSEC, and NSEC3 without opt-out).',
      ),
      prefetch: flag(
        false,
        'Fetch anew, in the background, what is asked for when less than a tenth of its TTL is left. Off: nothing is sent that no client waits for.',
      ),
      serveStale: flag(
        false,
        'Answer past the TTL where nobody can be reached who knows (RFC 8767), with TTL 30 and extended error 3 or 19; never past a signature, and never for /dane.',
      ),
      maxStale: Type.Integer({
        minimum: 1,
        maximum: 604_800,
        default: 86_400,
        description:
          'Seconds past its TTL that an answer may still be given with serveStale: a day, the least that RFC 8767 section 5 suggests.',
      }),
      maxMemory: Type.Union([text('octets', 'As 256MB or 1GiB.'), Type.Integer({ minimum: 1_000_000 })], {
        default: '256MB',
        expects: expectations.octets,
        description: 'Memory of all caches together: octets, or a number with kB, MB, GB, KiB, MiB or GiB; at least 1 MB.',
      }),
      answerTable: Type.Union([text('table-octets', 'As 64MB.'), Type.Integer({ minimum: 1_000_000, maximum: 2 ** 32 })], {
        default: '64MB',
        expects: expectations['table-octets'],
        description:
          'Memory for finished answers, which UDP threads send by themselves; beside maxMemory, taken from the system as it fills. From 1 MB to 4 GiB.',
      }),
      minTtl: seconds(0, 'Seconds that an answer is kept at least; never past its signature.'),
      maxTtl: seconds(86_400, 'Seconds that an answer is kept at most.'),
    }),
    preflight: section('What `zeker preflight` and `/dane/preflight` suppose of the appliance, unless they are told otherwise.', {
      policy: Type.Enum(['opportunistic', 'mandatory'], { default: 'opportunistic', description: 'What DANE is to be switched to.' }),
      routes: Type.Array(
        Type.Object(
          {
            domain: text('domain-pattern', 'Whose mail: a domain, `.domain` for all names below it, or ALL.'),
            to: Type.Array(Type.String({ minLength: 1, maxLength: 255 }), {
              minItems: 1,
              maxItems: 32,
              description: 'Hosts. USEDNS: where the MX records say, so that DANE works.',
            }),
          },
          closed,
        ),
        { default: [], maxItems: 10_000, description: "The appliance's SMTP routes. DANE fails on one that leads elsewhere than USEDNS." },
      ),
      internalDomains: Type.Array(text('domain-pattern', 'A domain, or `.domain` for all names below it.'), {
        default: [],
        maxItems: 10_000,
        description: 'Domains whose mail is delivered inside: told where DANE would be applied to them.',
      }),
    }),
    selftest: section('Zones that `zeker selftest` and the look at the peer ask about: of each it is known what it is.', {
      secure: text('domain-name', 'A signed zone with a mail host.', 'ietf.org'),
      insecure: text('domain-name', 'A zone that is not signed.', 'cisco.com'),
      bogus: text('domain-name', 'A zone whose signatures do not hold.', 'dnssec-failed.org'),
      others: Type.Array(text('domain-name', 'A zone.'), {
        default: [],
        maxItems: 50,
        description: 'Further zones on which resolvers must agree: those of the partners that matter most.',
      }),
    }),
    peer: section('The other resolver that the appliance is given.', {
      address: Type.Optional(
        text('server', 'Where it answers; port 53 unless told. With it, `/readyz` says whether it agrees. Without it nobody looks.'),
      ),
      interval: Type.Integer({ minimum: 10, maximum: 86_400, default: 300, description: 'Seconds between two looks at it.' }),
    }),
    log: section('JSON lines, one an event.', {
      level: Type.Enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'], { default: 'info', description: 'What is told.' }),
      file: Type.Optional(Type.String({ minLength: 1, description: 'A file that is made with mode 0600. Without it: standard error.' })),
    }),
  },
  {
    ...closed,
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'zeker',
    description: 'Configuration of zeker; every key is optional.',
  },
);

/** A configuration that the schema has accepted, defaults filled in. */
export type CheckedConfig = Static<typeof configSchema>;
