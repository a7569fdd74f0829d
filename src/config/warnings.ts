/** What a configuration says that an operator may have set long ago and should not forget. */

import { formatName } from '../base/name.ts';
import type { Config } from '../config.ts';
import type { ResolverSettings } from '../resolver/settings.ts';

/** A sentence each: told at every start, and by `zeker check-config`. */
export function warningsOf({ access, http, trust, validation, dane }: Config, { anchors }: Pick<ResolverSettings, 'anchors'>): string[] {
  const isOpen = (prefix: string) => prefix.endsWith('/0');
  const time = (seconds: number) => new Date(seconds * 1000).toISOString();
  return [
    ...access.allow.filter(isOpen).map((prefix) => `access.allow has ${prefix}: anybody may ask, this is an open resolver`),
    ...(access.trusted.length > 0 && access.queriesPerSecond === 0
      ? ['access.trusted has no effect: there is no access.queriesPerSecond that others are held to']
      : []),
    ...http.access.filter(isOpen).map((prefix) => `http.access has ${prefix}: anybody may ask over HTTP`),
    ...dane.probeAllow.filter(isOpen).map((prefix) => `dane.probeAllow has ${prefix}: a probe may connect to anything that we can reach`),
    ...(trust.rfc5011 && trust.stateFile === undefined
      ? ['trust.rfc5011 without trust.stateFile: what is learned of keys is lost when zeker stops']
      : []),
    ...(!trust.rfc5011 && trust.stateFile !== undefined ? ['trust.stateFile is not read without trust.rfc5011'] : []),
    ...(validation.enabled ? [] : ['validation is off: every answer is insecure']),
    ...(validation.enabled && anchors.length === 0 ? ['trust.anchors holds no anchor: every answer will be insecure'] : []),
    ...(validation.time === undefined ? [] : [`signatures are judged at a set moment: validation.time is ${time(validation.time)}`]),
    ...validation.negativeTrustAnchors.map(
      ({ zone, reason, until }) => `negative trust anchor: ${formatName(zone)} is insecure until ${time(until)} (${reason})`,
    ),
  ];
}
