/**
 * Keeps web pages out. There is no authentication yet, the node listens on the loopback interface only,
 * and any body is read whatever its Content-Type, so any page that a person on this machine looks at
 * could otherwise start processes here:
 * - by posting a form or a text to http://127.0.0.1 (such requests carry an `Origin`);
 * - by making its own name resolve to 127.0.0.1, which makes it same-origin (its name is in `Host`).
 */
import type { IncomingHttpHeaders } from 'node:http';

const HOST = /^[A-Za-z0-9.-]+(:\d+)?$|^\[[0-9A-Fa-f:.]+\](:\d+)?$/;

/** Why a request with these headers is refused, in one sentence; undefined where it may pass. */
export function callerProblem(headers: IncomingHttpHeaders, urlRoot: string): string | undefined {
  const { host, origin } = headers;
  const root = new URL(urlRoot);
  const hostname = hostnameOf(host);
  if (host === undefined || hostname === undefined) {
    return 'The Host header must name this node';
  }
  if (hostname !== root.hostname && !isLoopback(hostname)) {
    return `The Host header must name this node, not ${host}`;
  }
  if (headers['sec-fetch-site'] === 'cross-site') {
    return 'Pages of other sites may not use this node';
  }
  // The host was found to be ours just now, so a page that it serves is ours as well.
  if (origin !== undefined && origin !== root.origin && origin !== `http://${host}`) {
    return 'Pages of other origins may not use this node';
  }
  return undefined;
}

/** The host without its port, as URLs spell it. */
function hostnameOf(host: string | undefined): string | undefined {
  if (host === undefined || !HOST.test(host)) return undefined;
  const url = `http://${host}`;
  return URL.canParse(url) ? new URL(url).hostname : undefined;
}

function isLoopback(hostname: string): boolean {
  return (
    hostname === 'localhost' ||
    hostname === '[::1]' ||
    /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(hostname)
  );
}
