/** What a preflight supposes of the appliance: its DANE setting, its SMTP routes, its own domains. */

import type { Name } from '../base/name.ts';
import { createPatternTable } from './domain-pattern.ts';

/** The appliance's settings for a destination; `none`: DANE stays off there. */
export const danePolicies = ['none', 'opportunistic', 'mandatory'] as const;
export type DanePolicy = (typeof danePolicies)[number];

/** Whose rules decide: the appliance's decision tables, or RFC 7672 as other senders follow it. */
export const judges = ['appliance', 'rfc7672'] as const;
export type Judge = (typeof judges)[number];

/** An SMTP route: mail for these domains goes to these hosts. `USEDNS` in place of a host: where the MX records say. */
export interface SmtpRoute {
  /** `example.com`, `.example.com` for all below it, or `ALL`. */
  readonly domain: string;
  readonly to: readonly string[];
}

/** What the operator says. */
export interface PlanSettings {
  /** What DANE is to be switched to, where a list says nothing else of a domain. */
  readonly policy: Exclude<DanePolicy, 'none'>;
  readonly judge: Judge;
  readonly routes: readonly SmtpRoute[];
  /** Patterns of domains whose mail is delivered inside: no DANE should apply to them. */
  readonly internalDomains: readonly string[];
}

export interface Plan {
  readonly settings: PlanSettings;
  /** The hosts of a route that keeps DANE from working: one whose hosts are not all `USEDNS`. */
  readonly routeOf: (domain: Name) => readonly string[] | undefined;
  readonly isInternal: (domain: Name) => boolean;
}

/** @throws {NameError} a pattern is none: who takes settings from people checks them by `isDomainPattern` */
export function makePlan(settings: PlanSettings): Plan {
  const routes = createPatternTable(settings.routes.map(({ domain, to }) => [domain, to] as const));
  const internal = createPatternTable(settings.internalDomains.map((pattern) => [pattern, true] as const));
  return {
    settings,
    routeOf(domain) {
      const to = routes.find(domain);
      return to === undefined || to.every((host) => /^USEDNS$/i.test(host)) ? undefined : to;
    },
    isInternal: (domain) => internal.find(domain) ?? false,
  };
}
