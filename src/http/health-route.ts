/** `GET /healthz`: the process runs. `GET /readyz`: it can judge, that is, the root's keys validated. */

import { Type } from 'typebox';
import { errorSchema } from './errors.ts';
import type { App } from './route.ts';

export interface Readiness {
  readonly ready: boolean;
  /** Why not. */
  readonly reasons: readonly string[];
}

/** The other resolver that the appliance is given. */
export interface PeerReport {
  readonly address: string;
  /** `differs`: it cannot do what the appliance needs, or says other things than we do. */
  readonly state: 'not-checked' | 'agrees' | 'differs' | 'unreachable';
  /** What is wrong, a sentence each. */
  readonly reasons: readonly string[];
  /** ISO 8601. */
  readonly checkedAt: string | null;
}

const closed = { additionalProperties: false } as const;
const readinessSchema = (description: string) =>
  Type.Object(
    {
      ready: Type.Boolean({
        description:
          'Whether the keys of the trust anchors are validated, and the peer does not differ. The first stays true once it was, unless the clock of this machine seems wrong.',
      }),
      reasons: Type.Array(Type.String(), { description: 'Why it cannot judge, a sentence each; empty where it can.' }),
      peer: Type.Optional(
        Type.Object(
          {
            address: Type.String(),
            state: Type.Enum(['not-checked', 'agrees', 'differs', 'unreachable'], {
              description:
                'differs: it cannot do what an appliance needs, or says other things. That alone makes this 503, and /dane goes on.',
            }),
            reasons: Type.Array(Type.String()),
            checkedAt: Type.Union([Type.String(), Type.Null()]),
          },
          { ...closed, description: 'The other resolver that the appliance is given, where the configuration names one.' },
        ),
      ),
    },
    { ...closed, description },
  );

/** Adds both routes. */
export function healthRoute(app: App, readiness: () => Readiness, version: string, peer?: () => PeerReport): void {
  app.get(
    '/healthz',
    {
      schema: {
        summary: 'Whether the process runs',
        description: 'Asks nobody. For whoever restarts processes that hang.',
        response: {
          200: Type.Object(
            { status: Type.Enum(['ok']), version: Type.String({ description: 'Of zeker.' }) },
            { ...closed, description: 'It runs; nothing is said of whether it can resolve.' },
          ),
          403: errorSchema,
        },
      },
    },
    async () => ({ status: 'ok', version }) as const,
  );
  app.get(
    '/readyz',
    {
      schema: {
        summary: 'Whether it can judge, and why not',
        description:
          'For whoever sends clients here. Until it is ready /dane and /resolve answer 503. With resolver.priming off ' +
          'nothing is asked before somebody asks, and this request is such a question.',
        response: {
          200: readinessSchema('It can judge.'),
          503: readinessSchema('It cannot judge yet. It tries again by itself.'),
          403: errorSchema,
        },
      },
    },
    async (_request, reply) => {
      const { ready: isReady, reasons } = readiness();
      const told = peer?.();
      const ready = isReady && told?.state !== 'differs';
      return reply
        .code(ready ? 200 : 503)
        .send({ ready, reasons: [...reasons], ...(told ? { peer: { ...told, reasons: [...told.reasons] } } : {}) });
    },
  );
}
