/**
 * Who may have mail hosts connected to: whoever has the token (RFC 6750), on the ports of the configuration, and not too often. A probe acts
 * on third parties, so the access list alone does not open it.
 */

import { HttpError } from './errors.ts';
import { createTokenGate } from './token-gate.ts';

export interface ProbeGateDeps {
  /** Undefined: nobody may. */
  readonly token: string | undefined;
  readonly ports: readonly number[];
  /** Probes in a minute, of all clients together. */
  readonly perMinute: number;
  /** Milliseconds on a clock that never steps. */
  readonly clockMs: () => number;
}

export interface ProbeGate {
  /** @throws {HttpError} 401 without the token, 403 where there is none or the port is not allowed */
  authorise(authorization: string | undefined, port: number): void;
  /** Counts one probe. @throws {HttpError} 429 over the rate */
  spend(): void;
}

const MINUTE_MS = 60_000;

/** Opens the gate with a full minute's worth of probes; what is spent comes back evenly. */
export function createProbeGate({ token, ports, perMinute, clockMs }: ProbeGateDeps): ProbeGate {
  const checkToken = createTokenGate(token, {
    off: new HttpError(403, 'probe-disabled', 'Probes are off: dane.probe.token or dane.probe.tokenFile switches them on.'),
    wrong: new HttpError(401, 'token-required', 'A probe needs the bearer token of dane.probe in the Authorization header.'),
  });
  // A probe costs as many as a minute has milliseconds; each millisecond earns `perMinute`.
  const full = perMinute * MINUTE_MS;
  let credit = full;
  let countedMs = clockMs();
  return {
    authorise(authorization, port) {
      checkToken(authorization);
      if (!ports.includes(port)) throw new HttpError(403, 'port-not-allowed', 'Probes may not connect to this port: see dane.probe.ports.');
    },
    spend() {
      const nowMs = clockMs();
      credit = Math.min(full, credit + (nowMs - countedMs) * perMinute);
      countedMs = nowMs;
      if (credit < MINUTE_MS) {
        const seconds = Math.ceil((MINUTE_MS - credit) / perMinute / 1000);
        throw new HttpError(429, 'too-many-probes', 'All probes that a minute has are taken: see dane.probe.perMinute.', seconds);
      }
      credit -= MINUTE_MS;
    },
  };
}
