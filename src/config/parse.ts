import { join, resolve } from 'node:path';

import { LutraError } from '../base/errors.ts';
import type { LoadedSettings } from './load.ts';
import { keyOf, problemLines, shapeProblems, shown, withoutPassword } from './problem.ts';
import type { Problem } from './problem.ts';
import { relationProblems } from './relations.ts';
import { WRITTEN_SETTINGS } from './schema.ts';
import type { CatalogueImage, Config, WrittenSettings } from './schema.ts';
import { valueAt } from './yaml-source.ts';

/** One setting as it is in effect. */
export interface EffectiveSetting {
  readonly key: string;
  /** Without passwords in URLs. Undefined where nothing is set and nothing need be. */
  readonly value: string | number | boolean | readonly string[] | undefined;
  /** `--port`, `LUTRA_API_PORT`, `lutra.yaml:3:9` or `default`. */
  readonly from: string;
}

/**
 * The configuration that was loaded, complete and frozen. Relative paths start in `folder`. Throws
 * `config-invalid` with a line for everything that is wrong.
 */
export function parseConfig(loaded: LoadedSettings, folder: string): Config {
  const parsed = WRITTEN_SETTINGS.safeParse(loaded.tree);
  const problems = parsed.success
    ? mismatches(loaded, parsed.data)
    : misshapen(loaded, parsed.error.issues);
  if (!parsed.success || problems.length > 0) {
    throw new LutraError('config-invalid', problemLines(problems));
  }
  return frozen(complete(parsed.data, folder));
}

/** Every setting of a configuration with where it came from, in the order of the documentation. */
export function effectiveSettings(
  config: Config,
  loaded: LoadedSettings,
): readonly EffectiveSetting[] {
  return loaded.keys.map((key) => {
    const path = key.split('.');
    return {
      key,
      value: disclosed(valueAt(config, path) as Leaf), // leaves of Config are nothing else
      from: loaded.originOf(path) ?? 'default',
    };
  });
}

/** What a setting can hold. */
type Leaf = string | number | boolean | readonly (string | CatalogueImage)[] | undefined;

function disclosed(value: Leaf): EffectiveSetting['value'] {
  // What is no URL may hold the same signs, and is shown as it is.
  const safe = (text: string): string => (text.includes('://') ? withoutPassword(text) : text);
  if (typeof value === 'string') return safe(value);
  if (typeof value !== 'object') return value;
  return value.map((item) => (typeof item === 'string' ? safe(item) : imageText(item)));
}

function imageText({ id, status }: CatalogueImage): string {
  return status === 'ACTIVE' ? id : `${id} (${status})`;
}

function misshapen(
  loaded: LoadedSettings,
  issues: Parameters<typeof shapeProblems>[0],
): readonly Problem[] {
  return shapeProblems(issues, (path) => shown(valueAt(loaded.tree, path))).map(
    ({ path, isKey, text }) => ({
      at: (isKey ? loaded.originOfKey(path) : loaded.originOf(path)) ?? 'default',
      key: withoutPassword(keyOf(path)), // a URL in the place of a key
      text,
    }),
  );
}

function mismatches(loaded: LoadedSettings, settings: WrittenSettings): readonly Problem[] {
  return relationProblems(settings).map(({ keys, text }) => {
    // Whoever set one of them broke the relation; the default of the other did not.
    const written = keys.find((key) => loaded.originOf(key.split('.')) !== undefined);
    const key = written ?? keys[0] ?? '';
    return { at: loaded.originOf(key.split('.')) ?? 'default', key, text };
  });
}

/** How one proves who one is: the same for etcd and for Redis. */
type Access = Pick<Config['etcd'], 'username' | 'passwordFile' | 'caFile' | 'certFile' | 'keyFile'>;

function complete(settings: WrittenSettings, folder: string): Config {
  const dataFolder = resolve(folder, settings.dataFolder);
  const { node, api, auth, etcd, redis, providers, catalogue } = settings;
  const absolute = (path: string | undefined): string | undefined =>
    path === undefined ? undefined : resolve(folder, path);
  const filesOf = ({
    username,
    passwordFile,
    caFile,
    certFile,
    keyFile,
  }: Partial<Access>): Access => ({
    username,
    passwordFile: absolute(passwordFile),
    caFile: absolute(caFile),
    certFile: absolute(certFile),
    keyFile: absolute(keyFile),
  });
  const signingKeyFile =
    absolute(providers.webhook.signingKeyFile) ?? join(dataFolder, 'webhook-signing.key');
  return {
    ...settings,
    dataFolder,
    node: { ...node, region: node.region },
    api: { ...api, urlRoot: api.urlRoot },
    auth: { adminTokenFile: absolute(auth.adminTokenFile), jwt: completeJwt(auth.jwt) },
    etcd: { ...etcd, ...filesOf(etcd) },
    redis: { ...redis, ...filesOf(redis), sentinelName: redis.sentinelName },
    providers: { ...providers, webhook: { ...providers.webhook, signingKeyFile } },
    catalogue: { ...catalogue, images: catalogue.images.map(imageOf) },
  };
}

function imageOf(
  written: WrittenSettings['catalogue']['images'][number],
): Config['catalogue']['images'][number] {
  if (typeof written === 'string') return { id: written, status: 'ACTIVE' };
  return { id: written.id, status: written.status ?? 'ACTIVE' };
}

function completeJwt(jwt: WrittenSettings['auth']['jwt']): Config['auth']['jwt'] {
  const { issuer, audience, jwksUrl } = jwt;
  return { ...jwt, issuer, audience, jwksUrl };
}

function frozen<Value>(value: Value): Value {
  if (typeof value === 'object' && value !== null) Object.values(value).forEach(frozen);
  return Object.freeze(value);
}
