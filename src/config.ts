/**
 * The configuration: a YAML file, every key optional, checked against the schema of config/schema.ts. Relative file names count from the
 * folder of the configuration file. Files that it names are not read here.
 */

import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { dirname, resolve } from 'node:path';
import { Ajv } from 'ajv';
import { LineCounter, parseDocument } from 'yaml';
import { type Name, parseName, tryParseName } from './base/name.ts';
import type { Endpoint } from './base/prefix.ts';
import { QuestionError, readMailDomain } from './base/question-text.ts';
import type { NegativeTrustAnchor } from './base/trust-anchor.ts';
import { ConfigError, lineOf, locate, type Path, problemsOf } from './config/problems.ts';
import { type CheckedConfig, configSchema } from './config/schema.ts';
import { systemFault } from './config/system-fault.ts';
import { isPrefix, tryParseEndpoint, tryParseMoment, tryParseOctets, tryParseServer } from './config/values.ts';

export { ConfigError } from './config/problems.ts';
export { configSchema } from './config/schema.ts';

/** A zone whose questions go to servers that the operator names. */
export interface ZoneServers {
  readonly zone: Name;
  readonly servers: readonly Endpoint[];
  readonly first: boolean;
  readonly validate: boolean;
}

/** Keys that name a file. */
export type FileKey = 'root.hints' | 'trust.anchors' | 'log.file' | 'dane.probe.tokenFile';

/** What the service is to do: the keys of the file with their values read. */
export interface Config {
  /** Where each of these keys stands that was given: for faults of the file that it names, which are found later. */
  readonly named: { readonly [key in FileKey]?: { readonly source: string; readonly line: number } };
  readonly listen: {
    readonly dns: readonly Endpoint[];
    /** Whether `dns` is our default and not the operator's word: then an address family this machine lacks is no fault. */
    readonly byDefault: boolean;
    readonly http: Endpoint | undefined;
  };
  readonly server: { readonly nsid: string | undefined; readonly udpThreads: number };
  /** Secrets in hexadecimal, checked; undefined: one made at the start. */
  readonly cookies: {
    readonly enabled: boolean;
    readonly secret: string | undefined;
    readonly previousSecret: string | undefined;
    readonly require: boolean;
  };
  /** Prefixes in text form, checked. */
  readonly access: { readonly allow: readonly string[]; readonly queriesPerSecond: number; readonly trusted: readonly string[] };
  readonly http: { readonly access: readonly string[]; readonly hosts: readonly string[] };
  readonly dane: {
    readonly probe: Omit<CheckedConfig['dane']['probe'], 'token' | 'tokenFile' | 'timeout'> & {
      readonly token: string | undefined;
      /** Absolute. */
      readonly tokenFile: string | undefined;
      readonly timeoutMs: number;
    };
    /** Prefixes in text form, checked. */
    readonly probeAllow: readonly string[];
    readonly watch: {
      readonly domains: readonly Name[];
      readonly mostAsked: number;
      readonly stateFile: string | undefined;
      readonly webhook: string | undefined;
    };
  };
  /** Absolute file names; undefined: what comes with zeker. */
  readonly root: { readonly hints: string | undefined };
  readonly trust: { readonly anchors: string | undefined; readonly rfc5011: boolean; readonly stateFile: string | undefined };
  readonly resolver: Omit<CheckedConfig['resolver'], 'forward' | 'stub'> & {
    readonly forward: readonly ZoneServers[];
    readonly stub: readonly ZoneServers[];
  };
  readonly validation: {
    readonly enabled: boolean;
    /** Seconds since the epoch. */
    readonly time: number | undefined;
    readonly sha1: 'insecure' | 'validate';
    readonly sha1Digest: boolean;
    readonly negativeTrustAnchors: readonly NegativeTrustAnchor[];
  };
  readonly cache: Omit<CheckedConfig['cache'], 'maxMemory' | 'answerTable'> & {
    readonly maxOctets: number;
    readonly answerTableOctets: number;
  };
  readonly log: { readonly level: CheckedConfig['log']['level']; readonly file: string | undefined };
}

/** A file that comes with zeker is missing or broken: nothing that a configuration could mend. */
export class FileError extends Error {
  override readonly name = 'FileError';
}

const formats = {
  endpoint: (text: string) => tryParseEndpoint(text) !== undefined,
  server: (text: string) => tryParseServer(text, 53) !== undefined,
  prefix: (text: string) => isPrefix(text),
  'domain-name': (text: string) => tryParseName(text) !== undefined,
  'mail-domain': (text: string) => tryReadMailDomain(text) !== undefined,
  'web-address': (text: string) => URL.canParse(text) && /^https?:$/.test(new URL(text).protocol),
  moment: (text: string) => tryParseMoment(text) !== undefined,
  'cookie-secret': (text: string) => /^[0-9a-fA-F]{32}$/.test(text),
  octets: (text: string) => (tryParseOctets(text) ?? 0) >= 1_000_000,
  'table-octets': (text: string) => formats.octets(text) && checked(tryParseOctets(text)) <= 2 ** 32,
};

