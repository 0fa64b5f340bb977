import { Type } from 'typebox';
import { WorkerType } from '../enums.ts';
import { defineEvent } from './event.ts';

const closed = { additionalProperties: false } as const;

/** The fields of a worker node that other services keep fresh beside its id. */
export const PublicNode = Type.Object({ name: Type.String(), type: WorkerType }, closed);

export const nodeEnrolled = defineEvent('workers.node.enrolled', PublicNode);
export const nodeUpdated = defineEvent('workers.node.updated', PublicNode);
export const nodeRetired = defineEvent('workers.node.retired', Type.Object({}, closed), { deletes: true });
