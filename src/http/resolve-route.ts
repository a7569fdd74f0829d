/** `GET /resolve/:name/:type`: one Resolution as JSON, with the state of its validation and why it is so. */

import { Type } from 'typebox';
import { formatName } from '../base/name.ts';
import { readName, readType } from '../base/question-text.ts';
import { Class, formatRcode, formatType, Rcode } from '../base/registry.ts';
import { extendedError, isServable, type Validation } from '../base/validation.ts';
import { printable } from '../dane/lookup.ts';
import type { Resolution, Resolver } from '../resolver/resolution.ts';
import { verdictOf, verdicts } from '../service/verdict.ts';
import { formatRRset } from '../wire/rdata-text.ts';
import type { Admit } from './admission.ts';
import { errorSchema } from './errors.ts';
import type { App, CheckReady } from './route.ts';

export interface ResolveRouteDeps {
  readonly resolver: Resolver;
  readonly checkReady: CheckReady;
  readonly admit: Admit;
  /** Seconds since the epoch. */
  readonly now: () => number;
}

const closed = { additionalProperties: false } as const;

const validation = Type.Object(
  {
    state: Type.Enum(['secure', 'insecure', 'bogus', 'indeterminate']),
    reason: Type.Optional(Type.String({ description: 'Why it is not secure.' })),
    zone: Type.Optional(Type.String({ description: 'The zone where validation ended.' })),
    ede: Type.Optional(Type.Integer({ description: 'INFO-CODE of the reason (RFC 8914).' })),
    detail: Type.Optional(Type.String()),
  },
  closed,
);

const lines = (description: string) => Type.Array(Type.String(), { description });

const resolutionSchema = Type.Object(
  {
    question: Type.Object({ name: Type.String(), type: Type.String(), class: Type.String() }, closed),
    verdict: Type.Enum(verdicts, { description: 'The one word of /metrics for it.' }),
    kind: Type.Enum(['answer', 'nodata', 'nxdomain', 'failure']),
    rcode: Type.String({ description: 'What a DNS client gets that left CD clear.' }),
    validation,
    stale: Type.Boolean({ description: 'Whether some of it is past its TTL, for it could not be had anew (RFC 8767).' }),
    cached: Type.Boolean({ description: 'Whether all of it, its validation included, came out of the cache.' }),
    expires: Type.String({ format: 'date-time', description: 'When the first part of it ends.' }),
    ttl: Type.Integer({ minimum: 0, description: 'Seconds until then.' }),
    answer: lines('Records in presentation format, RRSIGs included; of a bogus answer too.'),
    authority: lines('SOA and proofs of a denial, proofs of a wildcard.'),
    aliases: Type.Array(Type.Object({ owner: Type.String(), target: Type.String(), validation }, closed)),
  },
  { ...closed, description: 'What resolving one question came to.' },
);

const schema = {
  summary: 'One question resolved and validated',
  params: Type.Object({
    name: Type.String({ description: 'A domain name, with or without the last dot.' }),
    type: Type.String({ description: 'An RR type, as MX or TYPE65.' }),
  }),
  querystring: Type.Object({}, closed),
  response: { 200: resolutionSchema, 400: errorSchema, 403: errorSchema, 429: errorSchema, 503: errorSchema, 504: errorSchema },
};

/** Adds the route. */
export function resolveRoute(app: App, { resolver, checkReady, admit, now }: ResolveRouteDeps): void {
  app.get('/resolve/:name/:type', { schema }, async ({ params, socket }) => {
    const qname = readName(params.name);
    const qtype = readType(params.type);
    checkReady();
    const resolution = await admit(socket.remoteAddress ?? '', () =>
      resolver.resolve({ qname, qtype, qclass: Class.IN }, { acceptsStale: true }),
    );
    return describe(resolution, now());
  });
}

function describe(resolution: Resolution, now: number) {
  const { question, kind, cached, expires, answer, authority, aliases } = resolution;
  const second = Math.floor(now); // whole seconds, as records count them
  const ttl = Math.max(0, expires - second); // what came to nothing ended before it began
  return {
    question: { name: formatName(question.qname), type: formatType(question.qtype), class: 'IN' },
    verdict: verdictOf(resolution),
    kind,
    rcode: formatRcode(rcodeOf(resolution)),
    validation: describeValidation(resolution.validation),
    stale: resolution.isStale ?? false,
    cached,
    expires: new Date((second + ttl) * 1000).toISOString(),
    ttl,
    answer: answer.flatMap(formatRRset),
    authority: authority.flatMap(formatRRset),
    aliases: aliases.map(({ owner, target, validation: state }) => ({
      owner: formatName(owner),
      target: formatName(target),
      validation: describeValidation(state),
    })),
  };
}

function rcodeOf({ kind, validation: state }: Resolution): number {
  if (kind === 'failure' || !isServable(state)) return Rcode.SERVFAIL;
  return kind === 'nxdomain' ? Rcode.NXDOMAIN : Rcode.NOERROR;
}

function describeValidation(state: Validation) {
  if (state.state === 'secure') return { state: state.state };
  const ede = extendedError(state);
  return {
    state: state.state,
    reason: state.reason,
    ...('zone' in state ? { zone: formatName(state.zone) } : {}),
    ...(ede === undefined ? {} : { ede }),
    ...('detail' in state && state.detail !== undefined ? { detail: printable(state.detail) } : {}),
  };
}
