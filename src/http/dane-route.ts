/** `GET /dane/:domain`: reads the name, asks, answers. What the report says is decided in dane/. */

import { Type } from 'typebox';
import { readMailDomain } from '../base/question-text.ts';
import type { CheckDane } from '../dane/check.ts';
import { prefersText } from './accept.ts';
import type { Admit } from './admission.ts';
import { daneReportSchema } from './dane-schema.ts';
import { errorSchema } from './errors.ts';
import type { Metrics } from './metrics.ts';
import type { ProbeGate } from './probe-gate.ts';
import type { App, CheckReady } from './route.ts';
import { createVerdictCache } from './verdict-cache.ts';

export interface DaneRouteDeps {
  readonly checkDane: CheckDane;
  readonly checkReady: CheckReady;
  readonly admit: Admit;
  readonly metrics: Metrics;
  readonly clockMs: () => number;
  readonly gate: ProbeGate;
}

const schema = {
  summary: 'What DANE means for mail to a domain',
  description:
    'MX, then for each host its addresses and TLSA records, each with its DNSSEC status, and the verdicts that follow. ' +
    'Any completed verdict is a 200, bogus ones too. With probe=tls the hosts are connected to and their certificates matched; that needs a ' +
    'bearer token, and may take a minute.',
  params: Type.Object({ domain: Type.String({ description: 'A mail domain: what stands behind the @.' }) }),
  querystring: Type.Object(
    {
      format: Type.Optional(Type.Enum(['json', 'text'], { description: 'text: the lines of daneverify. Goes before the Accept header.' })),
      probe: Type.Enum(['none', 'tls'], { default: 'none', description: 'tls: connect to the hosts and look at their certificates.' }),
      port: Type.Integer({ minimum: 1, maximum: 65535, default: 25, description: 'Port of the route.' }),
    },
    { additionalProperties: false },
  ),
  response: {
    200: {
      description: 'A verdict.',
      content: {
        'application/json': { schema: daneReportSchema },
        'text/plain': { schema: Type.String({ description: 'The lines of daneverify; without probe=tls as far as DNS goes.' }) },
      },
    },
    400: errorSchema,
    401: errorSchema,
    403: errorSchema,
    429: errorSchema,
    503: errorSchema,
    504: errorSchema,
  },
};

/** Adds the route. */
export function daneRoute(app: App, { checkDane, checkReady, admit, metrics, clockMs, gate }: DaneRouteDeps): void {
  const verdicts = createVerdictCache(clockMs);
  metrics.watchEntries('dane-verdicts', verdicts.size);
  metrics.watchOctets('dane-verdicts', verdicts.octets);
  app.get('/dane/:domain', { schema }, async ({ params, query, headers, socket }, reply) => {
    const domain = readMailDomain(params.domain);
    const { format, port } = query;
    const probe = query.probe === 'tls';
    if (probe) gate.authorise(headers.authorization, port);
    checkReady();
    const { json, text } = await verdicts.get(`${query.probe} ${port} ${domain.key}`, () =>
      admit(socket.remoteAddress ?? '', async () => {
        if (probe) gate.spend();
        const report = await checkDane(domain, { port, probe });
        metrics.countDaneCheck(report.rfc7672.opportunistic);
        return report;
      }),
    );
    reply.header('vary', 'accept');
    const asText = format === undefined ? prefersText(headers.accept) : format === 'text';
    // Already a string: it is sent as it is, and not serialised again.
    return asText ? reply.type('text/plain; charset=utf-8').send(text) : reply.type('application/json; charset=utf-8').send(json);
  });
}
