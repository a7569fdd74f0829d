/** `GET /trust`: the trust anchors, the states of their keys, and when they are looked at. */

import { Type } from 'typebox';
import type { TrustReport } from '../trust/report.ts';
import { errorSchema } from './errors.ts';
import type { App } from './route.ts';

const closed = { additionalProperties: false } as const;
const orNull = (description: string) => Type.Union([Type.String(), Type.Null()], { description });

const keySchema = Type.Object(
  {
    keyTag: Type.Integer(),
    algorithm: Type.String(),
    state: Type.Enum(['configured', 'add-pending', 'valid', 'missing', 'revoked', 'removed'], {
      description: 'Of RFC 5011 §4.2; configured: named by the operator and not seen yet, or not followed.',
    }),
    trusted: Type.Boolean(),
    origin: Type.Enum(['configured', 'learned']),
    since: orNull('When it came into this state.'),
    lastSeen: orNull('When it last stood in a DNSKEY RRset that validated.'),
    holdDownEnds: orNull('When a pending key may be trusted, or a revoked one counts as removed.'),
  },
  closed,
);

const zoneSchema = Type.Object(
  {
    zone: Type.String(),
    refreshed: orNull('The last look at its keys that validated.'),
    nextRefresh: orNull('When the next look is due.'),
    fault: orNull('What was wrong with the last look.'),
    keys: Type.Array(keySchema),
  },
  closed,
);

/** Adds the route. */
export function trustRoute(app: App, report: () => TrustReport): void {
  app.get(
    '/trust',
    {
      schema: {
        summary: 'Trust anchors and the states of their keys',
        response: {
          200: Type.Object(
            {
              rfc5011: Type.Boolean({ description: 'Whether keys are followed.' }),
              stateFile: orNull('Where their states are kept.'),
              stateFault: orNull('Why they could not be kept at the last attempt.'),
              zones: Type.Array(zoneSchema),
            },
            { ...closed, description: 'Moments are UTC.' },
          ),
          403: errorSchema,
        },
      },
    },
    async () => {
      const told = report();
      return { ...told, zones: told.zones.map((zone) => ({ ...zone, keys: [...zone.keys] })) };
    },
  );
}
