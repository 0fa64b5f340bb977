/**
 * What one service may refer to in another: the aggregates whose ids cross a border, with the paths
 * under `/internal` at which the owner resolves them and lists them all in the order of their ids.
 */
export const aggregates = {
  'identity.user': {
    owner: 'identity',
    resolvePath: '/internal/users/resolve',
    listPath: '/internal/users',
  },
  'projects.project': {
    owner: 'projects',
    resolvePath: '/internal/projects/resolve',
    listPath: '/internal/projects',
  },
  'workers.node': { owner: 'workers', resolvePath: '/internal/nodes/resolve', listPath: '/internal/nodes' },
} as const;

export type AggregateName = keyof typeof aggregates;
