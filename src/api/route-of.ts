import type { Response } from 'express';

/** What metrics and logs call a path that is none. */
const NO_ROUTE = 'none';

/** Remembers which route answers. */
export function setRoute(response: Response, path: string): void {
  response.locals['route'] = path;
}

/** What a reply that goes on emits when its head is sent. */
export const HEAD_SENT = 'lutra:head-sent';

/** Has it told that the request is answered, though the reply goes on. */
export function tellAnswered(response: Response): void {
  response.emit(HEAD_SENT);
}

/** The path of the route that answers, with names for what varies in it. */
export function routeOf(response: Response): string {
  const route: unknown = response.locals['route'];
  return typeof route === 'string' ? route : NO_ROUTE;
}

/** Remembers that what answers only reads. */
export function setReading(response: Response): void {
  response.locals['isReading'] = true;
}

/** Whether what answers only reads: where it fails, nothing was changed. */
export function isReading(response: Response): boolean {
  return response.locals['isReading'] === true;
}
