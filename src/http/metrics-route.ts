/** `GET /metrics`, for Prometheus. */

import { Type } from 'typebox';
import { errorSchema } from './errors.ts';
import type { Metrics } from './metrics.ts';
import type { App } from './route.ts';

/** Adds the route. */
export function metricsRoute(app: App, metrics: Metrics): void {
  app.get(
    '/metrics',
    {
      schema: {
        summary: 'Figures for Prometheus',
        response: { 200: { description: 'Figures.', content: { 'text/plain': { schema: Type.String() } } }, 403: errorSchema },
      },
    },
    async (_request, reply) => reply.type(metrics.contentType).send(await metrics.expose()),
  );
}
