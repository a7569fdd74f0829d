/** A zone's DNSKEY RRset anew from its servers, for whoever follows its keys (RFC 5011 §2.3): nothing cached is looked at. */

import type { Name } from '../base/name.ts';
import type { RRset } from '../base/record.ts';
import { Type } from '../base/registry.ts';
import type { Work } from '../base/work.ts';
import type { DnssecContext } from '../dnssec/context.ts';
import { MAX_SERVERS_ASKED } from '../validator/looked-up.ts';
import { type Fetcher, ttlOf } from './fetcher.ts';
import type { LinkStore } from './link-store.ts';

/** Whether an RRset will do; where it will not, another server is asked. */
export type JudgeKeys = (keys: RRset, context: DnssecContext) => boolean;

/**
 * Asks server after server, up to four.
 * @returns whether one gave an RRset that would do; it is cached then, for the chain of trust to judge by itself
 * @throws {BudgetExceeded}
 */
export async function fetchKeys(
  zone: Name,
  judge: JudgeKeys,
  work: Work,
  { fetcher, store, context, now }: { fetcher: Fetcher; store: LinkStore; context: (work: Work) => DnssecContext; now: () => number },
): Promise<boolean> {
  const avoid = new Set<string>();
  while (avoid.size < MAX_SERVERS_ASKED) {
    const link = await fetcher.fetch(zone, Type.DNSKEY, avoid, work);
    if ('failure' in link) return false;
    const [keys] = link.content.kind === 'answer' ? link.content.rrsets : [];
    if (keys?.type === Type.DNSKEY && judge(keys, context(work))) {
      store.keep(zone, Type.DNSKEY, link, store.lifetime(ttlOf(link), undefined), undefined, now());
      return true;
    }
    if (link.server === undefined || avoid.has(link.server)) return false;
    avoid.add(link.server);
  }
  return false;
}
