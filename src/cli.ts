#!/usr/bin/env node
/**
 * The `zeker` command (commander): reads the command line, runs one command, turns faults into one line and an exit status. A command is
 * loaded when it is run: a service that starts has no time for the others.
 */

import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import type { Endpoint } from './base/prefix.ts';
import { readMailDomain, readName, readType } from './base/question-text.ts';
import { describeFault, exitStatus } from './cli/fault.ts';
import { publishedSchema } from './config/published-schema.ts';
import { toResolverSettings } from './config/resolver-settings.ts';
import { tryParseServer } from './config/values.ts';
import { warningsOf } from './config/warnings.ts';
import { loadConfig } from './config.ts';
import { isDomainPattern } from './preflight/domain-pattern.ts';
import { judges, type SmtpRoute } from './preflight/plan.ts';
import { readVersion } from './version.ts';

const print = (line: string) => void process.stdout.write(`${line}\n`);

function portArgument(text: string): number {
  if (!/^\d{1,5}$/.test(text) || Number(text) > 0xffff) throw new InvalidArgumentError('It is a port, 0 to 65535; 0 for a free one.');
  return Number(text);
}

function countArgument(most: number): (text: string) => number {
  return (text) => {
    if (!/^[1-9]\d{0,8}$/.test(text) || Number(text) > most) throw new InvalidArgumentError(`It is a number from 1 to ${most}.`);
    return Number(text);
  };
}

function patternArgument(text: string, before: readonly string[]): readonly string[] {
  if (!isDomainPattern(text)) throw new InvalidArgumentError('It is a domain, or .domain for all names below it.');
  return [...before, text];
}

function routeArgument(text: string, before: readonly SmtpRoute[]): readonly SmtpRoute[] {
  const [, domain = '', hosts = ''] = /^([^=]+)=(.+)$/.exec(text) ?? [];
  const to = hosts.split(',').map((host) => host.trim());
  if (!isDomainPattern(domain) || to.includes(''))
    throw new InvalidArgumentError('It is as example.com=relay.example.com, .example.com=USEDNS or ALL=relay.');
  return [...before, { domain, to }];
}

function serverArgument(text: string, before: readonly Endpoint[] = []): readonly Endpoint[] {
  const server = tryParseServer(text, 53);
  if (!server) throw new InvalidArgumentError('It is an address or address:port, an IPv6 address with a port in brackets.');
  return [...before, server];
}

function mailPortArgument(text: string): number {
  if (!/^\d{1,5}$/.test(text) || Number(text) > 0xffff || Number(text) === 0) throw new InvalidArgumentError('It is a port, 1 to 65535.');
  return Number(text);
}

const configOption = () => new Option('-c, --config <file>', 'the configuration; without it, the defaults');
const portOption = (name: string, what: string, port: number) => new Option(`${name} <port>`, what).argParser(portArgument).default(port);

