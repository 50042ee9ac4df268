import type { NodeStatus } from '../../ports/status.ts';
import type { LaunchTypes } from '../launch-schemas.ts';
import { documentOf } from '../openapi/document.ts';
import type { OpenApiDocument } from '../openapi/document.ts';
import { PAGE_HEADERS, pageOf } from '../openapi/page.ts';
import { needs } from './route.ts';
import type { Route } from './route.ts';

/** What the document is made of. */
export interface DocumentRouteDeps {
  readonly status: () => Pick<NodeStatus, 'version'>;
  readonly urlRoot: () => string;
  readonly launchTypes: LaunchTypes;
}

/** The API itself, for programs and for people. Both are made when they are first asked for, once. */
export function documentRoutes(deps: DocumentRouteDeps): readonly Route[] {
  const document = once(() => {
    const { launchTypes } = deps;
    return documentOf({ version: deps.status().version, urlRoot: deps.urlRoot(), launchTypes });
  });
  const json = once(() => JSON.stringify(document()));
  const page = once(() => pageOf(document()));
  return [
    {
      path: '/openapi.json',
      methods: { GET: needs('open', () => Promise.resolve({ status: 200, body: json() })) },
    },
    {
      path: '/docs',
      methods: {
        GET: needs('open', () =>
          Promise.resolve({ status: 200, headers: PAGE_HEADERS, body: page() }),
        ),
      },
    },
  ];
}

function once<Made extends string | OpenApiDocument>(make: () => Made): () => Made {
  let made: Made | undefined;
  return () => (made ??= make());
}
