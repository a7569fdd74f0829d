/** The published schema of `/dane/:domain`. Its words are those of dane/verdicts.ts; what they mean is told there and below. */

import { type Static, type TSchema, Type } from 'typebox';
import type { DaneReport, LookupReason } from '../dane/report.ts';
import {
  aliasRules,
  certificateStates,
  ciscoVerdicts,
  connectionFaults,
  domainReasons,
  hostReasons,
  lookupStatuses,
  ownRowNames,
  rfcVerdicts,
  smtpWarnings,
  usabilityReasons,
} from '../dane/verdicts.ts';

const closed = { additionalProperties: false } as const;
const validationStates = ['secure', 'insecure', 'bogus', 'indeterminate'] as const;

/** `satisfies` makes a reason that is not published a compile error. */
const lookupReasons = Object.keys({
  'no-trust-anchor': true,
  'unsigned-delegation': true,
  'nsec3-opt-out': true,
  'unsupported-algorithm': true,
  'unsupported-digest': true,
  'nsec3-iterations': true,
  'negative-trust-anchor': true,
  'validation-disabled': true,
  'signatures-asked': true,
  'signature-wrong': true,
  'signature-expired': true,
  'signature-not-yet-valid': true,
  'signature-expired-before-valid': true,
  'signature-missing': true,
  'signer-wrong': true,
  'dnskey-missing': true,
  'no-zone-key': true,
  'denial-missing': true,
  'denial-incomplete': true,
  'servers-unreachable': true,
  'servers-failing': true,
  'limit-spent': true,
  'not-ready': true,
  'cyclic-dependency': true,
  'malformed-data': true,
} as const satisfies Record<LookupReason, true>) as LookupReason[]; // the keys of a record are its key type

const lookup = {
  status: Type.Enum(lookupStatuses, { description: 'nxdomain: no such record; proof says whether that is proved.' }),
  proof: Type.Enum(validationStates, { description: 'State of the answer, or of the denial where the status is nxdomain.' }),
  denial: Type.Optional(Type.Enum(['nxdomain', 'nodata'], { description: 'Whether the name does not exist, or the type alone.' })),
  ttl: Type.Integer({ minimum: 0, description: 'Seconds for which it still holds.' }),
  cached: Type.Boolean({ description: 'Whether it came out of the cache.' }),
  signed: Type.Optional(
    Type.Object(
      { from: Type.String({ format: 'date-time' }), until: Type.String({ format: 'date-time' }) },
      { description: 'Where the proof is secure: when the first signature of the answer or denial begins and ends to hold.' },
    ),
  ),
  reason: Type.Optional(Type.Enum(lookupReasons, { description: 'Why it is not secure.' })),
  ede: Type.Optional(Type.Integer({ description: 'INFO-CODE of the reason (RFC 8914).' })),
  zone: Type.Optional(Type.String({ description: 'The zone where validation ended.' })),
  detail: Type.Optional(Type.String()),
};

const addresses = Type.Object(
  { ...lookup, addresses: Type.Array(Type.String(), { description: 'Empty where they did not resolve or did not validate.' }) },
  closed,
);

const aliases = Type.Array(Type.Object({ owner: Type.String(), target: Type.String(), status: Type.Enum(validationStates) }, closed), {
  description: 'CNAMEs that were followed.',
});

const candidate = Type.Object(
  {
    owner: Type.String({ description: 'Owner of the TLSA records.' }),
    base: Type.String({ description: 'TLSA base domain (RFC 7672 §2.2.2), the name for SNI.' }),
    ...lookup,
    records: Type.Array(
      Type.Object(
        {
          usage: Type.Integer(),
          selector: Type.Integer(),
          matching: Type.Integer(),
          data: Type.String({ description: 'Hexadecimal.' }),
          usable: Type.Boolean(),
          why: Type.Enum(usabilityReasons),
        },
        closed,
      ),
    ),
  },
  closed,
);

