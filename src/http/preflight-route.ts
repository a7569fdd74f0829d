/**
 * `POST /dane/preflight`: a list of mail domains in, whose mail stops when DANE is switched on out. Rows are sent as they are done, a line
 * each, so that a client sees that it goes on, one that goes away ends the work, and nothing is kept here for it
 * (docs/decisions/preflight.md).
 * Limits: one preflight at a time; queries at one name server are bounded by the domains checked at once alone.
 */

import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { Readable } from 'node:stream';
import type { FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import type { CheckDane } from '../dane/check.ts';
import { domainReasons } from '../dane/verdicts.ts';
import type { DomainList } from '../preflight/domain-list.ts';
import { isDomainPattern } from '../preflight/domain-pattern.ts';
import { outcomes, type PreflightReason } from '../preflight/judge.ts';
import { danePolicies, judges, makePlan, type PlanSettings } from '../preflight/plan.ts';
import { formatCsv, formatTable, makeReport, type PreflightReport } from '../preflight/report.ts';
import type { PreflightRow } from '../preflight/row.ts';
import { runPreflight } from '../preflight/run.ts';
import { errorSchema, HttpError } from './errors.ts';
import { type ListTask, readListApart } from './list-reader.ts';
import type { App, CheckReady } from './route.ts';
import type { CheckToken } from './token-gate.ts';

export type Supposed = Pick<PlanSettings, 'policy' | 'routes' | 'internalDomains'>;

export interface PreflightRouteDeps {
  readonly checkDane: CheckDane;
  readonly checkReady: CheckReady;
  readonly supposed: Supposed;
  /** A preflight is the dearest thing to ask for here, so it wants the token. */
  readonly checkToken: CheckToken;
}

/** The numbers are ours; a list of 10,000 destination controls has some 3 MB. */
const limits = { octets: 4 * 1024 * 1024, domains: 10_000, atOnce: 16, totalMs: 3_600_000 } as const;
const RETRY_AFTER = 30;

const closed = { additionalProperties: false } as const;
const reasons = [...domainReasons, 'smtp-route', 'dane-off', 'check-not-finished'] as const satisfies readonly PreflightReason[];
const row = Type.Object(
  {
    domain: Type.String(),
    outcome: Type.Enum([...outcomes]),
    reason: Type.Enum([...reasons]),
    policy: Type.Enum([...danePolicies]),
    internal: Type.Optional(Type.Literal(true)),
    detail: Type.Optional(Type.String()),
  },
  { ...closed, description: 'One domain: what happens to its mail, and why.' },
);
const pattern = Type.String({ maxLength: 1024, description: 'A domain, or .domain for all names below it.' });

const schema = {
  summary: 'Whose mail stops when DANE is switched on, for a list of domains',
  description:
    'Streams a row a domain, as they are done, in JSON lines; the last line has `held`, the domains whose mail stops, `summary` and `unread`. ' +
    'The other formats send all at the end. No mail host is connected to. It needs a bearer token.',
  querystring: Type.Object(
    {
      format: Type.Enum(['ndjson', 'json', 'csv', 'table'], {
        default: 'ndjson',
        description: 'json, csv and table are sorted by outcome.',
      }),
    },
    closed,
  ),
  body: Type.Object(
    {
      domains: Type.Optional(Type.Array(Type.String(), { maxItems: limits.domains })),
      list: Type.Optional(
        Type.String({ description: "In place of domains: a text with a domain a line, CSV, or the appliance's destination controls." }),
      ),
      column: Type.Optional(Type.String({ maxLength: 255, description: 'The column of CSV that has the domains, by name or number.' })),
      policy: Type.Optional(Type.Enum(['opportunistic', 'mandatory'], { description: 'What DANE is to be switched to.' })),
      judge: Type.Enum([...judges], { default: 'appliance', description: "By the appliance's tables or by the RFC." }),
      routes: Type.Optional(
        Type.Array(
          Type.Object({ domain: pattern, to: Type.Array(Type.String({ maxLength: 255 }), { minItems: 1, maxItems: 32 }) }, closed),
          {
            maxItems: limits.domains,
            description: 'SMTP routes in place of those configured; USEDNS as host where the MX records say.',
          },
        ),
      ),
      internalDomains: Type.Optional(Type.Array(pattern, { maxItems: limits.domains, description: 'In place of those configured.' })),
    },
    { ...closed, description: 'JSON, at most 4 MiB.' },
  ),
  response: {
    200: {
      description: 'Rows, or a report.',
      content: {
        'application/x-ndjson': { schema: row },
        'application/json': { schema: Type.Any({ description: 'held, summary, rows, unread' }) },
        'text/csv': { schema: Type.String() },
        'text/plain': { schema: Type.String() },
      },
    },
    400: errorSchema,
    401: errorSchema,
    403: errorSchema,
    413: errorSchema,
    415: errorSchema,
    503: errorSchema,
    504: errorSchema,
  },
};

/** Adds the route. */
export function preflightRoute(app: App, { checkDane, checkReady, supposed, checkToken }: PreflightRouteDeps): void {
  let isOpen = false;
  let checks = 0;
  const check: CheckDane = async (...args) => {
    checks++;
    try {
      return await checkDane(...args);
    } finally {
      checks--;
    }
  };
  const refuseIfBusy = () => {
    // Those that a client left behind when it went away go on for some seconds, and count.
    if (isOpen || checks > 0) throw new HttpError(503, 'busy', 'A preflight is going on; there is room for one at a time.', RETRY_AFTER);
  };
  /** Takes the room there is. The signal says when it is over: time is up, all was sent, or the client went away. */
  const enter = (socket: Socket, response: ServerResponse): AbortSignal => {
    const ended = new AbortController();
    const end = () => {
      if (ended.signal.aborted) return;
      clearTimeout(timer);
      socket.off('close', end);
      isOpen = false;
      ended.abort();
    };
    const timer = setTimeout(end, limits.totalMs);
    isOpen = true;
    response.once('close', end);
    // A response that waits behind another one on its connection (pipelining) hears nothing of the end of it.
    socket.once('close', end);
    if (socket.destroyed) end();
    return ended.signal;
  };
  // Before anything is read of a body.
  const onRequest = async ({ headers }: FastifyRequest) => {
    checkToken(headers.authorization);
    refuseIfBusy();
  };
  app.post('/dane/preflight', { schema, bodyLimit: limits.octets, onRequest }, async ({ body, query: { format }, raw }, reply) => {
    const task = listTask(body);
    const settings = readSettings(body, supposed);
    const plan = makePlan(settings);
    checkReady();
    refuseIfBusy();
    const signal = enter(raw.socket, reply.raw);
    const list = await readListApart(task, signal);
    const rows = runPreflight(list.domains, plan, { check, atOnce: limits.atOnce, signal });
    if (format === 'ndjson') {
      const stream = Readable.from(jsonLines(rows, list, settings), { objectMode: false });
      signal.addEventListener('abort', () => stream.destroy(), { once: true });
      return reply.type('application/x-ndjson; charset=utf-8').send(stream);
    }
    const all: PreflightRow[] = [];
    for await (const each of rows) all.push(each);
    if (all.length < list.domains.length)
      throw new HttpError(504, 'budget-exceeded', 'The time that a preflight may take was spent before it was done.');
    const { type, text } = documents[format](makeReport(list, settings, all));
    return reply.type(type).send(text);
  });
}

const documents = {
  json: (report: PreflightReport) => ({ type: 'application/json; charset=utf-8', text: JSON.stringify(report) }),
  csv: (report: PreflightReport) => ({ type: 'text/csv; charset=utf-8; header=present', text: formatCsv(report) }),
  table: (report: PreflightReport) => ({ type: 'text/plain; charset=utf-8', text: formatTable(report) }),
};

type Body = { readonly domains?: readonly string[]; readonly list?: string; readonly column?: string };

function listTask({ domains, list, column }: Body): ListTask {
  if ((domains === undefined) === (list === undefined)) throw wrong('give either domains or list');
  return { domains, list, options: { maxDomains: limits.domains, ...(column === undefined ? {} : { column }) } };
}

function readSettings(
  { policy, judge, routes, internalDomains }: Partial<Supposed> & Pick<PlanSettings, 'judge'>,
  supposed: Supposed,
): PlanSettings {
  const patterns = [...(routes ?? []).map(({ domain }) => domain), ...(internalDomains ?? [])];
  if (!patterns.every(isDomainPattern)) throw wrong('routes and internalDomains have domains, or .domain for all names below it');
  return {
    policy: policy ?? supposed.policy,
    judge,
    routes: routes ?? supposed.routes,
    internalDomains: internalDomains ?? supposed.internalDomains,
  };
}

function wrong(why: string): HttpError {
  return new HttpError(400, 'bad-parameter', `Wrong parameter: ${why}.`);
}

async function* jsonLines(rows: AsyncIterable<PreflightRow>, list: DomainList, settings: PlanSettings): AsyncGenerator<string> {
  const all: PreflightRow[] = [];
  for await (const each of rows) {
    all.push(each);
    yield `${JSON.stringify(each)}\n`;
  }
  const { held, summary, unread } = makeReport(list, settings, all);
  yield `${JSON.stringify({ held, summary, unread })}\n`;
}
