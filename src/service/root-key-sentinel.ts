/**
 * Root key trust anchor sentinel (RFC 8509): a client learns which keys this resolver trusts for the root by asking for names that
 * speak of a key tag; the answer fails or not.
 */

import { labelsOf, type Name } from '../base/name.ts';
import type { Question } from '../base/record.ts';
import { Type } from '../base/registry.ts';
import type { Resolution } from '../resolver/resolution.ts';

/** The first label of the names, the tag in five decimal digits (§2.1). */
const SENTINEL = /^root-key-sentinel-(is|not)-ta-(\d{5})$/i;

/**
 * Whether the answer must be SERVFAIL instead of what it is (§2.2): a secure answer to A or AAAA, for a statement that is not true.
 * @param trusts whether the root's trust anchors hold a key of this tag
 */
export function contradictsSentinel({ qname, qtype }: Question, { validation }: Resolution, trusts: (keyTag: number) => boolean): boolean {
  if ((qtype !== Type.A && qtype !== Type.AAAA) || validation.state !== 'secure') return false;
  const statement = SENTINEL.exec(firstLabel(qname));
  if (!statement) return false;
  const keyTag = Number(statement[2]);
  if (keyTag > 0xffff) return false;
  return trusts(keyTag) !== (statement[1]?.toLowerCase() === 'is');
}

function firstLabel(name: Name): string {
  return Buffer.from(labelsOf(name)[0] ?? []).toString('latin1');
}
