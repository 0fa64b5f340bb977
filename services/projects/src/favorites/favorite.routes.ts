import { transaction } from '@hivesync/database';
import { type App, errorResponses } from '@hivesync/http';
import { Type } from 'typebox';
import { actorOf } from '../actor.ts';
import { ProjectParams } from '../projects/project.schemas.ts';
import { setFavorite } from './favorite.service.ts';

export async function favoriteRoutes(app: App): Promise<void> {
  for (const [method, operationId, summary, favorite] of [
    ['PUT', 'addFavorite', "Make a project one of the caller's favourites", true],
    ['DELETE', 'removeFavorite', 'Make it a favourite no more', false],
  ] as const) {
    app.route({
      method,
      url: '/api/v1/projects/:project_id/favorite',
      onRequest: app.requireUser,
      schema: {
        operationId,
        summary,
        tags: ['projects'],
        params: ProjectParams,
        response: { 204: Type.Null(), ...errorResponses('NOT_FOUND') },
      },
      handler: async (request, reply) => {
        await transaction(app.dataSource, (tx) =>
          setFavorite(tx, actorOf(request), request.params.project_id, favorite),
        );
        return reply.code(204).send(null);
      },
    });
  }
}
