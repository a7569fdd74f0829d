/**
 * The HTTP service: its routes, who may ask, and what a client is told when something goes wrong. It listens on nothing by itself.
 * Limits: answers GET and HEAD, and POST of JSON for a preflight; no TLS.
 */

import type { Socket } from 'node:net';
import swagger from '@fastify/swagger';
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import Fastify, {
  type FastifyBaseLogger,
  type FastifyError,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  LogController,
} from 'fastify';
import { BudgetExceeded } from '../base/budget.ts';
import { notAName, QuestionError } from '../base/question-text.ts';
import type { CheckDane } from '../dane/check.ts';
import { ListError } from '../preflight/domain-list.ts';
import type { Resolver } from '../resolver/resolution.ts';
import type { TrustReport } from '../trust/report.ts';
import { type AdmissionLimits, createAdmission } from './admission.ts';
import { daneRoute } from './dane-route.ts';
import { HttpError } from './errors.ts';
import { createGuard, type GuardDeps, limitConnections } from './guard.ts';
import { healthRoute, type PeerReport, type Readiness } from './health-route.ts';
import type { Metrics } from './metrics.ts';
import { metricsRoute } from './metrics-route.ts';
import { parameterFault } from './parameter-fault.ts';
import { preflightRoute, type Supposed } from './preflight-route.ts';
import { createProbeGate, type ProbeGateDeps } from './probe-gate.ts';
import { resolveRoute } from './resolve-route.ts';
import type { App, CheckReady } from './route.ts';
import { createTokenGate } from './token-gate.ts';
import { trustRoute } from './trust-route.ts';

export interface AppDeps extends GuardDeps {
  readonly resolver: Resolver;
  readonly checkDane: CheckDane;
  readonly readiness: () => Readiness;
  readonly metrics: Metrics;
  /** What `/trust` tells; without it there is no such route. */
  readonly trust?: () => TrustReport;
  readonly version: string;
  /** What is known of the other resolver; without it `/readyz` tells of none. */
  readonly peer?: () => PeerReport;
  /** What a preflight supposes of the appliance where a request says nothing else. */
  readonly supposed?: Supposed;
  readonly logger?: FastifyBaseLogger;
  /** Who may have mail hosts connected to, and with the same token ask for a preflight; nobody unless told. `checkDane` must have a probe then. */
  readonly probe?: Omit<ProbeGateDeps, 'clockMs'>;
  /** Lookups that may go on at once; `httpLimits` unless told. */
  readonly limits?: AdmissionLimits;
  /** Seconds since the epoch; the wall clock unless told. */
  readonly now?: () => number;
  /** Milliseconds on a clock that never steps; `performance.now` unless told. */
  readonly clockMs?: () => number;
}

/** One /dane is dozens of upstream queries. The numbers are ours. */
export const httpLimits: AdmissionLimits = { inAll: 32, perClient: 8 };

const MAX_PARAM_CHARACTERS = 1024; // 255 octets, each of which may be written \DDD

/** Builds the service. Call `ready()` or `listen()` on it, and `close()` at the end. */
export function buildApp(deps: AppDeps): FastifyInstance {
  const refusal = createGuard(deps);
  const app = Fastify({
    ...(deps.logger ? { loggerInstance: deps.logger } : {}),
    logController: new LogController({ disableRequestLogging: true }),
    routerOptions: { maxParamLength: MAX_PARAM_CHARACTERS },
    bodyLimit: 1024, // a route that takes a body says how long
    requestTimeout: 10_000,
    keepAliveTimeout: 10_000,
    // A parameter that is misspelt or given twice is told, not dropped.
    ajv: { customOptions: { removeAdditional: false, coerceTypes: true, verbose: true } },
    http: { requireHostHeader: false }, // the guard demands one, and says so
    clientErrorHandler: answerUnreadable,
    frameworkErrors: (error, request, reply) => void answerError(refusal(request.raw) ?? error, request, reply),
  }).withTypeProvider<TypeBoxTypeProvider>();
  // A form of a web page can send text, and no JSON.
  app.removeContentTypeParser('text/plain');
  limitConnections(app.server, deps.access);
  const routes: { readonly url: string; readonly methods: readonly string[] }[] = [];
  app.addHook('onRoute', ({ url, method }) => void routes.push({ url, methods: [method].flat() }));
  app.addHook('onRequest', async (request, reply) => {
    const refused = refusal(request.raw);
    if (refused) throw refused;
    // Before anything is read of a body.
    if (request.method === 'GET' || request.method === 'HEAD') return;
    const methods = new Set(routes.filter(({ url }) => isAt(request.url, url)).flatMap((route) => route.methods));
    if (methods.size === 0) throw notFound();
    if (methods.has(request.method)) return;
    reply.header('allow', [...methods].sort().join(', '));
    throw new HttpError(
      405,
      'method-not-allowed',
      methods.has('POST') ? 'What is here takes GET, HEAD or POST.' : 'All that is here is read with GET or HEAD.',
    );
  });
  let closing = false;
  app.addHook('preClose', async () => {
    closing = true;
  });
  app.addHook('onSend', async (_request, reply) => {
    // A connection that is idle at the end is closed by fastify; one that becomes so later would hold the end up.
    if (closing) reply.header('connection', 'close');
    // All of it is of this moment, and no cache of HTTP knows for how long a verdict holds.
    reply
      .header('cache-control', 'no-store')
      .header('x-content-type-options', 'nosniff')
      .header('content-security-policy', "default-src 'none'; frame-ancestors 'none'");
  });
  app.setErrorHandler(answerError);
  app.setNotFoundHandler(async () => {
    throw notFound();
  });
  app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: { title: 'zeker', description: 'A validating resolver that says what DANE means for mail, and why.', version: deps.version },
    },
  });
  // Within a plugin, so that they are added after swagger, which has to see them.
  app.register(async (scope) => addRoutes(scope.withTypeProvider<TypeBoxTypeProvider>(), deps));
  return app as unknown as FastifyInstance; // the type provider is ours alone
}

