/** Values that a configuration writes as text: endpoints, prefixes, moments, amounts of memory. Each is undefined for what is none. */

import { NameError, parseName } from '../base/name.ts';
import { createPrefixSet, type Endpoint, EndpointError, PrefixError, parseEndpoint } from '../base/prefix.ts';

function attempt<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof EndpointError || error instanceof PrefixError) return undefined;
    throw error;
  }
}

/** Reads `192.0.2.1:53` or `[2001:db8::1]:53`; port 0 lets the system choose. */
export function tryParseEndpoint(text: string): Endpoint | undefined {
  return attempt(() => parseEndpoint(text));
}

/** A server to ask: as an endpoint, or an address alone with the port that is given. No zone index, and port 0 is no server's. */
export function tryParseServer(text: string, defaultPort: number): Endpoint | undefined {
  const endpoint = attempt(() => parseEndpoint(text, defaultPort));
  return endpoint === undefined || endpoint.port === 0 || endpoint.address.includes('%') ? undefined : endpoint;
}

export function isPrefix(text: string): boolean {
  return attempt(() => createPrefixSet([text])) !== undefined;
}

/** Seconds since the epoch of `2026-11-24` or `2026-11-24T06:41:00Z` (RFC 3339, with `Z` or an offset). */
export function tryParseMoment(text: string): number | undefined {
  if (!/^\d{4}-\d{2}-\d{2}(?:[Tt]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:[Zz]|[+-]\d{2}:\d{2}))?$/.test(text)) return undefined;
  const milliseconds = Date.parse(text.toUpperCase());
  return Number.isNaN(milliseconds) ? undefined : Math.floor(milliseconds / 1000);
}

const units: Readonly<Record<string, number>> = {
  '': 1,
  B: 1,
  kB: 1e3,
  KB: 1e3,
  MB: 1e6,
  GB: 1e9,
  KiB: 2 ** 10,
  MiB: 2 ** 20,
  GiB: 2 ** 30,
};

/** Octets of `256MB`, `256 MiB` or a number of octets: decimal and binary units as they are named. */
export function tryParseOctets(value: string | number): number | undefined {
  if (typeof value === 'number') return Number.isSafeInteger(value) && value >= 0 ? value : undefined;
  const [, digits, unit] = /^(\d{1,12}) ?([A-Za-z]*)$/.exec(value) ?? [];
  const factor = unit === undefined ? undefined : units[unit];
  const octets = factor === undefined ? Number.NaN : Number(digits) * factor;
  return Number.isSafeInteger(octets) ? octets : undefined;
}

/** What is wrong with a text that has not this format of the schema, as a sentence with the text; undefined where nobody can tell more than what it must be. */
export function explain(format: string, text: string): string | undefined {
  try {
    if (format === 'prefix') createPrefixSet([text]);
    else if (format === 'endpoint') parseEndpoint(text);
    else if (format === 'domain-name') parseName(text);
  } catch (error) {
    if (error instanceof PrefixError || error instanceof EndpointError) return error.message;
    if (error instanceof NameError) return `'${text}' is no domain name: ${error.message}`;
    throw error;
  }
  return undefined;
}
