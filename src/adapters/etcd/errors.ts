import {
  castGrpcError,
  EtcdAuthenticationFailedError,
  EtcdLeaseInvalidError,
  EtcdPermissionDeniedError,
  GRPCUnauthenticatedError,
  GRPCUnavailableError,
  isRecoverableError,
} from 'etcd3';
import { LutraError, messageOf } from '../../base/errors.ts';

/** What etcd says where it wants a user and was given none, or the other way round. */
const ACCESS_WORDS = ['user name is empty', 'authentication is not enabled'];

/**
 * Names what etcd, or the way to it, said in our words. Where the user that we are may not do it, that is
 * `config-invalid`; all else is `coordination-unavailable`, whose outcome is unknown: no answer in time, no
 * leader, a full disk.
 */
export function translated(doing: string, cause: unknown): LutraError {
  if (cause instanceof LutraError) return cause;
  const code = isAboutAccess(cast(cause)) ? 'config-invalid' : 'coordination-unavailable';
  return new LutraError(code, `${doing}: etcd says "${messageOf(cause)}"`, { cause });
}

/** Whether a member did not answer, or did not get the others to agree: another one may. */
export function isMembersTrouble(cause: unknown): boolean {
  return isRecoverableError(cast(cause));
}

/** Whether a member said at once that it cannot be of service, so that there is time left to ask another. */
export function isRefusal(cause: unknown): boolean {
  return cast(cause) instanceof GRPCUnavailableError;
}

/** Whether etcd does not know the lease any more. */
export function isLeaseGone(cause: unknown): boolean {
  return cast(cause) instanceof EtcdLeaseInvalidError;
}

function isAboutAccess(error: Error): boolean {
  return (
    error instanceof EtcdAuthenticationFailedError ||
    error instanceof EtcdPermissionDeniedError ||
    error instanceof GRPCUnauthenticatedError ||
    ACCESS_WORDS.some((words) => error.message.includes(words))
  );
}

/** Streams give errors as gRPC makes them, calls as etcd3 does. */
function cast(cause: unknown): Error {
  return castGrpcError(cause instanceof Error ? cause : new Error(String(cause)));
}
