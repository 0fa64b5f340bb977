export interface paths {
  '/internal/users/find-by-email': {
    post: {
      parameters: { query?: never; header?: never; path?: never; cookie?: never };
      requestBody: { content: { 'application/json': { email: string } } };
      responses: {
        200: {
          headers: { [name: string]: unknown };
          content: { 'application/json': { user: { id: string } | null } };
        };
      };
    };
  };
}
