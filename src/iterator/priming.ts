/** Priming (RFC 9609): asks a server out of the hints which servers the root zone has now, and what their addresses are. */

import { ROOT } from '../base/name.ts';
import { Class, Rcode, Type } from '../base/registry.ts';
import type { Work } from '../base/work.ts';
import type { Delegation } from '../cache/delegation-cache.ts';
import { type AskServerDeps, askServer } from './ask-server.ts';
import { delegationOf, type ZoneServers } from './zone-servers.ts';

const QUESTION = { qname: ROOT, qtype: Type.NS, qclass: Class.IN };
/** Servers tried before the hints have to do for the time being. */
const MAX_SERVERS = 10;

/**
 * The root's delegation as one of its servers gives it; undefined where none gave one.
 * @throws {BudgetExceeded}
 */
export async function prime(hints: ZoneServers, work: Work, deps: AskServerDeps): Promise<Delegation | undefined> {
  const open = hints.servers.flatMap(({ addresses }) => addresses);
  for (let tries = 0; tries < MAX_SERVERS && open.length > 0; tries++) {
    const [server] = open.splice(deps.randomInt(open.length), 1);
    if (!server) break;
    const outcome = await askServer(server, QUESTION, ROOT, false, work, deps);
    if (outcome.outcome !== 'response' || outcome.message.rcode !== Rcode.NOERROR) continue;
    const ns = outcome.message.answer.find((rrset) => rrset.type === Type.NS && rrset.owner.labels === 0);
    if (!ns) continue;
    const delegation = delegationOf(ns, outcome.message.additional, ROOT, deps.now());
    // Without addresses the hints serve better (RFC 9609 §4.2 lets a server leave some out).
    if (delegation.servers.some(({ addresses }) => addresses.length > 0)) return { ...delegation, source: 'priming' };
  }
  return undefined;
}