/** Reads a configuration. `source` names it in errors; `folder` is where relative file names count from. @throws {ConfigError} */
export function parseConfig(text: string, source: string, folder: string): Config {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const broken = document.errors.map(({ message, pos }) => ({ line: lines.linePos(pos[0]).line, key: '', message }));
  if (broken.length > 0) throw new ConfigError(source, broken);
  const value: unknown = document.toJS({ maxAliasCount: 100 }) ?? {};
  const ajv = new Ajv({ allErrors: true, verbose: true, useDefaults: true, keywords: ['expects'], formats, allowUnionTypes: true });
  const { $schema: _, ...schema } = configSchema as typeof configSchema & { $schema?: string };
  if (!ajv.validate<CheckedConfig>(schema, value)) throw new ConfigError(source, problemsOf(ajv.errors ?? [], document, lines));
  const contradictions = locate(contradictionsOf(value), document, lines);
  if (contradictions.length > 0) throw new ConfigError(source, contradictions);
  const given = fileKeys.filter((key) => document.hasIn(key.split('.')));
  const named = Object.fromEntries(given.map((key) => [key, { source, line: lineOf(key.split('.'), document, lines) }]));
  return { named, ...toConfig(value, folder, !document.hasIn(['listen', 'dns'])) };
}

const fileKeys = ['root.hints', 'trust.anchors', 'log.file', 'dane.probe.tokenFile'] as const satisfies readonly FileKey[];

/** What each key allows, and all together do not. */
function contradictionsOf({ resolver, cache, dane: { probe } }: CheckedConfig): { readonly path: Path; readonly message: string }[] {
  return [
    ...(cache.minTtl > cache.maxTtl
      ? [{ path: ['cache', 'minTtl'], message: `must be at most cache.maxTtl, which is ${cache.maxTtl}, not ${cache.minTtl}` }]
      : []),
    ...(probe.token === undefined || probe.tokenFile === undefined
      ? []
      : [{ path: ['dane', 'probe', 'tokenFile'], message: 'must not be given beside dane.probe.token' }]),
    ...(resolver.ipv4 || resolver.ipv6
      ? []
      : [{ path: ['resolver', 'ipv6'], message: 'must be true where resolver.ipv4 is false, for else no server can be asked' }]),
  ];
}

/** A fault of the file that `key` names, found at `at` in it where that is known; told with the line of the key where the operator wrote it. */
export function fileFault(
  { named }: Config,
  key: FileKey,
  message: string,
  at?: { readonly source: string; readonly line: number },
): Error {
  const place = named[key];
  if (!place) return new FileError(at ? `${at.source}:${at.line}: ${message}` : message); // it came with zeker
  if (!at) return new ConfigError(place.source, [{ line: place.line, key, message }]);
  return new ConfigError(at.source, [{ line: at.line, key: '', message: `${message} (${key}, ${place.source}:${place.line})` }]);
}

function toConfig(
  { listen, resolver, validation, cache: { maxMemory, answerTable, ...cache }, ...rest }: CheckedConfig,
  folder: string,
  byDefault: boolean,
): Omit<Config, 'named'> {
  const { timeout, ...probe } = rest.dane.probe;
  const fileName = (name: string | undefined) => (name === undefined ? undefined : resolve(folder, name));
  return {
    listen: {
      dns: listen.dns.map((text) => checked(tryParseEndpoint(text))),
      byDefault,
      http: listen.http === false ? undefined : checked(tryParseEndpoint(listen.http)),
    },
    server: { nsid: rest.server.nsid, udpThreads: rest.server.udpThreads ?? Math.max(1, availableParallelism() - 1) },
    cookies: { ...rest.cookies, secret: rest.cookies.secret, previousSecret: rest.cookies.previousSecret },
    access: rest.access,
    http: rest.http,
    dane: {
      probe: { ...probe, token: probe.token, tokenFile: fileName(probe.tokenFile), timeoutMs: timeout * 1000 },
      probeAllow: rest.dane.probeAllow,
      watch: {
        domains: rest.dane.watch.domains.map((text) => checked(tryReadMailDomain(text))),
        mostAsked: rest.dane.watch.mostAsked,
        stateFile: fileName(rest.dane.watch.stateFile),
        webhook: rest.dane.watch.webhook,
      },
    },
    root: { hints: fileName(rest.root.hints) },
    trust: { anchors: fileName(rest.trust.anchors), rfc5011: rest.trust.rfc5011, stateFile: fileName(rest.trust.stateFile) },
    resolver: { ...resolver, forward: resolver.forward.map(toZoneServers), stub: resolver.stub.map(toZoneServers) },
    validation: {
      ...validation,
      time: validation.time === undefined ? undefined : checked(tryParseMoment(validation.time)),
      negativeTrustAnchors: validation.negativeTrustAnchors.map(({ zone, reason, until }) => ({
        zone: parseName(zone),
        reason,
        until: checked(tryParseMoment(until)),
      })),
    },
    cache: {
      ...cache,
      maxOctets: checked(tryParseOctets(maxMemory)),
      answerTableOctets: checked(tryParseOctets(answerTable)),
    },
    log: { level: rest.log.level, file: fileName(rest.log.file) },
  };
}

function toZoneServers({ zone, to, first, validate }: CheckedConfig['resolver']['stub'][number]): ZoneServers {
  return { zone: parseName(zone), servers: to.map((text) => checked(tryParseServer(text, 53))), first, validate };
}

function tryReadMailDomain(text: string): Name | undefined {
  try {
    return readMailDomain(text);
  } catch (error) {
    if (error instanceof QuestionError) return undefined;
    throw error;
  }
}

/** A value whose format the schema has checked already. */
function checked<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('a configuration value passed the schema but cannot be read');
  return value;
}

/** The configuration of an empty file. */
export function defaultConfig(): Config {
  return parseConfig('', 'defaults', '.');
}

/** Reads a configuration file. @throws {ConfigError} what is wrong with it, or that it cannot be read */
export function loadConfig(file: string): Config {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new ConfigError(file, [{ line: undefined, key: '', message: `cannot be read: ${systemFault(error)}` }]);
  }
  return parseConfig(text, file, dirname(resolve(file)));
}
