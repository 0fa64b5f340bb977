import type { InjectOptions, LightMyRequestResponse } from 'fastify';

type Method = 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

export interface RequestOptions {
  headers?: Record<string, string>;
  query?: Record<string, string>;
}

/** Sends requests to an app in its own process, as one person, one service or a stranger. */
export interface Caller {
  get(url: string, options?: RequestOptions): Promise<LightMyRequestResponse>;
  head(url: string, options?: RequestOptions): Promise<LightMyRequestResponse>;
  post(url: string, body?: object, options?: RequestOptions): Promise<LightMyRequestResponse>;
  put(url: string, body?: object, options?: RequestOptions): Promise<LightMyRequestResponse>;
  patch(url: string, body?: object, options?: RequestOptions): Promise<LightMyRequestResponse>;
  delete(url: string, options?: RequestOptions): Promise<LightMyRequestResponse>;
}

export interface InjectableApp {
  inject(options: InjectOptions): Promise<LightMyRequestResponse>;
}

/** `token` is asked for at each request; null for a stranger. */
export function caller(app: InjectableApp, token: () => Promise<string | null>): Caller {
  const send = async (method: Method, url: string, options: RequestOptions = {}, payload?: object) => {
    const bearer = await token();
    return app.inject({
      method,
      url,
      query: options.query ?? {},
      headers: { ...(bearer === null ? {} : { authorization: `Bearer ${bearer}` }), ...options.headers },
      ...(payload === undefined ? {} : { payload }),
    });
  };
  return {
    get: (url, options) => send('GET', url, options),
    head: (url, options) => send('HEAD', url, options),
    post: (url, body, options) => send('POST', url, options, body),
    put: (url, body, options) => send('PUT', url, options, body),
    patch: (url, body, options) => send('PATCH', url, options, body),
    delete: (url, options) => send('DELETE', url, options),
  };
}
