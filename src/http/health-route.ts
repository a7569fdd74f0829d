/** `GET /healthz`: the process runs. `GET /readyz`: it can judge, that is, the root's keys validated. */

import { Type } from 'typebox';
import { errorSchema } from './errors.ts';
import type { App } from './route.ts';

export interface Readiness {
  readonly ready: boolean;
  /** Why not. */
  readonly reasons: readonly string[];
}

const closed = { additionalProperties: false } as const;
const readinessSchema = Type.Object({ ready: Type.Boolean(), reasons: Type.Array(Type.String()) }, closed);

/** Adds both routes. */
export function healthRoute(app: App, readiness: () => Readiness, version: string): void {
  app.get(
    '/healthz',
    {
      schema: {
        summary: 'Whether the process runs',
        response: { 200: Type.Object({ status: Type.Enum(['ok']), version: Type.String() }, closed), 403: errorSchema },
      },
    },
    async () => ({ status: 'ok', version }) as const,
  );
  app.get(
    '/readyz',
    {
      schema: {
        summary: 'Whether it can judge, and why not',
        response: { 200: readinessSchema, 503: readinessSchema, 403: errorSchema },
      },
    },
    async (_request, reply) => {
      const { ready, reasons } = readiness();
      return reply.code(ready ? 200 : 503).send({ ready, reasons: [...reasons] });
    },
  );
}
