/** Facts of a resolution in the order they happened; whoever listens makes log lines, metrics or a report of them. */

import type { Name } from './name.ts';
import type { Validation } from './validation.ts';

export type TraceEvent =
  | {
      readonly event: 'query-sent';
      readonly server: string;
      readonly zone: Name;
      readonly qname: Name;
      readonly qtype: number;
      readonly transport: 'udp' | 'tcp';
    }
  | { readonly event: 'query-failed'; readonly server: string; readonly why: string }
  | { readonly event: 'response'; readonly server: string; readonly kind: string; readonly rcode: number }
  | { readonly event: 'referral'; readonly zone: Name; readonly servers: number }
  | { readonly event: 'cache-hit'; readonly qname: Name; readonly qtype: number }
  | { readonly event: 'retry-after-bogus'; readonly qname: Name; readonly qtype: number; readonly server: string }
  | { readonly event: 'validated'; readonly owner: Name; readonly type: number; readonly validation: Validation };

/** Synchronous, must not throw. `trace?.({ … })` costs nothing when nobody listens. */
export type Trace = (event: TraceEvent) => void;
