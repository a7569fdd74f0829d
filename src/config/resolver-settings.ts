/** What a configuration means to the resolver; reads the files that it names, or those that come with zeker. */

import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { createPrefixSet } from '../base/prefix.ts';
import { type Config, fileFault } from '../config.ts';
import type { ResolverSettings } from '../resolver/settings.ts';
import { parseHints } from '../trust/hints.ts';
import { type AnchorsAt, readAnchors } from '../trust/read-anchors.ts';
import { ZoneTextError } from '../wire/zone-text.ts';
import { systemFault } from './system-fault.ts';

/** A file of trust-anchors/, seen from src/config and from dist/config alike. */
function shipped(name: string): string {
  return fileURLToPath(new URL(`../../trust-anchors/${name}`, import.meta.url));
}

function readNamed<Content>(
  config: Config,
  key: 'root.hints' | 'trust.anchors',
  file: string,
  parse: (text: string, source: string) => Content,
): Content {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw fileFault(config, key, `${file} cannot be read: ${systemFault(error)}`);
  }
  try {
    return parse(text, file);
  } catch (error) {
    if (!(error instanceof ZoneTextError)) throw error;
    throw fileFault(config, key, error.message.slice(`${error.source}:${error.line}: `.length), error);
  }
}

/** The operator's anchors, which may depend on the moment. @throws as `toResolverSettings` */
export function readConfiguredAnchors(config: Config): AnchorsAt {
  return readNamed(config, 'trust.anchors', config.trust.anchors ?? shipped('root.anchors'), readAnchors);
}

/** @throws {ConfigError} a file that it names cannot be read, or has a line that is no hint or no anchor @throws {FileError} one of zeker's own */
export function toResolverSettings(config: Config): ResolverSettings {
  const { root, resolver, validation, cache } = config;
  const barred = createPrefixSet(resolver.doNotQuery);
  return {
    rootServers: readNamed(config, 'root.hints', root.hints ?? shipped('root.hints'), parseHints),
    anchors: readConfiguredAnchors(config)(Date.now() / 1000),
    negativeTrustAnchors: validation.negativeTrustAnchors,
    priming: resolver.priming,
    qnameMinimisation: resolver.qnameMinimisation,
    caseRandomisation: resolver.caseRandomisation,
    cookies: resolver.cookies,
    upstreamPort: resolver.upstreamPort,
    ipv4: resolver.ipv4,
    ipv6: resolver.ipv6,
    mayQuery: (address) => !barred.has(address),
    forward: resolver.forward,
    stub: resolver.stub,
    validation: validation.enabled,
    sha1Signatures: validation.sha1 === 'validate',
    sha1Digest: validation.sha1Digest,
    maxCacheOctets: cache.maxOctets,
    minTtl: cache.minTtl,
    maxTtl: cache.maxTtl,
    synthesis: cache.synthesis,
    prefetch: cache.prefetch,
    maxStale: cache.serveStale ? cache.maxStale : 0,
  };
}
