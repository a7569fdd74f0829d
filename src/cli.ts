#!/usr/bin/env node
/** The `zeker` command (commander): reads the command line, runs one command, turns faults into one line and an exit status. */

import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { readMailDomain, readName, readType } from './base/question-text.ts';
import { daneverify } from './cli/daneverify.ts';
import { demo } from './cli/demo.ts';
import { describeFault, exitStatus } from './cli/fault.ts';
import { checkHealth } from './cli/health.ts';
import { query } from './cli/query.ts';
import { serve } from './cli/serve.ts';
import { trust } from './cli/trust.ts';
import { publishedSchema } from './config/published-schema.ts';
import { toResolverSettings } from './config/resolver-settings.ts';
import { warningsOf } from './config/warnings.ts';
import { loadConfig } from './config.ts';
import { readVersion } from './version.ts';

const print = (line: string) => void process.stdout.write(`${line}\n`);

function portArgument(text: string): number {
  if (!/^\d{1,5}$/.test(text) || Number(text) > 0xffff) throw new InvalidArgumentError('It is a port, 0 to 65535; 0 for a free one.');
  return Number(text);
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
  zeker.command('serve').description('run the service in the foreground').addOption(configOption()).action(serve);
  zeker
    .command('demo')
    .description('run the service on a miniature internet in this process')
    .addOption(portOption('--dns-port', 'DNS', 5335))
    .addOption(portOption('--http-port', 'HTTP', 8053))
    .addOption(portOption('--sandbox-port', 'name servers of the sandbox', 5399))
    .option('--once', 'print the table and end')
    .action((options) => demo(options, print));
  zeker
    .command('query')
    .description('resolve and validate one question in this process')
    .argument('<name>', 'domain name')
    .argument('<type>', 'record type, as MX, TLSA or TYPE65')
    .option('--dnssec', 'print signatures and proofs too')
    .addOption(configOption())
    .action(async (name, type, options) => {
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
      process.exitCode = await daneverify(readMailDomain(domain), options, (text) => void process.stdout.write(text));
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
    .action((options) => trust(options, print));
  zeker.command('health').description('ask the running service whether it is ready').addOption(configOption()).action(checkHealth);
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
