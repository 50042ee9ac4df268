/**
 * Keeps web pages of others out. Any body is read whatever its Content-Type, so any page that a person on this
 * machine looks at could otherwise start processes on a node that asks nobody who they are:
 * - by posting a form or a text to http://127.0.0.1 (such requests carry an `Origin`);
 * - by making its own name resolve to 127.0.0.1, which makes it same-origin (its name is in `Host`).
 *
 * Where callers show tokens, a page has none to show, and a node is called by whatever names its network gives it:
 * then `Host` may be anything.
 */
import type { IncomingHttpHeaders } from 'node:http';

const HOST = /^[A-Za-z0-9.-]+(:\d+)?$|^\[[0-9A-Fa-f:.]+\](:\d+)?$/;

/**
 * Why a request with these headers is refused, in one sentence; undefined where it may pass. `isOpen`: the node
 * asks nobody who they are.
 */
export function callerProblem(headers: IncomingHttpHeaders, node: NodeAddress): string | undefined {
  return isPlain(headers, node) ? undefined : problemOf(headers, node);
}

interface NodeAddress {
  readonly urlRoot: string;
  readonly isOpen: boolean;
}

function problemOf(
  headers: IncomingHttpHeaders,
  { urlRoot, isOpen }: NodeAddress,
): string | undefined {
  const { host, origin } = headers;
  const root = new URL(urlRoot);
  const hostname = hostnameOf(host);
  if (host === undefined || hostname === undefined) {
    return 'The Host header must name this node';
  }
  if (isOpen && hostname !== root.hostname && !isLoopback(hostname)) {
    return `The Host header must name this node, not ${host}`;
  }
  if (isOfOtherSite(headers)) {
    return 'Pages of other sites may not use this node';
  }
  // The host is ours, or the page has no token, so what it serves under that name may pass.
  if (origin !== undefined && origin !== root.origin && origin !== `http://${host}`) {
    return 'Pages of other origins may not use this node';
  }
  return undefined;
}

/** Whether a program asks for the node by its own name, as most do: then there are no URLs to be compared. */
function isPlain(headers: IncomingHttpHeaders, { urlRoot }: NodeAddress): boolean {
  const { host, origin } = headers;
  if (host === undefined || origin !== undefined) return false;
  return `http://${host}` === urlRoot && HOST.test(host) && !isOfOtherSite(headers);
}

/** Whether a browser says that a page of another site has it ask. */
function isOfOtherSite(headers: IncomingHttpHeaders): boolean {
  return headers['sec-fetch-site'] === 'cross-site';
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
