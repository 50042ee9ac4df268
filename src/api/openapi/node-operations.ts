import { z } from 'zod';
import {
  clusterReply,
  drainReply,
  healthReply,
  livenessReply,
  readinessReply,
  statusReply,
} from './node-replies.ts';
import type { DescribedOperation } from './operation.ts';

/** The cluster, each node, and how both are told what they are. */
export const nodeOperations: readonly DescribedOperation[] = [
  {
    method: 'GET',
    path: '/lutra/v1/cluster',
    id: 'getCluster',
    area: 'Cluster',
    summary: 'The members of the cluster, and who owns which partition',
    replies: { 200: { description: 'The cluster', body: clusterReply } },
  },
  {
    method: 'POST',
    path: '/lutra/v1/nodes/:node/drain',
    id: 'drainNode',
    area: 'Cluster',
    summary: 'Ask a node to give away what it owns and take no more',
    description: 'It is named by its id, or by its name where that is the name of no other.',
    replies: { 202: { description: 'The node that was asked', body: drainReply } },
    refusals: ['NotFound'],
  },
  {
    method: 'GET',
    path: '/',
    id: 'getRoot',
    area: 'Node',
    summary: 'Whether anything answers',
    isOpen: true,
    replies: {
      200: {
        description: 'It does, without a body',
        headers: { Link: 'Where this document is (`service-desc`), and the page (`service-doc`).' },
      },
    },
  },
  {
    method: 'GET',
    path: '/health',
    id: 'getHealth',
    area: 'Node',
    summary: 'Whether the store answers, and whether policies fire in time',
    description: 'The status is 200 also where something is not well: the body tells.',
    isOpen: true,
    replies: { 200: { description: 'The health', body: healthReply } },
  },
  {
    method: 'GET',
    path: '/health/live',
    id: 'getLiveness',
    area: 'Node',
    summary: 'Whether the process needs no restart',
    isOpen: true,
    replies: { 200: { description: 'It needs none', body: livenessReply } },
  },
  {
    method: 'GET',
    path: '/health/ready',
    id: 'getReadiness',
    area: 'Node',
    summary: 'Whether requests should be sent to this node',
    isOpen: true,
    replies: {
      200: { description: 'They should', body: readinessReply },
      503: { description: 'They should not: the reasons', body: readinessReply },
    },
  },
  {
    method: 'GET',
    path: '/metrics',
    id: 'getMetrics',
    area: 'Node',
    summary: 'What the node has counted and measured',
    replies: {
      200: {
        description: 'In the text format of Prometheus',
        mediaType: 'text/plain; version=0.0.4; charset=utf-8',
      },
    },
  },
  {
    method: 'GET',
    path: '/lutra/v1/status',
    id: 'getStatus',
    area: 'Node',
    summary: 'How the node is doing',
    replies: { 200: { description: 'The status', body: statusReply } },
  },
  {
    method: 'GET',
    path: '/openapi.json',
    id: 'getDocument',
    area: 'Document',
    summary: 'This API as an OpenAPI document',
    isOpen: true,
    replies: { 200: { description: 'The document', body: z.looseObject({}) } },
  },
  {
    method: 'GET',
    path: '/docs',
    id: 'getDocumentPage',
    area: 'Document',
    summary: 'The same document as a page for people',
    isOpen: true,
    replies: { 200: { description: 'The page', mediaType: 'text/html; charset=utf-8' } },
  },
];
