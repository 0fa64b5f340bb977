import { ApiError, type FieldError, type FieldPath, type ProjectId, type TaskId } from '@hivesync/contracts';
import type { Transaction } from '@hivesync/database';
import { holdTask } from '../tasks/task.repository.ts';
import type { NewComment } from './comment.schemas.ts';

/**
 * Checks that what a comment is about is named as its type wants it, and exists in the project.
 * Jobs are previews' and are not known here before that service tells of them.
 * @throws ApiError VALIDATION_FAILED, UNKNOWN_REFERENCE.
 */
export async function requireEntity(
  tx: Transaction,
  projectId: ProjectId,
  comment: NewComment,
): Promise<void> {
  const errors = shapeErrors(comment);
  if (errors.length > 0) throw new ApiError('VALIDATION_FAILED', { errors });
  if (!(await exists(tx, projectId, comment))) {
    throw new ApiError('UNKNOWN_REFERENCE', {
      errors: [{ path: 'body/entity_id', message: `is not a ${comment.entity_type} of this project` }],
    });
  }
}

function shapeErrors({ entity_type, entity_id, file_path, line }: NewComment): FieldError[] {
  const isCode = entity_type === 'code';
  const fields: { path: FieldPath; given: boolean; wanted: boolean }[] = [
    { path: 'body/entity_id', given: entity_id !== undefined, wanted: !isCode },
    { path: 'body/file_path', given: file_path !== undefined, wanted: isCode },
    { path: 'body/line', given: line !== undefined, wanted: isCode },
  ];
  return fields
    .filter(({ given, wanted }) => given !== wanted)
    .map(({ path, wanted }) => ({
      path,
      message: `${wanted ? 'is required' : 'does not apply'} where entity_type is ${entity_type}`,
    }));
}

async function exists(tx: Transaction, projectId: ProjectId, comment: NewComment): Promise<boolean> {
  switch (comment.entity_type) {
    case 'code':
      return true;
    case 'project':
      return comment.entity_id === projectId;
    case 'task':
      return holdTask(tx, projectId, comment.entity_id as TaskId);
    default:
      return false;
  }
}
