/**
 * `zeker demo`: the sandbox, a signed miniature internet on loopback addresses, and the service on it, in this process. Prints the domains to
 * try, each with the verdict that the service's own `/dane` gives now, and lines for dig, curl and delv; stays until a signal ends it.
 */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { type Config, parseConfig } from '../config.ts';
import type { DaneReport } from '../dane/report.ts';
import { openLog } from '../log.ts';
import { type Service, startService } from '../main.ts';
import { type Sandbox, startSandbox } from '../sandbox/internet.ts';
import { BindError } from '../server/bind-error.ts';
import { CommandError } from './fault.ts';
import { untilSignal } from './serve.ts';

export interface DemoOptions {
  readonly dnsPort: number;
  readonly httpPort: number;
  readonly sandboxPort: number;
  /** Print and end. */
  readonly once?: boolean;
}

type Print = (line: string) => void;

const ADDRESS = '127.0.0.1';
const CONFIG = 'zeker.yaml';
/** Checks under way at once: a silent server keeps one busy for seconds. */
const CHECKS_AT_ONCE = 8;

/** Runs the demo; resolves once it has stopped. A signal ends it at any moment, and nothing is left behind. */
export async function demo(options: DemoOptions, print: Print): Promise<void> {
  const signalled = new AbortController();
  const ended = untilSignal().then(() => signalled.abort());
  const folder = mkdtempSync(join(tmpdir(), 'zeker-demo-'));
  const closers: (() => void | Promise<void>)[] = [() => rmSync(folder, { recursive: true, force: true })];
  try {
    const sandbox = await openSandbox(options.sandboxPort);
    closers.push(() => sandbox.stop());
    if (signalled.signal.aborted) return;
    const service = await openService(demoConfig(sandbox, folder, options));
    closers.push(() => service.stop());
    await Promise.race([ended, show(sandbox, service, folder, signalled.signal, print)]);
    if (options.once || signalled.signal.aborted) return;
    print('\nCtrl-C ends it.');
    await ended;
  } finally {
    for (const close of closers.reverse()) await close();
  }
}

/** The table and the lines to try, unless a signal comes first. */
async function show(sandbox: Sandbox, service: Service, folder: string, signal: AbortSignal, print: Print): Promise<void> {
  await service.resolver.prepare();
  print(`A miniature internet of ${sandbox.zones.length} zones on ${sandbox.servers.length} name servers, port ${sandbox.port}.`);
  print('What /dane says of each domain, asked just now. No certificate is looked at: * is what holds if it matches.\n');
  const rows = await verdictRows(sandbox, service, signal).catch((error) => {
    if (!signal.aborted) throw error;
  });
  if (!rows || signal.aborted) return;
  printTable(rows, print);
  const files = { anchors: join(folder, 'sandbox.keys'), domains: join(folder, 'domains.txt'), config: join(folder, CONFIG) };
  writeFileSync(files.anchors, sandbox.anchorKeys);
  writeFileSync(files.domains, sandbox.domains.map(({ domain }) => `${domain}\n`).join(''));
  printCommands(service, files, print);
}

async function openSandbox(port: number): Promise<Sandbox> {
  try {
    return await startSandbox({ port });
  } catch (error) {
    const { message, cause } = error as Error;
    const taken = (cause as NodeJS.ErrnoException | undefined)?.code === 'EADDRINUSE';
    throw new CommandError(taken ? `${message}; is another demo running? --sandbox-port takes another port, 0 for a free one` : message);
  }
}

async function openService(config: Config): Promise<Service> {
  try {
    return await startService(config, { log: openLog({ level: 'error' }).log });
  } catch (error) {
    if (!(error instanceof BindError) || error.code !== 'EADDRINUSE') throw error;
    throw new CommandError(`${error.message}; is another demo running? --dns-port and --http-port take other ports, 0 for a free one`);
  }
}

