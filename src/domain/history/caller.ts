/** Whoever asks for a change, as histories tell of them. */

/** How they are known. */
export type CallerKind =
  /** Nobody is asked who they are; only programs of this machine get through. */
  | 'local'
  /** By an access token; `id` is that of the token. */
  | 'token'
  /** By the secret of `auth.adminTokenFile`. */
  | 'admin-file'
  /** By a JWT, whose subject is their name. */
  | 'jwt'
  /** Not at all: whoever knows the capability of a webhook. */
  | 'capability';

export interface Caller {
  /** Their name. It is no proof: a token can be called anything. */
  readonly by: string;
  readonly kind: CallerKind;
  readonly id?: string;
  /** The address that the request came from. */
  readonly from?: string;
  /** The `X-Response-Id` of the reply, which log lines about the request bear as well. */
  readonly responseId?: string;
}
