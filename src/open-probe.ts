/** The probe of mail hosts put together as the configuration wants it, over real sockets; and the token that asks for it over HTTP. */

import { readFileSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { systemFault } from './config/system-fault.ts';
import { type Config, fileFault } from './config.ts';
import { createProbe, type OpenProbe } from './dane/probe.ts';
import { createAddressFilter } from './smtp/address-filter.ts';
import { connectStarttls } from './smtp/starttls.ts';

/** @param now seconds since the epoch: what certificates are judged by */
export function openProbe({ dane: { probe, probeAllow } }: Config, now: () => number): OpenProbe {
  const ownAddresses = () => Object.values(networkInterfaces()).flatMap((addresses) => (addresses ?? []).map(({ address }) => address));
  return createProbe({
    connect: connectStarttls,
    mayConnect: createAddressFilter({ allow: probeAllow, ownAddresses }),
    concurrency: probe.concurrency,
    timeoutMs: probe.timeoutMs,
    now,
  });
}

const MIN_TOKEN_CHARACTERS = 16;

/** The bearer token for probes; undefined where there is none, so that HTTP clients get no probe. @throws {ConfigError} for its file */
export function readProbeToken(config: Config): string | undefined {
  const { token, tokenFile } = config.dane.probe;
  if (tokenFile === undefined) return token;
  let text: string;
  try {
    text = readFileSync(tokenFile, 'utf8').trim();
  } catch (error) {
    throw fileFault(config, 'dane.probe.tokenFile', `cannot be read: ${systemFault(error)}`);
  }
  if (text.length < MIN_TOKEN_CHARACTERS || !/^[A-Za-z0-9._~+/-]+=*$/.test(text))
    throw fileFault(config, 'dane.probe.tokenFile', 'must hold at least 16 of the characters that a bearer token may have (RFC 6750)');
  return text;
}