function notFound(): HttpError {
  return new HttpError(404, 'not-found', 'There is nothing here: /openapi.json tells what there is.');
}

/** Whether a request target is at a route such as `/dane/:domain`, part by part. */
function isAt(target: string, route: string): boolean {
  const parts = (target.split('?', 1)[0] ?? '').split('/');
  const pattern = route.split('/');
  return parts.length === pattern.length && pattern.every((part, i) => part.startsWith(':') || part === parts[i]);
}

function addRoutes(app: App, deps: AppDeps): void {
  const { resolver, checkDane, readiness, metrics, version } = deps;
  const now = deps.now ?? (() => Date.now() / 1000);
  const clockMs = deps.clockMs ?? (() => performance.now());
  const admit = createAdmission(deps.limits ?? httpLimits);
  const checkReady: CheckReady = () => {
    if (!readiness().ready) throw new HttpError(503, 'not-ready', 'The keys of the root are not validated yet: /readyz tells why.', 5);
  };
  const gate = createProbeGate({ ...(deps.probe ?? { token: undefined, ports: [], perMinute: 1 }), clockMs });
  daneRoute(app, { checkDane, checkReady, admit, metrics, clockMs, gate });
  const checkToken = createTokenGate(deps.probe?.token, {
    off: new HttpError(403, 'preflight-disabled', 'Preflights are off here: dane.probe.token or dane.probe.tokenFile switches them on.'),
    wrong: new HttpError(401, 'token-required', 'A preflight needs the bearer token of dane.probe in the Authorization header.'),
  });
  const supposed = deps.supposed ?? { policy: 'opportunistic', routes: [], internalDomains: [] };
  preflightRoute(app, { checkDane, checkReady, supposed, checkToken });
  resolveRoute(app, { resolver, checkReady, admit, now });
  healthRoute(app, readiness, version, deps.peer);
  metricsRoute(app, metrics);
  if (deps.trust) trustRoute(app, deps.trust);
  app.get('/openapi.json', { schema: { hide: true } }, async (_request, reply) => reply.send(app.swagger()));
}

/** Every failure becomes a status and `{ error, message }`; what is not meant for clients goes to the log alone. */
async function answerError(error: unknown, request: FastifyRequest, reply: FastifyReply): Promise<void> {
  const told = toHttpError(error);
  if (told.statusCode === 500) request.log.error({ err: error }, 'request failed');
  if (told.statusCode === 401) reply.header('www-authenticate', 'Bearer realm="zeker"');
  if (told.retryAfter !== undefined) reply.header('retry-after', told.retryAfter);
  await reply
    .code(told.statusCode)
    .type('application/json; charset=utf-8')
    .send(JSON.stringify({ error: told.error, message: told.message }));
}

/** What is no HTTP reaches no route; its answer has the same form. */
function answerUnreadable(error: Error & { readonly code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) return void socket.destroy();
  const status = error.code === 'HPE_HEADER_OVERFLOW' ? '431 Request Header Fields Too Large' : '400 Bad Request';
  const body = JSON.stringify({ error: 'bad-request', message: 'The request cannot be read.' });
  socket.end(
    `HTTP/1.1 ${status}\r\nContent-Type: application/json; charset=utf-8\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`,
  );
}

function toHttpError(error: unknown): HttpError {
  if (error instanceof HttpError) return error;
  if (error instanceof QuestionError) return new HttpError(400, error.fault, error.message);
  if (error instanceof ListError) return new HttpError(400, 'bad-list', `This list cannot be used: ${error.message}.`);
  if (error instanceof BudgetExceeded)
    return new HttpError(504, 'budget-exceeded', 'The time or the lookups that this may take were spent before there was a verdict.');
  const { code, validation, statusCode } = error as Partial<FastifyError>;
  if (code === 'FST_ERR_MAX_PARAM_LENGTH') return toHttpError(notAName('a domain name has at most 255 octets'));
  if (code === 'FST_ERR_BAD_URL')
    return new HttpError(400, 'bad-url', 'The URL has a percent sign that is not followed by two hexadecimal digits of UTF-8.');
  if (code === 'FST_ERR_CTP_BODY_TOO_LARGE') return new HttpError(413, 'body-too-large', 'The body is longer than this route takes.');
  if (code === 'FST_ERR_CTP_INVALID_MEDIA_TYPE') return new HttpError(415, 'not-json', 'The body must be application/json.');
  if (validation) return new HttpError(400, 'bad-parameter', `Wrong parameter: ${parameterFault(validation)}.`);
  if (statusCode !== undefined && statusCode >= 400 && statusCode < 500)
    return new HttpError(statusCode, 'bad-request', 'The request cannot be read.');
  return new HttpError(500, 'internal-error', 'Something went wrong here. The log of the service tells more.');
}
