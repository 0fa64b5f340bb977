// Generated from the service’s openapi.json by `npm run generate`. Do not edit.

export interface paths {
    "/api/v1/admin/audit-logs": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Search the audit log, newest first */
        get: operations["listAuditLogs"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/internal/events": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Events of this service after a position, in order */
        get: operations["readEvents"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        AuditLog: {
            /** Format: date-time */
            created_at: string;
            /** @description What the event said; never a secret, never a body of text */
            data_json: unknown;
            entity_id: string;
            entity_type: string;
            event_type: string;
            /** Format: uuid */
            id: string;
            ip_address: string | null;
            request_id: string | null;
            source_service: string;
            user_id: string | null;
            /** @description Display name of the user now; null when unknown or deleted */
            user_name: string | null;
        };
        Problem: {
            /** @description Stable; see the catalogue of error codes */
            code: string;
            detail?: string;
            errors?: {
                message: string;
                /** @description JSON Pointer into the body, or the name of a parameter */
                path: string;
            }[];
            /** @description Path of the request */
            instance: string;
            request_id: string;
            status: number;
            title: string;
            /**
             * Format: uri
             * @description Identifies the kind of problem; follows from `code`
             */
            type: string;
        } & {
            [key: string]: unknown;
        };
    };
    responses: never;
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
    listAuditLogs: {
        parameters: {
            query?: {
                /** @description `next_cursor` of the page before, with the same filters */
                cursor?: string;
                entity_id?: string;
                entity_type?: string;
                event_type?: string;
                /** @description At or after */
                from?: string;
                /** @description Count all items into `total` */
                include_total?: boolean;
                ip?: string | unknown | unknown;
                /** @description Items at most */
                limit?: number;
                /** @description Before */
                to?: string;
                /** @description Who did it */
                user_id?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: components["schemas"]["AuditLog"][];
                        /** @description Null on the last page */
                        next_cursor: string | null;
                        /** @description With `include_total=true` */
                        total?: number;
                    };
                };
            };
            /** @description MALFORMED_CURSOR, VALIDATION_FAILED */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description UNAUTHENTICATED, TOKEN_EXPIRED, TOKEN_INVALID */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description ADMIN_ONLY */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readEvents: {
        parameters: {
            query?: {
                /** @description Position of the last event that is applied */
                after?: string;
                limit?: number;
                /** @description Seconds to wait for a first event */
                wait?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @description Position of the last event that can be read; null when there is none */
                        head: string | null;
                        /** @description Events that are committed, but held back by a transaction that runs for longer */
                        held?: {
                            /** @description About how many events wait; 0 is exact */
                            events: number;
                            /** @description Since the first of them happened */
                            seconds: number;
                        };
                        items: {
                            event: unknown;
                            position: string;
                        }[];
                        /** @description About how many events follow this page; 0 is exact */
                        remaining: number;
                    };
                };
            };
            /** @description VALIDATION_FAILED */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description UNAUTHENTICATED, TOKEN_EXPIRED, TOKEN_INVALID */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
}
