import { ApiError } from '@hivesync/contracts';
import { type App, errorResponses, Page, readPage } from '@hivesync/http';
import { excerptOf, highlightsOf } from './highlights.ts';
import { countHits, type Search, search } from './search.repository.ts';
import { SearchHit, SearchQuery, searchTypes } from './search.schemas.ts';
import { searchLimit } from './search-limit.ts';

export async function searchRoutes(app: App): Promise<void> {
  const countSearch = await searchLimit(app);
  app.get(
    '/api/v1/search',
    {
      onRequest: app.requireUser,
      schema: {
        operationId: 'search',
        summary: 'Search names of projects, titles of tasks and comments, the best match first',
        tags: ['search'],
        querystring: SearchQuery,
        response: {
          200: Page(SearchHit),
          ...errorResponses('QUERY_TOO_SHORT', 'MALFORMED_CURSOR', 'LIMIT_REACHED'),
        },
      },
    },
    async (request) => {
      const { query, user } = request;
      const text = query.q.trim();
      if ([...text].length < 2) throw new ApiError('QUERY_TOO_SHORT');
      await countSearch(request);
      const { manager } = app.dataSource;
      const wanted: Search = {
        userId: user.id,
        text,
        types: searchTypes.filter((type) => !query.type?.length || query.type.includes(type)),
        projectId: query.project_id,
      };
      const page = await readPage(
        request,
        (request) => search(manager, wanted, request),
        () => countHits(manager, wanted),
      );
      return {
        ...page,
        items: page.items.map((hit) => {
          const shown = hit.type === 'comment' ? excerptOf(hit.text, text) : hit.text;
          return { ...hit, text: shown, highlights: highlightsOf(shown, text) };
        }),
      };
    },
  );
}
