/** What a configuration means to the resolver; reads the files that it names, or those that come with zeker. */

import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { createPrefixSet } from '../base/prefix.ts';
import type { Config } from '../config.ts';
import type { ResolverSettings } from '../resolver/settings.ts';
import { parseAnchors } from '../trust/anchors.ts';
import { parseHints } from '../trust/hints.ts';

/** A file that the configuration names and that cannot be read. */
export class FileError extends Error {
  override readonly name = 'FileError';
}

/** A file of trust-anchors/, seen from src/config and from dist/config alike. */
function shipped(name: string): string {
  return fileURLToPath(new URL(`../../trust-anchors/${name}`, import.meta.url));
}

function readNamed(key: string, file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new FileError(`${key}: ${file} cannot be read: ${(error as NodeJS.ErrnoException).code ?? error}`);
  }
}

/** @throws {FileError} @throws {ZoneTextError} a line that is no hint or no anchor */
export function toResolverSettings({ root, trust, resolver, validation, cache }: Config): ResolverSettings {
  const hintsFile = root.hints ?? shipped('root.hints');
  const anchorsFile = trust.anchors ?? shipped('root.anchors');
  const barred = createPrefixSet(resolver.doNotQuery);
  return {
    rootServers: parseHints(readNamed('root.hints', hintsFile), hintsFile),
    anchors: parseAnchors(readNamed('trust.anchors', anchorsFile), anchorsFile),
    negativeTrustAnchors: validation.negativeTrustAnchors,
    priming: resolver.priming,
    qnameMinimisation: resolver.qnameMinimisation,
    caseRandomisation: resolver.caseRandomisation,
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
  };
}
