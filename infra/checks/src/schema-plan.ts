/**
 * The schema plan of phase C as data: every table with its columns, keys and indexes, exactly as the
 * plan names them. Nothing here is derived from our entities or migrations.
 */
export interface PlannedTable {
  schema: string;
  /** Column name to the type it must have, as `format_type` prints it; '' where the plan gives none. */
  columns: Record<string, string>;
  primaryKey: string[];
  /** Columns with a foreign key. Where the plan names the target it is the value, else ''. */
  foreignKeys: Record<string, string>;
  /** Column lists that need a unique index. */
  unique?: string[][];
  /** Column lists that need an index leading with them. */
  indexes?: string[][];
  enums?: Record<string, string[]>;
}

const uuid = 'uuid';
const text = 'text';
const time = 'timestamp with time zone';
const bool = 'boolean';
const json = 'jsonb';

export const plannedTables: Record<string, PlannedTable> = {
  users: {
    schema: 'identity',
    columns: { id: uuid, email: text, password_hash: text, tier: '', created_at: time },
    primaryKey: ['id'],
    foreignKeys: {},
    enums: { tier: ['free', 'pro', 'premium'] },
  },
  user_profiles: {
    schema: 'identity',
    columns: { user_id: uuid, display_name: text, avatar_url: text, preferences_json: json },
    primaryKey: ['user_id'],
    foreignKeys: { user_id: 'users' },
  },
  sessions: {
    schema: 'identity',
    columns: {
      id: uuid,
      user_id: uuid,
      ip_address: 'inet',
      user_agent: text,
      created_at: time,
      last_seen: time,
      suspicious: bool,
    },
    primaryKey: ['id'],
    foreignKeys: { user_id: 'users' },
  },
  device_sessions: {
    schema: 'identity',
    columns: { id: uuid, user_id: uuid, device_name: text, platform: text, last_seen: time },
    primaryKey: ['id'],
    foreignKeys: { user_id: 'users' },
  },
  session_tokens: {
    schema: 'identity',
    columns: { token: text, user_id: uuid, expires_at: time, used: bool, created_at: time },
    primaryKey: ['token'],
    foreignKeys: { user_id: 'users' },
    indexes: [['user_id'], ['expires_at']],
  },
  projects: {
    schema: 'projects',
    columns: { id: uuid, owner_id: uuid, name: text, description: text, created_at: time, updated_at: time },
    primaryKey: ['id'],
    foreignKeys: { owner_id: 'user_refs' },
  },
  project_tags: {
    schema: 'projects',
    columns: { id: uuid, project_id: uuid, name: text, color: text },
    primaryKey: ['id'],
    foreignKeys: { project_id: 'projects' },
  },
  project_favorites: {
    schema: 'projects',
    columns: { user_id: uuid, project_id: uuid },
    primaryKey: ['user_id', 'project_id'],
    foreignKeys: { user_id: 'user_refs', project_id: 'projects' },
  },
  team_members: {
    schema: 'projects',
    columns: { id: uuid, project_id: uuid, user_id: uuid, joined_at: time },
    primaryKey: ['id'],
    foreignKeys: { project_id: 'projects', user_id: 'user_refs' },
  },
  tasks: {
    schema: 'projects',
    columns: {
      id: uuid,
      project_id: uuid,
      title: text,
      description: text,
      status: '',
      assignee_id: uuid,
      due_date: '',
      created_by: uuid,
      created_at: time,
      updated_at: time,
    },
    primaryKey: ['id'],
    foreignKeys: { project_id: 'projects', assignee_id: 'user_refs', created_by: 'user_refs' },
  },
  task_labels: {
    schema: 'projects',
    columns: { id: uuid, project_id: uuid, name: text, color: text },
    primaryKey: ['id'],
    foreignKeys: { project_id: 'projects' },
  },
  task_label_links: {
    schema: 'projects',
    columns: { task_id: uuid, label_id: uuid },
    primaryKey: ['task_id', 'label_id'],
    foreignKeys: { task_id: 'tasks', label_id: 'task_labels' },
  },
  task_dependencies: {
    schema: 'projects',
    columns: { task_id: uuid, depends_on_task_id: uuid },
    primaryKey: ['task_id', 'depends_on_task_id'],
    foreignKeys: { task_id: 'tasks', depends_on_task_id: 'tasks' },
  },
  task_attachments: {
    schema: 'projects',
    columns: { id: uuid, task_id: uuid, r2_key: text, external_url: text, uploaded_at: time },
    primaryKey: ['id'],
    foreignKeys: { task_id: 'tasks' },
  },
  comments: {
    schema: 'projects',
    columns: {
      id: uuid,
      project_id: uuid,
      parent_id: uuid,
      entity_type: '',
      entity_id: '',
      author_id: uuid,
      body: text,
      is_starred: bool,
      created_at: time,
      updated_at: time,
    },
    primaryKey: ['id'],
    foreignKeys: { project_id: 'projects', parent_id: 'comments', author_id: 'user_refs' },
    enums: { entity_type: ['project', 'task', 'preview_job', 'ai_doc_job', 'code'] },
  },
  notifications: {
    schema: 'identity',
    columns: { id: uuid, user_id: uuid, type: '', payload_json: json, is_read: bool, created_at: time },
    primaryKey: ['id'],
    foreignKeys: { user_id: 'users' },
    indexes: [['user_id', 'is_read']],
  },
  preview_jobs: {
    schema: 'previews',
    columns: {
      id: uuid,
      project_id: uuid,
      requested_by: uuid,
      tier: '',
      status: '',
      device_type: '',
      created_at: time,
      completed_at: time,
      worker_id: uuid,
      error_code: '',
    },
    primaryKey: ['id'],
    foreignKeys: { project_id: 'project_refs', requested_by: 'user_refs', worker_id: 'worker_refs' },
    enums: {
      tier: ['free', 'pro', 'premium'],
      status: ['queued', 'running', 'succeeded', 'failed', 'canceled'],
    },
  },
  preview_artifacts: {
    schema: 'previews',
    columns: { id: uuid, job_id: uuid, r2_key: text, version: 'integer', created_at: time },
    primaryKey: ['id'],
    foreignKeys: { job_id: 'preview_jobs' },
  },
  ai_doc_jobs: {
    schema: 'previews',
    columns: {
      id: uuid,
      project_id: uuid,
      file_path: text,
      requester_id: uuid,
      tier: '',
      status: '',
      created_at: time,
      completed_at: time,
    },
    primaryKey: ['id'],
    foreignKeys: { project_id: 'project_refs', requester_id: 'user_refs' },
    enums: { tier: ['free', 'pro', 'premium'] },
  },
  ai_doc_history: {
    schema: 'previews',
    columns: { id: uuid, job_id: uuid, summary: text, diff: text, snippet: text, created_at: time },
    primaryKey: ['id'],
    foreignKeys: { job_id: 'ai_doc_jobs' },
  },
  worker_nodes: {
    schema: 'workers',
    columns: { id: uuid, cloudflare_id: text, type: '', status: '' },
    primaryKey: ['id'],
    foreignKeys: {},
    enums: { type: ['cpu', 'gpu'] },
  },
  worker_heartbeats: {
    schema: 'workers',
    columns: { id: uuid, node_id: uuid, metrics_json: json, timestamp: time },
    // A partitioned table's key holds its partition column.
    primaryKey: ['id', 'timestamp'],
    foreignKeys: { node_id: 'worker_nodes' },
  },
  audit_logs: {
    schema: 'audit',
    columns: {
      id: uuid,
      user_id: uuid,
      event_type: text,
      entity_type: text,
      entity_id: '',
      data_json: json,
      ip_address: 'inet',
      created_at: time,
    },
    primaryKey: ['id', 'created_at'],
    foreignKeys: { user_id: 'user_refs' },
  },
  webhook_endpoints: {
    schema: 'projects',
    columns: {
      id: uuid,
      project_id: uuid,
      url: text,
      event_types: 'text[]',
      is_active: bool,
      created_at: time,
    },
    primaryKey: ['id'],
    foreignKeys: { project_id: 'projects' },
  },
  api_keys: {
    schema: 'identity',
    columns: { id: uuid, user_id: uuid, name: text, hashed_key: '', created_at: time, last_used_at: time },
    primaryKey: ['id'],
    foreignKeys: { user_id: 'users' },
  },
  subscriptions: {
    schema: 'billing',
    columns: {
      id: uuid,
      user_id: uuid,
      subscription_id: text,
      status: '',
      tier: '',
      renews_at: time,
      ends_at: time,
      checkout_metadata: json,
      created_at: time,
      updated_at: time,
    },
    primaryKey: ['id'],
    foreignKeys: { user_id: 'user_refs' },
    unique: [['subscription_id']],
    indexes: [['user_id'], ['subscription_id'], ['status'], ['renews_at']],
    enums: {
      status: ['active', 'past_due', 'canceled', 'paused', 'expired'],
      tier: ['free', 'pro', 'premium'],
    },
  },
  sample_projects: {
    schema: 'projects',
    columns: {
      id: uuid,
      name: text,
      slug: text,
      description: text,
      framework: text,
      version: text,
      archive_url: text,
      size_kb: 'integer',
      featured: bool,
      active: bool,
      created_at: time,
      updated_at: time,
    },
    primaryKey: ['id'],
    foreignKeys: {},
    unique: [['slug']],
    indexes: [['slug'], ['active'], ['framework']],
  },
  tier_limits: {
    schema: 'billing',
    columns: { tier: '', limit_key: text, value: '' },
    primaryKey: ['tier', 'limit_key'],
    foreignKeys: {},
    enums: { tier: ['free', 'pro', 'premium'] },
  },
};

export const plannedIndexNames = [
  'sample_projects_slug_idx',
  'sample_projects_active_idx',
  'sample_projects_framework_idx',
];

/** Columns searched by trigram. */
export const trigramColumns = [
  ['projects', 'name'],
  ['tasks', 'title'],
  ['comments', 'body'],
] as const;
