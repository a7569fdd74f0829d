/** Puts the following of trust anchors together (RFC 5011): the operator's file, the state file, the resolver that fetches, the log. */

import { randomInt } from 'node:crypto';
import { type Name, prepend, sameName } from './base/name.ts';
import { Class, Type } from './base/registry.ts';
import type { TrustAnchor } from './base/trust-anchor.ts';
import { readConfiguredAnchors } from './config/resolver-settings.ts';
import type { Config } from './config.ts';
import type { Logger } from './log.ts';
import type { LiveResolver } from './resolver/resolution.ts';
import { AnchorStore } from './trust/anchor-store.ts';
import { startRefreshing } from './trust/refresh.ts';
import { reportTrust, type TrustReport } from './trust/report.ts';
import { AnchorTracker, type TrustEvent } from './trust/tracker.ts';
import { keyTagLabel, keyTagsOf } from './trust/trust-point.ts';

export interface Trust {
  /** What validation starts from now. */
  readonly anchors: () => readonly TrustAnchor[];
  readonly report: () => TrustReport;
  /** Undefined where keys are not followed. */
  readonly tracker: AnchorTracker | undefined;
}

/** Reads the anchors and the state. Sends and writes nothing. @throws as `toResolverSettings` */
export function openTrust(config: Config, now: () => number, tell: (event: TrustEvent) => void = () => {}): Trust {
  const configured = readConfiguredAnchors(config);
  const { stateFile, rfc5011 } = config.trust;
  // Signatures that are judged at another moment say nothing about now.
  const follows = rfc5011 && config.validation.enabled && config.validation.time === undefined;
  const store = follows && stateFile !== undefined ? new AnchorStore(stateFile) : undefined;
  const tracker = follows ? new AnchorTracker({ configured, store, now, tell }) : undefined;
  const anchors = () => tracker?.anchors() ?? configured(now());
  const report = () => reportTrust(tracker?.status(), anchors(), { stateFile: store?.file, stateFault: tracker?.saveFault });
  return { anchors, report, tracker };
}

/** Begins to look at the keys. `onChange` hears of every change of the anchors, after the resolver. @returns what ends it */
export function followAnchors({ tracker, anchors }: Trust, resolver: LiveResolver, log: Logger, onChange = () => {}): () => void {
  if (!tracker) return () => {};
  return startRefreshing({
    tracker,
    fetchKeys: (zone, judge) => resolver.fetchKeys(zone, judge),
    signal: (zone) => signalKeyTags(zone, anchors(), resolver),
    onChange(change) {
      resolver.anchorsChanged(change);
      onChange();
    },
    onError: (err) => log.error({ err }, 'a look at the keys of a trust anchor failed'),
    schedule(milliseconds, run) {
      const timer = setTimeout(run, milliseconds).unref();
      return () => clearTimeout(timer);
    },
    randomInt: (bound) => randomInt(bound),
  });
}

/** The key tag query (RFC 8145 §5.1): its name is the message, whatever the answer. */
async function signalKeyTags(zone: Name, anchors: readonly TrustAnchor[], resolver: LiveResolver): Promise<void> {
  const anchor = anchors.find((candidate) => sameName(candidate.zone, zone));
  if (!anchor) return;
  const label = Buffer.from(keyTagLabel(keyTagsOf(anchor)), 'latin1');
  await resolver.resolve({ qname: prepend(label, zone), qtype: Type.NULL, qclass: Class.IN });
}

/** Tells the log of what became of keys. */
export function logTrust(log: Logger): (event: TrustEvent) => void {
  return ({ event, ...facts }) => {
    switch (event) {
      case 'key-state':
        return log.warn(facts, 'a key of a trust anchor changed its state');
      case 'refresh-failed':
        return log.warn(facts, 'the keys of a trust anchor could not be looked at');
      case 'state-faulty':
        return log.error(facts, 'the state of the trust anchors cannot be read');
      case 'state-not-saved':
        return log.error(facts, 'the state of the trust anchors cannot be saved');
      case 'trust-point-deleted':
        return log.error(facts, 'all keys of a trust anchor are revoked: its zone is insecure now');
    }
  };
}
