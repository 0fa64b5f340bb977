/**
 * What one service may refer to in another: the aggregates whose ids cross a border, with the path
 * under `/internal` at which the owner resolves them.
 */
export const aggregates = {
  'identity.user': { owner: 'identity', resolvePath: '/internal/users/resolve' },
  'projects.project': { owner: 'projects', resolvePath: '/internal/projects/resolve' },
  'workers.node': { owner: 'workers', resolvePath: '/internal/nodes/resolve' },
} as const;

export type AggregateName = keyof typeof aggregates;
