/**
 * The process of the bare server: Express 5 that answers the same JSON to every request of a route, and does nothing else.
 * Its settings are those that it comes with.
 */
import type { AddressInfo } from 'node:net';
import express from 'express';
import type { Request, Response } from 'express';
import type { BarePlan } from './bare-process.ts';

function serve(plan: BarePlan): void {
  const app = express();
  app.use(express.json());
  for (const { method, route, status, text } of plan.routes) {
    // What the node answers without a body is a JSON here all the same, the shortest.
    const body: unknown = text === '' ? {} : JSON.parse(text);
    const answer = (_request: Request, response: Response): void => {
      response.status(status).json(body);
    };
    if (method === 'GET') app.get(route, answer);
    else app.post(route, answer);
  }
  const server = app.listen(0, '127.0.0.1', () => {
    const { port } = server.address() as AddressInfo; // it listens on a port
    process.send?.(port);
  });
}

process.once('message', (plan) => {
  serve(plan as BarePlan);
});
// Whoever started it is gone.
process.once('disconnect', () => process.exit(0));
