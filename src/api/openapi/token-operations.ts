import { z } from 'zod';
import { ROLES } from '../../domain/access/role.ts';
import { tokenSchema } from '../routes/tokens.ts';
import { instant } from './common-replies.ts';
import { DONE } from './group-operations.ts';
import type { DescribedOperation } from './operation.ts';

const token = z
  .strictObject({
    id: z.string().meta({ description: 'Names the token; it is not the token.' }),
    name: z.string(),
    role: z.enum(ROLES),
    tenants: z.union([z.literal('all'), z.array(z.string())]),
    createdAt: instant,
    expiresAt: instant.optional(),
    createdBy: z.string(),
  })
  .meta({ id: 'AccessToken' });

const createdToken = token
  .extend({ secret: z.string().meta({ description: 'The token itself. It is told only now.' }) })
  .meta({ id: 'NewAccessToken' });

/** The access tokens. */
export const tokenOperations: readonly DescribedOperation[] = [
  {
    method: 'GET',
    path: '/lutra/v1/tokens',
    id: 'listTokens',
    area: 'Tokens',
    summary: 'List the access tokens',
    replies: {
      200: { description: 'All of them', body: z.strictObject({ tokens: z.array(token) }) },
    },
  },
  {
    method: 'POST',
    path: '/lutra/v1/tokens',
    id: 'createToken',
    area: 'Tokens',
    summary: 'Create an access token',
    request: tokenSchema,
    replies: {
      201: {
        description: 'The access token',
        body: z.strictObject({ token: createdToken }),
        headers: { 'Cache-Control': 'It is not to be kept on the way.' },
      },
    },
    refusals: ['TokensOverLimitError'],
  },
  {
    method: 'DELETE',
    path: '/lutra/v1/tokens/:tokenId',
    id: 'revokeToken',
    area: 'Tokens',
    summary: 'Revoke an access token',
    replies: { 204: DONE },
    refusals: ['NotFound'],
  },
];
