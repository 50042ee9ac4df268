/**
 * The document as a page for people. It has no script and asks for nothing else, so it works without a network and
 * under the strictest policy.
 */
import { createHash } from 'node:crypto';
import type { OpenApiDocument } from './document.ts';
import { AREAS } from './operation.ts';
import { STYLE } from './page-style.ts';

type PathItem = NonNullable<OpenApiDocument['paths']>[string];
type OperationObject = NonNullable<PathItem['get']>;

/** An operation, and where it is. */
interface Placed {
  readonly method: string;
  readonly path: string;
  readonly operation: OperationObject;
}

const METHODS = ['get', 'post', 'put', 'delete'] as const;

const STYLE_HASH = createHash('sha256').update(STYLE).digest('base64');

/** The headers that the page is sent with: its own style may apply, and nothing else may do anything. */
export const PAGE_HEADERS: Readonly<Record<string, string>> = {
  'Content-Type': 'text/html; charset=utf-8',
  'Content-Security-Policy': `default-src 'none'; style-src 'sha256-${STYLE_HASH}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
  'X-Content-Type-Options': 'nosniff',
};

/** The whole page. */
export function pageOf(document: OpenApiDocument): string {
  const { info, components } = document;
  const placed = placedIn(document);
  const root = escaped(document.servers?.[0]?.url ?? '');
  const areas = AREAS.map((area) => ({
    area,
    operations: placed.filter(({ operation }) => operation.tags?.includes(area)),
  }));
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escaped(info.title)} API</title>
<style>${STYLE}</style>
</head>
<body>
<nav aria-label="Operations">
${areas.map(({ area, operations }) => contentsOf(area, operations)).join('\n')}
<h2><a href="#schemas">Schemas</a></h2>
</nav>
<main>
<h1>${escaped(info.title)} API <small>${escaped(info.version)}</small></h1>
<p>${proseOf(info.description)}</p>
<p>At <code>${root}</code>. The same for programs: <a href="${root}/openapi.json">OpenAPI ${escaped(document.openapi)}</a>.</p>
${areas.map(({ area, operations }) => areaOf(area, operations)).join('\n')}
<section id="schemas">
<h2>Schemas</h2>
${Object.entries(components?.schemas ?? {})
  .map(([name, schema]) => `<h3 id="${idOf(name)}">${escaped(name)}</h3>\n${jsonOf(schema)}`)
  .join('\n')}
</section>
</main>
</body>
</html>
`;
}

function placedIn({ paths = {} }: OpenApiDocument): readonly Placed[] {
  return Object.entries(paths).flatMap(([path, item]) =>
    METHODS.flatMap((method) => {
      const operation = item[method];
      return operation === undefined ? [] : [{ method: method.toUpperCase(), path, operation }];
    }),
  );
}

function contentsOf(area: string, operations: readonly Placed[]): string {
  const items = operations.map(
    ({ method, operation: { operationId = '', summary = '' } }) =>
      `<li><a href="#${escaped(operationId)}">${methodOf(method)} ${escaped(summary)}</a></li>`,
  );
  return `<h2>${area}</h2>\n<ul>\n${items.join('\n')}\n</ul>`;
}

function areaOf(area: string, operations: readonly Placed[]): string {
  return `<section>\n<h2>${area}</h2>\n${operations.map(operationOf).join('\n')}\n</section>`;
}

function operationOf({ method, path, operation }: Placed): string {
  const { operationId = '', summary = '', description, requestBody, security } = operation;
  const isOpen = security?.length === 0;
  const body = requestBody !== undefined && 'content' in requestBody ? requestBody.content : {};
  return `<article id="${escaped(operationId)}">
<h3>${escaped(summary)}</h3>
<p class="where">${methodOf(method)} <code>${escaped(path)}</code>${isOpen ? ' <small>no token needed</small>' : ''}</p>
${description === undefined ? '' : `<p>${proseOf(description)}</p>`}
${parametersOf(operation)}
${contentOf('Body', body)}
${Object.entries<Reply>(operation.responses ?? {})
  .map(([status, reply]) => replyOf(status, reply))
  .join('\n')}
</article>`;
}

function parametersOf({ parameters = [] }: OperationObject): string {
  const rows = parameters.flatMap((parameter) => {
    if ('$ref' in parameter) return [];
    const { name, in: place, description, schema } = parameter;
    return [
      `<tr><td><code>${escaped(name)}</code></td><td>${place}</td>` +
        `<td><code>${escaped(JSON.stringify(schema))}</code></td><td>${proseOf(description)}</td></tr>`,
    ];
  });
  if (rows.length === 0) return '';
  return `<table>\n<thead><tr><th>Parameter</th><th>In</th><th>Schema</th><th>Meaning</th></tr></thead>\n<tbody>\n${rows.join('\n')}\n</tbody>\n</table>`;
}

/** As much of a reply as is shown. Where it was made, its type is lost. */
interface Reply {
  readonly description?: string;
  readonly headers?: object;
  readonly content?: Content;
}

type Content = Readonly<Record<string, { readonly schema?: unknown }>>;

/** The body of what is a refusal and nothing else: they all look the same. */
const REFUSAL = JSON.stringify({ schema: { $ref: '#/components/schemas/Error' } });

function replyOf(status: string, { description, headers = {}, content = {} }: Reply): string {
  const names = Object.keys(headers).map((name) => ` <small>${escaped(name)}</small>`);
  const telling = Object.entries(content).filter(([, body]) => JSON.stringify(body) !== REFUSAL);
  return (
    `<p><b>${escaped(status)}</b> ${proseOf(description)}${names.join('')}</p>` +
    contentOf('', Object.fromEntries(telling))
  );
}

function contentOf(title: string, content: Content): string {
  return Object.entries(content)
    .map(([mediaType, { schema }]) => {
      const label = [title, mediaType].filter((text) => text !== '').join(', ');
      return `<details><summary>${escaped(label)}</summary>\n${jsonOf(schema)}\n</details>`;
    })
    .join('\n');
}

/** JSON in which references lead to their schemas. */
function jsonOf(schema: unknown): string {
  const json = escaped(JSON.stringify(schema, undefined, 2));
  const linked = json.replaceAll(
    /&quot;#\/components\/schemas\/(\w+)&quot;/g,
    (_whole, name: string) => `<a href="#${idOf(name)}">${name}</a>`,
  );
  return `<pre><code>${linked}</code></pre>`;
}

function idOf(name: string): string {
  return `schema-${escaped(name)}`;
}

function methodOf(method: string): string {
  return `<span class="method ${method.toLowerCase()}">${method}</span>`;
}

/** Text in which what stands between backticks is code. */
function proseOf(text = ''): string {
  return escaped(text).replaceAll(/`([^`]+)`/g, '<code>$1</code>');
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function escaped(text: string): string {
  return text.replaceAll(/[&<>"']/g, (character) => ENTITIES[character] ?? character);
}