function program(): Command {
  const zeker = new Command('zeker')
    .description('A recursive, DNSSEC-validating resolver for mail.')
    .version(readVersion())
    .exitOverride()
    .addHelpText(
      'after',
      '\nExit status: 0 done, 1 failed, 2 wrong command line or configuration, 3 bogus or not deliverable, 4 indeterminate.',
    );
  zeker
    .command('serve')
    .description('run the service in the foreground')
    .addOption(configOption())
    .action(async (options) => (await import('./cli/serve.ts')).serve(options));
  zeker
    .command('demo')
    .description('run the service on a miniature internet in this process')
    .addOption(portOption('--dns-port', 'DNS', 5335))
    .addOption(portOption('--http-port', 'HTTP', 8053))
    .addOption(portOption('--sandbox-port', 'name servers of the sandbox', 5399))
    .option('--once', 'print the table and end')
    .action(async (options) => (await import('./cli/demo.ts')).demo(options, print));
  zeker
    .command('query')
    .description('resolve and validate one question in this process')
    .argument('<name>', 'domain name')
    .argument('<type>', 'record type, as MX, TLSA or TYPE65')
    .option('--dnssec', 'print signatures and proofs too')
    .addOption(configOption())
    .action(async (name, type, options) => {
      const { query } = await import('./cli/query.ts');
      process.exitCode = await query(readName(name), readType(type), options, print);
    });
  zeker
    .command('daneverify')
    .description('check the DANE records of a mail domain, and the certificates of its hosts')
    .argument('<domain>', 'mail domain: what stands behind the @')
    .option('--json', 'the whole report')
    .option('--mandatory', 'judge by the verdict for a sender that makes DANE mandatory')
    .option('--no-connect', 'DNS alone: connect to no mail host')
    .addOption(new Option('--port <port>', 'port of the mail hosts').argParser(mailPortArgument).default(25))
    .addOption(configOption())
    .addHelpText(
      'after',
      `
It connects to the mail hosts and matches their certificates with the TLSA records; to private and other special addresses only where
dane.probeAllow of the configuration names them.

Exit status: 0 mail would be delivered by RFC 7672: with TLSA records authenticated, without them as ever; with --mandatory only what is
authenticated counts; where no certificate was looked at, it is taken to match. 1 it could not be done. 2 wrong command line or
configuration. 3 mail would wait or be refused. 4 the MX lookup failed, so nobody can tell.`,
    )
    .action(async (domain, options) => {
      const { daneverify } = await import('./cli/daneverify.ts');
      process.exitCode = await daneverify(readMailDomain(domain), options, (text) => void process.stdout.write(text));
    });
  zeker
    .command('preflight')
    .description('find out, for a whole list of mail domains, whose mail stops when DANE is switched on')
    .argument('<file>', "domains as text, CSV or the appliance's destination controls; - for standard input")
    .option('--mandatory', 'DANE is to be mandatory; else what preflight.policy says, opportunistic unless told')
    .addOption(new Option('--judge <rules>', "by the appliance's tables or by the RFC").choices([...judges]).default('appliance'))
    .addOption(
      new Option('--route <route>', 'an SMTP route, as example.com=USEDNS; again for more')
        .argParser(routeArgument)
        .default([], 'preflight.routes'),
    )
    .addOption(
      new Option('--internal <domain>', 'a domain whose mail is delivered inside; again for more')
        .argParser(patternArgument)
        .default([], 'preflight.internalDomains'),
    )
    .option('--column <name>', 'the column of CSV that has the domains, by name or number')
    .option('--csv <file>', 'write the rows as CSV too')
    .option('--json <file>', 'write all of it as JSON too')
    .addOption(new Option('--at-once <number>', 'domains checked at once').argParser(countArgument(1_000)).default(32))
    .addOption(new Option('--per-server <number>', 'queries at one name server at once').argParser(countArgument(1_000)).default(16))
    .option('--state <file>', 'where it keeps how far it has come; <file>.preflight unless told')
    .option('--no-state', 'keep that nowhere')
    .addOption(configOption())
    .addHelpText(
      'after',
      `
Ended by a signal, a kill or a crash it goes on from where it was: give the same command again, within a day.

Exit status: 0 no mail stops. 1 it could not be done, or was ended. 2 wrong command line, configuration or list. 3 mail to some domain stops.
4 none is known to stop, but of some domains or lines nobody can tell. No certificate is looked at: verified is what holds if they match.`,
    )
    .action(async (file, options) => {
      const { preflight } = await import('./cli/preflight.ts');
      process.exitCode = await preflight(file, options, {
        write: (text) => void process.stdout.write(text),
        tell: (line) => void process.stderr.write(`${line}\n`),
      });
    });
  zeker
    .command('selftest')
    .description('test whether resolvers can serve an appliance that validates by itself, and whether they agree')
    .addOption(
      new Option('--resolver <address...>', 'whom to ask; unless told, where the configuration listens, and its peer').argParser(
        serverArgument,
      ),
    )
    .option('--json', 'as JSON')
    .addOption(configOption())
    .addHelpText(
      'after',
      `
Asks for signatures, DS, DNSKEY, TLSA, CNAME, a denial and a large answer, and about zones that are known to be secure, insecure and bogus:
the keys under selftest of the configuration name them.

Exit status: 0 all can serve, and agree. 1 it could not be done. 2 wrong command line or configuration. 3 something is wrong or they differ.
4 one does not answer, so nobody can tell.`,
    )
    .action(async (options) => {
      const { selftest } = await import('./cli/selftest.ts');
      process.exitCode = await selftest(options, (text) => void process.stdout.write(text));
    });
  zeker
    .command('check-config')
    .description('check a configuration and the files that it names')
    .argument('<file>')
    .action((file) => {
      const config = loadConfig(file);
      for (const warning of warningsOf(config, toResolverSettings(config))) print(`${file}: warning: ${warning}`);
      print(`${file}: good`);
    });
  zeker
    .command('config-schema')
    .description('print the JSON schema of the configuration')
    .action(() => print(JSON.stringify(publishedSchema(), undefined, 2)));
  zeker
    .command('trust')
    .description('show the trust anchors and the states of their keys')
    .option('--json', 'as JSON')
    .addOption(configOption())
    .action(async (options) => (await import('./cli/trust.ts')).trust(options, print));
  zeker
    .command('health')
    .description('ask the running service whether it is ready')
    .addOption(configOption())
    .action(async (options) => (await import('./cli/health.ts')).checkHealth(options));
  return zeker;
}

try {
  await program().parseAsync();
} catch (error) {
  if (error instanceof CommanderError) {
    process.exitCode = error.exitCode === 0 ? exitStatus.ok : exitStatus.usage; // it has said why already
  } else {
    const fault = describeFault(error);
    if (!fault) throw error;
    process.stderr.write(`zeker: ${fault.line.replaceAll('\n', '\nzeker: ')}\n`);
    process.exitCode = fault.status;
  }
}
