/** A file of trust anchors, whichever of its forms it has: records (anchors.ts), or IANA's XML, whose keys count for a time only. */

import type { TrustAnchor } from '../base/trust-anchor.ts';
import { parseAnchors } from './anchors.ts';
import { type DatedAnchor, looksLikeXml, parseRootAnchorsXml } from './root-anchors-xml.ts';

/** The anchors of a file at a moment, in seconds since the epoch. */
export type AnchorsAt = (now: number) => readonly TrustAnchor[];

/** Reads either form. @param source names the text in errors @throws {ZoneTextError} with file and line */
export function readAnchors(text: string, source: string): AnchorsAt {
  if (!looksLikeXml(text)) {
    const anchors = parseAnchors(text, source);
    return () => anchors;
  }
  const dated = parseRootAnchorsXml(text, source);
  let known: { readonly valid: readonly DatedAnchor[]; readonly anchors: readonly TrustAnchor[] } | undefined;
  return (now) => {
    const valid = dated.filter(({ validFrom, validUntil }) => validFrom <= now && (validUntil === undefined || now < validUntil));
    const isSame = known?.valid.length === valid.length && valid.every((anchor, i) => anchor === known?.valid[i]);
    if (!known || !isSame) known = { valid, anchors: together(valid) };
    return known.anchors;
  };
}

function together(valid: readonly DatedAnchor[]): TrustAnchor[] {
  const [first] = valid; // all are of one zone
  if (!first) return [];
  const dnskeys = valid.map(({ dnskey }) => dnskey).filter((dnskey) => dnskey !== undefined);
  return [{ zone: first.zone, ds: valid.map(({ ds }) => ds), dnskeys }];
}
