/** A request as it goes over the wire. */
import type { Json } from '../support/json-schema.ts';

/** What the document says of an operation. */
export interface Operation {
  readonly method: string;
  /** With `{name}` for a segment that varies. */
  readonly path: string;
  readonly queryKeys: readonly string[];
  /** The headers that mean something to it. */
  readonly headerNames: readonly string[];
  /** What its body is like; undefined where it has none. */
  readonly body: Json | undefined;
  /** Every status that it may be answered with. */
  readonly statuses: readonly number[];
  /** Whether nobody is asked who they are. */
  readonly isOpen: boolean;
}

export interface FuzzRequest {
  /** The operation that it was made from. */
  readonly operation: Operation;
  readonly method: string;
  /** What stands in the first line. */
  readonly target: string;
  /** Undefined where there is none. */
  readonly body: Buffer | undefined;
  /** All bytes. */
  readonly bytes: Buffer;
  /** Whether the client says after the last byte that no more will come. */
  readonly isCutShort: boolean;
  /** Whether it may be that nobody can read this as HTTP. */
  readonly isOddOnTheWire: boolean;
  /** What was done to an ordinary request to make this of it. */
  readonly twists: readonly string[];
}

/** Every operation of the document, in its order. */
export function operationsOf(document: Json): readonly Operation[] {
  const paths = document['paths'] as Readonly<Record<string, Readonly<Record<string, Json>>>>;
  return Object.entries(paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, operation]) => {
      const parameters = (operation['parameters'] ?? []) as readonly Json[];
      const namesIn = (place: string): readonly string[] =>
        parameters
          .filter((parameter) => parameter['in'] === place)
          .map((parameter) => String(parameter['name']));
      return {
        method: method.toUpperCase(),
        path,
        queryKeys: namesIn('query'),
        headerNames: namesIn('header'),
        body: bodySchemaOf(operation),
        statuses: Object.keys(operation['responses'] as Json).map(Number),
        isOpen: Array.isArray(operation['security']) && operation['security'].length === 0,
      };
    }),
  );
}

function bodySchemaOf(operation: Json): Json | undefined {
  const body = operation['requestBody'] as
    { readonly content?: Readonly<Record<string, { readonly schema?: Json }>> } | undefined;
  return body?.content?.['application/json']?.schema;
}
