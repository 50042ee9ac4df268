import { lookup as systemLookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import type { LookupFunction } from 'node:net';
import { buildConnector } from 'undici';
import { LutraError } from '../../../base/errors.ts';
import type { Cidr } from './address.ts';
import { refusalOf } from './guard.ts';

/** Gives all addresses of a host name. */
export type Lookup = (
  hostname: string,
) => Promise<readonly { readonly address: string; readonly family: number }[]>;

/** Asks as every other program of this machine does, /etc/hosts included. */
export const resolveAll: Lookup = (hostname) => systemLookup(hostname, { all: true });

/**
 * Makes connections to public and allowed addresses only; others fail with `provider-fatal`.
 *
 * The check is part of making the connection: the addresses checked are the very ones that the socket is
 * given, so a name cannot answer one thing to the check and another to the connection. A connection that
 * is kept alive and used again was checked when it was made and has its peer for life.
 */
export function guardedConnector(options: {
  readonly allowed: readonly Cidr[];
  readonly lookup: Lookup;
  readonly timeoutMs: number;
}): buildConnector.connector {
  const { allowed, lookup, timeoutMs } = options;
  const connect = buildConnector({
    timeout: timeoutMs,
    lookup: checkedLookup(lookup, allowed),
  });
  return (target, callback) => {
    const { hostname } = target;
    // No lookup happens for an address, in whatever notation: URL has made 0x7f.1 into 127.0.0.1 by now.
    const refusal = isIP(hostname) === 0 ? undefined : refusalBy(hostname, hostname, allowed);
    if (refusal === undefined) connect(target, callback);
    else callback(refusal, null);
  };
}

/** One address that is refused refuses the name: somebody put it there, and the next connection may take it. */
function checkedLookup(lookup: Lookup, allowed: readonly Cidr[]): LookupFunction {
  return (hostname, options, callback) => {
    lookup(hostname).then(
      (addresses) => {
        const refusal = addresses
          .map(({ address }) => refusalBy(hostname, address, allowed))
          .find((found) => found !== undefined);
        const [first] = addresses;
        if (refusal !== undefined || first === undefined) {
          callback(refusal ?? new Error(`${hostname} has no address`), []);
        } else if (options.all === true) callback(null, [...addresses]);
        else callback(null, first.address, first.family);
      },
      (error: unknown) => {
        callback(error instanceof Error ? error : new Error(String(error)), []);
      },
    );
  };
}

function refusalBy(
  hostname: string,
  address: string,
  allowed: readonly Cidr[],
): LutraError | undefined {
  const what = refusalOf(address, allowed);
  if (what === undefined) return undefined;
  const who = hostname === address ? address : `${hostname} (${address})`;
  return new LutraError(
    'provider-fatal',
    `${who} is ${what}; webhooks go there only where the configuration allows it`,
  );
}
