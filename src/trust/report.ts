/** The trust points for a reader: what `GET /trust` and `zeker trust` show. */

import { formatName } from '../base/name.ts';
import { formatAlgorithm } from '../base/registry.ts';
import type { TrustAnchor } from '../base/trust-anchor.ts';
import { readDnskey } from '../wire/rdata/dnskey.ts';
import { readDs } from '../wire/rdata/ds.ts';
import { isTrusted, type KeyState } from './rfc5011.ts';
import type { PointStatus } from './tracker.ts';
import { isDsOf } from './trust-point.ts';

/** Moments are ISO 8601 in UTC, null where there is none. */
export interface TrustReport {
  /** Whether keys are followed (RFC 5011). */
  readonly rfc5011: boolean;
  readonly stateFile: string | null;
  /** Why the state could not be saved at the last attempt. */
  readonly stateFault: string | null;
  readonly zones: readonly ZoneReport[];
}

export interface ZoneReport {
  readonly zone: string;
  readonly refreshed: string | null;
  readonly nextRefresh: string | null;
  readonly fault: string | null;
  readonly keys: readonly KeyReport[];
}

export interface KeyReport {
  readonly keyTag: number;
  readonly algorithm: string;
  /** `configured`: named by the operator and not seen yet, or not followed. */
  readonly state: KeyState | 'configured';
  readonly trusted: boolean;
  readonly origin: 'configured' | 'learned';
  readonly since: string | null;
  readonly lastSeen: string | null;
  readonly holdDownEnds: string | null;
}

/** @param points none where keys are not followed: then the anchors are told as they are */
export function reportTrust(
  points: readonly PointStatus[] | undefined,
  anchors: readonly TrustAnchor[],
  { stateFile, stateFault }: { readonly stateFile: string | undefined; readonly stateFault: string | undefined },
): TrustReport {
  const followed = points ?? [];
  const others = anchors.filter(({ zone }) => !followed.some((point) => point.zone.key === zone.key));
  const zones = [
    ...followed.map(zoneOf),
    ...others.map((anchor) =>
      zoneOf({ zone: anchor.zone, keys: [], anchor, refreshed: undefined, nextRefresh: undefined, fault: undefined }),
    ),
  ];
  return { rfc5011: points !== undefined, stateFile: stateFile ?? null, stateFault: stateFault ?? null, zones };
}

function zoneOf({ zone, keys, anchor, refreshed, nextRefresh, fault }: PointStatus): ZoneReport {
  const tracked = keys.map(({ rdata, state, origin, since, lastSeen, holdDownEnds }): KeyReport => {
    const { keyTag, algorithm } = readDnskey(rdata);
    const times = { since: iso(since), lastSeen: iso(lastSeen), holdDownEnds: iso(holdDownEnds) };
    return { keyTag, algorithm: formatAlgorithm(algorithm), state, trusted: isTrusted(state), origin, ...times };
  });
  const isTracked = (ds: Uint8Array) => keys.some(({ rdata }) => isDsOf(zone, ds, rdata));
  const named = [
    ...(anchor?.ds ?? []).filter((ds) => !isTracked(ds)).map(readDs),
    ...(anchor?.dnskeys ?? []).filter((rdata) => !keys.some((key) => Buffer.compare(key.rdata, rdata) === 0)).map(readDnskey),
  ];
  const seen = new Set<number>();
  const configured = named
    .filter(({ keyTag }) => !seen.has(keyTag) && seen.add(keyTag))
    .map(({ keyTag, algorithm }): KeyReport => {
      const never = { since: null, lastSeen: null, holdDownEnds: null };
      return { keyTag, algorithm: formatAlgorithm(algorithm), state: 'configured', trusted: true, origin: 'configured', ...never };
    });
  const moments = { refreshed: iso(refreshed), nextRefresh: iso(nextRefresh) };
  return { zone: formatName(zone), ...moments, fault: fault ?? null, keys: [...tracked, ...configured] };
}

function iso(seconds: number | undefined): string | null {
  return seconds === undefined || seconds > 8_640_000_000_000 ? null : new Date(seconds * 1000).toISOString().replace('.000Z', 'Z');
}