const smtp = Type.Array(
  Type.Object(
    {
      ip: Type.String(),
      connected: Type.Boolean(),
      interface: Type.Optional(Type.String({ description: 'Address of ours that the connection was made from.' })),
      starttls: Type.Boolean({ description: 'Whether the server offers STARTTLS.' }),
      protocol: Type.Optional(Type.String()),
      cipher: Type.Optional(Type.String()),
      cert: Type.Optional(
        Type.Object(
          { names: Type.Array(Type.String()), notAfter: Type.String(), spkiSha256: Type.String() },
          { ...closed, description: "The server's own certificate." },
        ),
      ),
      match: Type.Optional(
        Type.Object(
          {
            record: Type.Integer({ minimum: 0, description: 'Place among the records of the last candidate.' }),
            rule: Type.String({ description: 'Usage, selector and matching type.' }),
            depth: Type.Integer({ minimum: 0, description: "Certificates above the server's own." }),
          },
          { ...closed, description: 'The TLSA record that matched.' },
        ),
      ),
      error: Type.Optional(Type.Enum(connectionFaults)),
      detail: Type.Optional(Type.String({ description: 'Code of the error, where the system or OpenSSL gave one.' })),
      warnings: Type.Array(Type.Enum(smtpWarnings)),
    },
    closed,
  ),
  { description: 'Connections to the addresses of the host, in order; without probe=tls none, and the certificate is not-checked.' },
);

const cisco = Type.Object(
  {
    row: Type.Union([Type.Integer({ minimum: 1, maximum: 15 }), Type.Enum(ownRowNames)], {
      description: 'Row of the appliance\'s "DANE Mandatory" table, or the name of a row that its tables lack.',
    }),
    mandatory: Type.Enum(ciscoVerdicts),
    opportunistic: Type.Enum(ciscoVerdicts),
  },
  { ...closed, description: "By the appliance's tables, which read A records alone." },
);

const rfc7672 = <const Reasons extends readonly string[]>(reasons: readonly [...Reasons]) =>
  Type.Object(
    { mandatory: Type.Enum(rfcVerdicts), opportunistic: Type.Enum(rfcVerdicts), reason: Type.Enum([...reasons] as [...Reasons]) },
    { ...closed, description: 'By RFC 7672.' },
  );

const host = Type.Object(
  {
    name: Type.String(),
    preference: Type.Integer(),
    a: Type.Optional(addresses),
    aaaa: Type.Optional(addresses),
    cname: aliases,
    aliasRule: Type.Enum(aliasRules, { description: 'By which rule of RFC 7672 §2.2.2 the candidates were chosen.' }),
    candidates: Type.Array(candidate, { description: 'TLSA lookups, in order; the last one counts.' }),
    certificate: Type.Enum(certificateStates),
    smtp,
    cisco,
    rfc7672: rfc7672(hostReasons),
  },
  closed,
);

export const daneReportSchema = Type.Object(
  {
    domain: Type.String(),
    port: Type.Integer({ minimum: 1, maximum: 65535 }),
    checkedAt: Type.String({
      format: 'date-time',
      description:
        'When it was checked: states, TTLs and verdicts are those of this moment. A verdict is served again for at most a minute, and no longer than its lookups hold.',
    }),
    validUntil: Type.String({ format: 'date-time', description: 'When the first of the lookups ends.' }),
    mx: Type.Object(
      {
        ...lookup,
        kind: Type.Enum(['records', 'implicit', 'null', 'none'], {
          description: 'implicit: no MX record, the domain is its own host; null: takes no mail (RFC 7505); none: nothing to go by.',
        }),
        cname: aliases,
        hosts: Type.Array(host, { description: 'In order of preference.' }),
      },
      closed,
    ),
    cisco,
    rfc7672: rfc7672(domainReasons),
    deliverable: Type.Boolean({ description: 'By RFC 7672 without mandatory DANE, if the certificates that were not checked match.' }),
    reasons: Type.Array(Type.Enum(domainReasons)),
    advice: Type.Array(Type.String()),
    mtaSts: Type.Enum(['not-checked']),
    tlsrpt: Type.Enum(['not-checked']),
  },
  { ...closed, description: 'What DANE means for mail to this domain.' },
) satisfies TSchema;

type DeepReadonly<T> = { readonly [K in keyof T]: DeepReadonly<T[K]> };

/** The report as published; where report and schema part ways this does not compile. */
export function publishReport(report: DaneReport): DeepReadonly<Static<typeof daneReportSchema>> {
  return report;
}