/** The service as an operator would configure it for another internet: hints, anchors, port, and loopback servers allowed; in a file too. */
function demoConfig(sandbox: Sandbox, folder: string, { dnsPort, httpPort }: DemoOptions): Config {
  writeFileSync(join(folder, 'root.hints'), sandbox.hints);
  writeFileSync(join(folder, 'root.anchors'), sandbox.anchors);
  const text = JSON.stringify({
    listen: { dns: [`${ADDRESS}:${dnsPort}`], http: `${ADDRESS}:${httpPort}` },
    root: { hints: 'root.hints' },
    trust: { anchors: 'root.anchors' },
    resolver: { upstreamPort: sandbox.port, doNotQuery: [], ipv6: false },
    selftest: { secure: 'secure.sandbox', insecure: 'unsigned.sandbox', bogus: 'expired.sandbox' },
  });
  writeFileSync(join(folder, CONFIG), text); // JSON is YAML
  return parseConfig(text, 'demo', folder);
}

type Row = readonly string[];

/** What /dane says of each domain, in their order. */
async function verdictRows(sandbox: Sandbox, { http }: Service, signal: AbortSignal): Promise<readonly Row[]> {
  if (!http) throw new Error('the demo has HTTP');
  const rows: Row[] = [];
  const waiting = sandbox.domains.entries();
  const worker = async () => {
    for (const [index, { domain, about }] of waiting) rows[index] = [domain, ...(await verdictsOf(domain, http.port, signal)), about];
  };
  await Promise.all(Array.from({ length: CHECKS_AT_ONCE }, worker));
  return rows;
}

/** MX status, the appliance's two verdicts, and what RFC 7672 has a sender do without mandatory DANE. */
async function verdictsOf(domain: string, port: number, signal: AbortSignal): Promise<Row> {
  const response = await fetch(`http://${ADDRESS}:${port}/dane/${domain}`, { signal });
  if (!response.ok) return [`HTTP ${response.status}`, '-', '-', '-'];
  const { mx, cisco, rfc7672 } = (await response.json()) as DaneReport;
  return [
    mx.status,
    ...[cisco.mandatory, cisco.opportunistic, rfc7672.opportunistic].map((verdict) => verdict.replace('-if-certificate-matches', '*')),
  ];
}

function printTable(verdicts: readonly Row[], print: Print): void {
  const rows = [['domain', 'MX', 'mandatory', 'opportunistic', 'RFC 7672', 'about'], ...verdicts];
  const widths = [0, 1, 2, 3, 4].map((column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  for (const row of rows) print(row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  '));
}

interface DemoFiles {
  readonly anchors: string;
  readonly domains: string;
  readonly config: string;
}

function printCommands({ dns, http }: Service, { anchors, domains, config }: DemoFiles, print: Print): void {
  const port = dns[0]?.port;
  const dig = `dig @${ADDRESS} -p ${port} +dnssec`;
  const curl = `curl http://${ADDRESS}:${http?.port}`;
  const zeker = `node ${relative('', process.argv[1] ?? 'zeker')}`;
  print('\nTry, from another terminal:\n');
  for (const [line, sees] of [
    [`${dig} secure.sandbox MX`, 'AD, and RRSIGs'],
    [`${dig} unsigned.sandbox MX`, 'data, no AD'],
    [`${dig} expired.sandbox MX`, 'SERVFAIL, and why'],
    [`${dig} +cd expired.sandbox MX`, 'the data all the same'],
    [`${dig} nobody.sandbox MX`, 'NXDOMAIN with its proof, AD'],
    [`${dig} +tcp www.alias.sandbox A`, 'aliases across zone cuts'],
    [`${curl}/dane/secure.sandbox`, 'the report, as JSON'],
    [`${curl}/dane/bogus-tlsa.sandbox -H 'Accept: text/plain'`, 'as daneverify prints it'],
    [`${curl}/resolve/secure.sandbox/MX`, 'one resolution, as JSON'],
    [`${zeker} preflight ${domains} -c ${config}`, 'whose mail stops'],
    [`${zeker} selftest --resolver ${ADDRESS}:${port} -c ${config}`, 'can it serve an appliance'],
    [`delv @${ADDRESS} -p ${port} -a ${anchors} +root=. secure.sandbox MX`, 'a second validator'],
  ] as const)
    print(`  ${line.padEnd(74)}  # ${sees}`);
}
