import { Closed, IdSchema, type TaskId } from '@hivesync/contracts';
import { transaction } from '@hivesync/database';
import { type App, errorResponses } from '@hivesync/http';
import { Type } from 'typebox';
import { actorOf } from '../actor.ts';
import { addDependency, removeDependency } from './dependency.service.ts';

const DependencyParams = Closed({
  task_id: IdSchema<TaskId>(),
  depends_on_task_id: IdSchema<TaskId>({ description: 'Id of the task that comes first' }),
});

export async function dependencyRoutes(app: App): Promise<void> {
  for (const [method, operationId, summary, change, codes] of [
    [
      'PUT',
      'addDependency',
      'Make a task wait for another of its project',
      addDependency,
      ['NOT_FOUND', 'DEPENDENCY_CYCLE', 'UNKNOWN_REFERENCE'],
    ],
    ['DELETE', 'removeDependency', 'Let a task wait for another no more', removeDependency, ['NOT_FOUND']],
  ] as const) {
    app.route({
      method,
      url: '/api/v1/tasks/:task_id/dependencies/:depends_on_task_id',
      onRequest: app.requireUser,
      schema: {
        operationId,
        summary,
        tags: ['tasks'],
        params: DependencyParams,
        response: { 204: Type.Null(), ...errorResponses(...codes) },
      },
      handler: async (request, reply) => {
        const { task_id, depends_on_task_id } = request.params;
        await transaction(app.dataSource, (tx) => change(tx, actorOf(request), task_id, depends_on_task_id));
        return reply.code(204).send(null);
      },
    });
  }
}
